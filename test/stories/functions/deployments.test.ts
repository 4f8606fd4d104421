/** Functions and the platform change while the secrets stay the same. */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { link, type Platform, pidsOf, startPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";
import { ENV_FILE, NAMES, SHOP } from "../support/shop.ts";

let project: Project;
let platform: Platform;

beforeAll(async () => {
	[project, platform] = await Promise.all([newProject(), startPlatform()]);
	project.writeAll({ ...SHOP, ".env": ENV_FILE });
	await project.ok(["secrets", "set", "--env-file", ".env"]);
	await link(project, platform);
	await project.ok(["functions", "deploy"]);
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});

// Each test of this file continues where the one before it ended.
describe("functions deploy after the sources of functions changed", () => {
	test("keeps every process if no source changed", async () => {
		const before = await pidsOf(project);
		const { functions } = await project.data(["functions", "deploy"]);
		expect(functions.map(({ name, status }: { name: string; status: string }) => [name, status])).toEqual(
			NAMES.map((name) => [name, "unchanged"]),
		);
		expect(await pidsOf(project)).toEqual(before);
	});

	test("reports a function that does not parse with its line, deploys the others and prunes none", async () => {
		const source = project.read("functions/hello/index.ts");
		project.write("functions/hello/index.ts", "const a = 1;\nDeno.serve(() => new Response(;\n");
		const result = await project.coffer(["functions", "deploy", "--json"]);
		const alone = await project.coffer(["functions", "deploy", "hello", "--json"]);
		const pruned = await project.coffer(["functions", "deploy", "--prune", "--json"]);
		project.write("functions/hello/index.ts", source);
		expect(result.status).toBe(1);
		const { functions } = result.json();
		expect(functions).toHaveLength(NAMES.length);
		for (const { name, status, error, url } of functions) {
			expect([name, status]).toEqual([name, name === "hello" ? "failed" : "unchanged"]);
			expect(url).toMatch(new RegExp(`/${name}$`));
			if (name === "hello") expect(error).toContain("functions/hello/index.ts:2");
		}
		for (const refused of [alone, pruned]) {
			expect(refused.status).toBe(2);
			expect(refused.stdout).toBe("");
			expect(refused.error()).toMatchObject({ code: "SOURCE_SYNTAX", exit: 2, line: 2 });
		}
		expect((await platform.call("hello")).text).toBe("hello world");
	});

	test("keeps the earlier version of a function that does not build or start, and deploys the others", async () => {
		const files = ["functions/hello/index.ts", "functions/std/index.ts", "functions/mail/main.ts"];
		const sources = files.map((path) => project.read(path));
		const [hello = "", std = "", mail = ""] = files;
		project.write(
			hello,
			'import { nothing } from "../_shared/keys.ts";\nDeno.serve(() => new Response(nothing()));\n',
		);
		project.write(std, 'throw new TypeError("no day for it");\n');
		project.write(mail, `${sources[2]}\nconsole.log("mail");\n`);
		const result = await project.coffer(["functions", "deploy", "--json"]);
		files.forEach((path, index) => {
			project.write(path, sources[index] ?? "");
		});
		expect(result.status).toBe(1);
		expect(result.error()).toMatchObject({ code: "DEPLOY_FAILED", exit: 1 });
		const { functions } = result.json();
		const statuses = Object.fromEntries(
			functions.map(({ name, status }: { name: string; status: string }) => [name, status]),
		);
		expect(statuses).toEqual({
			...Object.fromEntries(NAMES.map((name) => [name, "unchanged"])),
			hello: "failed",
			std: "failed",
			mail: "deployed",
		});
		const errors = Object.fromEntries(
			functions.map(({ name, error }: { name: string; error?: string }) => [name, error]),
		);
		expect(errors["hello"]).toContain("functions/hello/index.ts:1");
		expect(errors["std"]).toContain("no day for it");
		const answers = await Promise.all(["hello", "std", "mail"].map((name) => platform.call(name)));
		expect(answers.map(({ text }) => text)).toEqual(["hello world", "std world", "mail mail-1"]);
		await project.ok(["functions", "deploy"]);
	});

	test("lists functions that exist only on the platform and keeps them, and lists names that are read and not set", async () => {
		project.write("functions/hello/extra.ts", "export const key = Deno.env.get('HELLO_KEY');\n");
		const source = project.read("functions/hello/index.ts");
		project.write(
			"functions/hello/index.ts",
			`import { key } from "./extra.ts";\nif (!key) throw new Error("no key");\n${source}`,
		);
		project.write("functions/gone.ts", "export default () => new Response('here');\n");
		await project.ok(["functions", "deploy", "gone"]);
		rmSync(`${project.root}/functions/gone.ts`);
		const planned = await project.data(["functions", "deploy", "--dry-run"]);
		const of = (name: string) => planned.functions.find((one: { name: string }) => one.name === name);
		expect(of("hello")).toMatchObject({ status: "changed", dynamic: false, settings: [] });
		expect(of("hello").reads).toContain("HELLO_KEY");
		expect(of("mail")).toMatchObject({ status: "unchanged" });
		expect(planned).toMatchObject({
			dryRun: true,
			absent: ["gone"],
			missing: [
				{ name: "HELLO_KEY", places: [{ function: "hello", file: "functions/hello/extra.ts", line: 1 }] },
			],
		});
		// The function fails because the secret is missing. Its sources show that it reads the secret.
		const deployed = await project.coffer(["functions", "deploy"]);
		expect(deployed.status).toBe(1);
		expect(deployed.stdout).toContain(
			"HELLO_KEY is read, but not in the vault (hello, functions/hello/extra.ts:1)",
		);
		expect(deployed.stdout).toContain("coffer secrets set HELLO_KEY");
		expect(deployed.stdout).toContain("On the platform, but not in this project: gone");
		expect(deployed.stdout).toContain("coffer functions delete gone");
		expect((await platform.call("gone")).text).toBe("here");
		project.write("functions/hello/index.ts", source);
		await project.ok(["functions", "delete", "gone"]);
		const clean = await project.data(["functions", "deploy"]);
		expect(clean).toMatchObject({ absent: [], missing: [] });
	});

	test("--dry-run lists new functions, changed settings and expected failures, and sends nothing", async () => {
		project.write("functions/fresh/index.ts", "Deno.serve(() => new Response('fresh'));\n");
		project.write("functions/mail/function.jsonc", '{ "timeoutSeconds": 30 }\n');
		const planned = await project.data(["functions", "deploy", "--dry-run"]);
		const of = (name: string) => planned.functions.find((one: { name: string }) => one.name === name);
		expect(of("fresh")).toMatchObject({ status: "new", reads: [], settings: [] });
		expect(of("mail").settings).toEqual([{ key: "timeoutSeconds", to: 30 }]);
		const shown = await project.ok(["functions", "deploy", "--dry-run", "mail", "fresh"]);
		expect(shown.stdout).toMatch(/^✓ fresh {2}new {2}reads no secret$/m);
		expect(shown.stdout).toContain("    timeoutSeconds: (default) → 30");
		expect(shown.stdout).toContain("Dry run: nothing was sent.");
		project.write("functions/fresh/index.ts", "Deno.serve(() => new Response(;\n");
		const failing = await project.coffer(["functions", "deploy", "--dry-run", "--json"]);
		expect(failing.error()).toMatchObject({ code: "DEPLOY_WOULD_FAIL", exit: 1 });
		expect(failing.json().functions).toContainEqual(
			expect.objectContaining({
				name: "fresh",
				error: expect.stringContaining("functions/fresh/index.ts:1"),
			}),
		);
		expect((await platform.call("fresh")).status).toBe(404);
		for (const path of ["functions/fresh", "functions/mail/function.jsonc", "functions/hello/extra.ts"])
			rmSync(`${project.root}/${path}`, { recursive: true });
	});

	test("the log of a function contains its output", async () => {
		project.write(
			"functions/plain.ts",
			'console.log("plain was started");\nexport default () => new Response("new");',
		);
		expect((await project.data(["functions", "deploy", "plain"])).functions).toMatchObject([
			{ name: "plain", status: "deployed" },
		]);
		expect((await platform.call("plain")).text).toBe("new");
		const line = { time: expect.any(String), level: "info", message: "plain was started" };
		await vi.waitFor(async () =>
			expect((await project.data(["functions", "logs", "plain"])).lines).toContainEqual(line),
		);
		expect((await project.coffer(["functions", "logs", "nope"])).status).toBe(4);
	});

	test("delete removes all named functions or none, and --prune removes those that the project no longer has", async () => {
		const refused = await project.coffer(["functions", "delete", "plain", "nope", "--json"]);
		expect(refused.status).toBe(4);
		expect((await platform.call("plain")).status).toBe(200);
		expect(await project.data(["functions", "delete", "plain"])).toMatchObject({ deleted: ["plain"] });
		expect((await platform.call("plain")).status).toBe(404);
		for (const path of ["functions/plain.ts", "functions/wait"])
			rmSync(`${project.root}/${path}`, { recursive: true });
		expect(await project.data(["functions", "deploy", "--prune"])).toMatchObject({ pruned: ["wait"] });
		expect((await platform.call("wait")).status).toBe(404);
		expect(Object.keys(await pidsOf(project))).toEqual(
			NAMES.filter((name) => !["plain", "wait"].includes(name)),
		);
	});
});

describe("the platform stops and starts again", () => {
	test("a change is saved and counted while the platform is down, and sync sends it once the platform is up", async () => {
		const { revision } = await project.data(["status"]);
		expect(await platform.stop()).toBe(0);
		const saved = await project.coffer(["secrets", "set", "GREETING=mars", "--json"]);
		expect(saved.status).toBe(0);
		expect(saved.json()).toMatchObject({ set: ["GREETING"], revision: null, pending: 1, redeployed: [] });
		expect(await project.data(["status"])).toMatchObject({
			linked: true,
			reachable: false,
			revision,
			pending: ["GREETING"],
		});
		const { secrets } = await project.data(["secrets", "list"]);
		const states = Object.fromEntries(
			secrets.map(({ name, state }: { name: string; state: string }) => [name, state]),
		);
		expect(states).toEqual({
			GREETING: "pending",
			LIMIT: "synced",
			MAIL_KEY: "synced",
			PAY_KEY: "synced",
			PERIOD: "synced",
		});
		expect((await project.coffer(["sync"])).status).toBe(6);

		await platform.start();
		expect((await platform.call("hello")).text).toBe("hello world");
		expect(await project.data(["status"])).toMatchObject({
			reachable: true,
			revision,
			pending: ["GREETING"],
		});
		const synced = await project.data(["sync"]);
		expect(synced).toMatchObject({ revision: revision + 1, sent: ["GREETING"], taken: [], pending: [] });
		expect((await platform.call("hello")).text).toBe("hello mars");
		expect((await project.data(["functions", "deploy"])).functions).toMatchObject(
			NAMES.filter((name) => !["plain", "wait"].includes(name)).map((name) => ({
				name,
				status: "unchanged",
			})),
		);
	});
});
