/**
 * Which function reads which secret: planned before a change, observed at run time, compared with the vault,
 * and drawn.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { link, type Platform, pidsOf, startPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";

const FILES: Readonly<Record<string, string>> = {
	"functions/_shared/stripe.ts": `export const key = () => Deno.env.get("STRIPE_KEY");\n`,
	"functions/pay/index.ts": `import { key } from "../_shared/stripe.ts";
const currency = Deno.env.get("CURRENCY");
Deno.serve(() => new Response(\`\${key()} \${currency}\`));\n`,
	"functions/mail/index.ts": `Deno.serve(() => new Response(Deno.env.get("SMTP_URL")));\n`,
	"functions/any/index.ts": `Deno.serve((r) => new Response(Deno.env.get(new URL(r.url).pathname.slice(1)) ?? "none"));\n`,
	"functions/quiet/index.ts": `import template from "npm:lodash.template@4.5.0";\nDeno.serve(() => new Response(template('<%= Deno.env.get("SMTP_URL") %>')() || "none"));\n`,
	"functions/quiet/function.jsonc": `{\n  "secrets": { "include": ["PLUGIN_*"], "exclude": ["CURRENCY"] }\n}\n`,
};

let project: Project;
let platform: Platform;
beforeAll(async () => {
	project = await newProject();
	platform = await startPlatform();
	await project.ok(["secrets", "set", "STRIPE_KEY=sk", "SMTP_URL=smtp", "UNUSED=u"]);
	for (const [path, text] of Object.entries(FILES)) project.write(path, text);
	await link(project, platform);
	await project.ok(["functions", "deploy"]);
});
afterAll(async () => {
	await platform[Symbol.asyncDispose]();
	await project[Symbol.asyncDispose]();
});

const named = (plan: { redeploy: { function: string }[] }) => plan.redeploy.map((one) => one.function);

describe("a plan", () => {
	test("shows which functions a change of a name would redeploy, where they read it, and which functions would stay", async () => {
		const plan = await project.data(["plan", "STRIPE_KEY"]);
		expect(plan).toEqual({
			environment: "production",
			linked: true,
			changes: [{ name: "STRIPE_KEY", kind: "set", pending: false }],
			unchanged: [],
			redeploy: [
				{
					function: "any",
					state: "live",
					reasons: [{ name: "STRIPE_KEY", file: "functions/any/index.ts", line: 1, how: "dynamic" }],
				},
				{
					function: "pay",
					state: "live",
					reasons: [{ name: "STRIPE_KEY", file: "functions/_shared/stripe.ts", line: 1, how: "static" }],
				},
			],
			untouched: ["mail", "quiet"],
		});
		const { stdout } = await project.ok(["plan", "STRIPE_KEY"]);
		expect(stdout).toMatch(/• pay\n {4}reads STRIPE_KEY {2}functions\/_shared\/stripe.ts:1/);
		expect(stdout).toMatch(/2 functions would be redeployed, 2 not/);
	});

	test("compares a NAME=VALUE pair with the present value, changes nothing, and shows no value", async () => {
		const before = [project.vault, await pidsOf(project)];
		project.write("new.env", "SMTP_URL=smtp\nSTRIPE_KEY=sk_canary_value\n");
		for (const args of [
			["plan", "--env-file", "new.env"],
			["secrets", "set", "--env-file", "new.env", "--dry-run"],
		]) {
			const { stdout, stderr } = await project.ok([...args, "--json"]);
			expect(JSON.parse(stdout)).toMatchObject({
				unchanged: ["SMTP_URL"],
				changes: [{ name: "STRIPE_KEY" }],
			});
			expect(stdout + stderr).not.toContain("canary");
		}
		expect([project.vault, await pidsOf(project)]).toEqual(before);
	});

	test("of a deletion predicts what the deletion does", async () => {
		await project.ok(["secrets", "set", "CURRENCY=EUR"]);
		const plan = await project.data(["secrets", "delete", "CURRENCY", "--dry-run"]);
		expect(plan.changes).toEqual([{ name: "CURRENCY", kind: "deleted", pending: false }]);
		const done = await project.data(["secrets", "delete", "CURRENCY"]);
		expect(named(plan)).toEqual(["any", "pay"]);
		expect(done.redeployed.map((one: { function: string }) => one.function).sort()).toEqual(named(plan));
		const absent = await project.coffer(["secrets", "delete", "CURRENCY", "--dry-run", "--json"]);
		expect(absent.error()).toMatchObject({ code: "SECRET_NOT_FOUND", exit: 4 });
	});

	test("without a name shows the effect of unsynced changes, which the sync then has", async () => {
		expect(await project.data(["plan"])).toMatchObject({ changes: [], redeploy: [] });
		await project.ok(["secrets", "set", "PLUGIN_TOKEN=p", "--no-sync"]);
		const plan = await project.data(["plan"]);
		expect(plan).toMatchObject({
			changes: [{ name: "PLUGIN_TOKEN", kind: "set", pending: true }],
			redeploy: [
				{ function: "any" },
				{
					function: "quiet",
					reasons: [
						{ name: "PLUGIN_TOKEN", file: "functions/quiet/function.jsonc", line: 2, how: "declared" },
					],
				},
			],
		});
		const { redeployed } = await project.data(["sync"]);
		expect(redeployed.map((one: { function: string }) => one.function).sort()).toEqual(named(plan));
	});

	test("refuses an invalid name without repeating it, and a repeated name", async () => {
		const odd = await project.coffer(["plan", "sk-live-canary", "--json"]);
		expect(odd.error()).toMatchObject({ code: "NAME_INVALID", exit: 2 });
		expect(odd.stderr).not.toContain("canary");
		const twice = await project.coffer(["plan", "A", "A=1", "--json"]);
		expect(twice.error()).toMatchObject({ code: "NAME_DUPLICATE", exit: 2 });
	});

	test("needs the platform, and names the command that works without it", async () => {
		await platform.kill();
		const { stderr, status } = await project.coffer(["plan", "STRIPE_KEY"]);
		expect(status).toBe(6);
		expect(stderr).toMatch(
			/Cannot predict which functions would be redeployed: .*\n.*functions references --local/,
		);
		await platform.start();
	});
});

describe("references", () => {
	test("show the names that functions were observed to read, besides the references in the code", async () => {
		expect((await platform.call("quiet")).text).toBe("smtp");
		const [quiet] = (await project.data(["functions", "references", "quiet"])).functions;
		expect(quiet).toEqual({
			function: "quiet",
			dynamic: false,
			references: [
				{ name: "PLUGIN_*", file: "functions/quiet/function.jsonc", line: 2, how: "declared", seen: false },
				{ name: "SMTP_URL", file: "", line: 0, how: "observed", seen: true },
			],
			dynamicAccesses: [],
			excluded: ["CURRENCY"],
		});
		const { stdout } = await project.ok(["functions", "references", "quiet"]);
		expect(stdout).toMatch(/SMTP_URL +seen at run time, not in the code/);
		await vi.waitFor(async () =>
			expect((await project.ok(["functions", "logs", "quiet"])).stdout).toContain(
				"The function read the secret SMTP_URL, which the analysis of its code did not find",
			),
		);
	});

	test("outlast a restart of the platform", async () => {
		await platform.kill();
		await platform.start();
		const [quiet] = (await project.data(["functions", "references", "quiet"])).functions;
		expect(quiet.references).toContainEqual(expect.objectContaining({ name: "SMTP_URL", how: "observed" }));
		expect((await platform.call("quiet")).text).toBe("smtp");
	});

	test("list names that are read and not set, and names that are set and not read", async () => {
		const { missing, unused } = await project.data(["functions", "references", "--missing"]);
		expect(missing).toEqual([
			{ name: "CURRENCY", places: [{ function: "pay", file: "functions/pay/index.ts", line: 2 }] },
		]);
		expect(unused).toEqual(["UNUSED"]);
		const strict = await project.coffer(["functions", "references", "--strict", "--json"]);
		expect(strict.status).toBe(1);
		expect(strict.error()).toMatchObject({ code: "REFERENCES_INCOMPLETE" });
		const one = await project.coffer(["functions", "references", "mail", "--strict"]);
		expect(one.status).toBe(0);
		expect(one.stdout).toBe("Every name that is read is in the vault.\n");
	});

	test("are the same without the platform, except for the observed names", async () => {
		project.write(
			"functions/sdk/index.ts",
			'import ms from "npm:ms@2.1.3";\nDeno.serve(() => new Response(ms(Number(Deno.env.get("SMTP_URL")))));\n',
		);
		await project.ok(["functions", "deploy"]);
		const strip = ({ functions }: { functions: { references: { how: string; seen?: boolean }[] }[] }) =>
			functions.map(({ references, ...rest }) => ({
				...rest,
				warnings: [],
				references: references
					.filter(({ how }) => how !== "observed")
					.map(({ seen, ...reference }) => reference),
			}));
		const deployed = strip(await project.data(["functions", "references"]));
		expect(deployed).toHaveLength(5);
		expect(strip(await project.data(["functions", "references", "--local"]))).toEqual(deployed);
		const { missing } = await project.data(["functions", "references", "--local", "--missing"]);
		expect(missing).toMatchObject([{ name: "CURRENCY", places: [{ function: "pay" }] }]);
	});

	test("need no identity", async () => {
		const env = { COFFER_IDENTITY: undefined, COFFER_IDENTITY_FILE: undefined };
		const { status, stdout } = await project.coffer(["functions", "references", "--missing"], { env });
		expect([status, stdout]).toEqual([0, expect.stringContaining("CURRENCY")]);
	});

	test("are drawn as a graph, in the terminal and into files", async () => {
		const { stdout } = await project.ok(["functions", "references", "--graph"]);
		expect(stdout).toMatch(/^STRIPE_KEY +○ · ● · ·$/m);
		await project.ok(["functions", "references", "--output", "secrets.svg"]);
		expect(readFileSync(join(project.root, "secrets.svg"), "utf8")).toMatch(/^<svg /);
		await project.ok(["functions", "references", "--graph", "--output", "secrets.dot"]);
		expect(readFileSync(join(project.root, "secrets.dot"), "utf8")).toMatch(/^digraph /);
		const odd = await project.coffer(["functions", "references", "--output", "secrets.png", "--json"]);
		expect(odd.error()).toMatchObject({ code: "OUTPUT_FORMAT", exit: 2 });
		expect(existsSync(join(project.root, "secrets.png"))).toBe(false);
		const both = await project.coffer([
			"functions",
			"references",
			"--missing",
			"--output",
			"x.svg",
			"--json",
		]);
		expect(both.error()).toMatchObject({
			code: "USAGE",
			exit: 2,
			message: expect.stringContaining("--output"),
		});
	});
});
