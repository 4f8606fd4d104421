/** The unmodified Base44 CLI uses a platform. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { BASE44_APP, Base44Project } from "../support/base44.ts";
import { type PlatformAccess, sharedPlatform } from "../support/platform.ts";
import { CANARY } from "../support/refusal.ts";

const FILES = {
	"base44/functions/charge/entry.ts": `import { secrets } from "base44:runtime";
import { show } from "../../shared/show.ts";
export default (): Response => new Response(show(secrets.get("CHARGE_KEY")));
`,
	"base44/functions/api/billing/entry.ts": `import { show } from "../../../shared/show.ts";
console.log("billing begins");
Deno.serve(() => {
	console.log("billing is asked");
	return new Response(show(Deno.env.get("BILLING_KEY")));
});
`,
	"base44/functions/report/function.jsonc": `{
	// Runs at night.
	"name": "report",
	"entry": "src/index.ts",
	"owner": "somebody",
	"automations": [
		{ "name": "nightly", "type": "scheduled", "schedule_mode": "recurring", "schedule_type": "cron", "cron_expression": "0 3 * * *" }
	]
}
`,
	"base44/functions/report/src/index.ts": `export default { fetch: () => new Response("report") };\n`,
	"base44/shared/show.ts": `export const show = (value: string | undefined) => value === undefined ? "none" : value.length + " characters";\n`,
};

let project: Base44Project;
let platform: PlatformAccess;
beforeAll(async () => {
	platform = await sharedPlatform();
	project = new Base44Project(FILES);
	const made = await project.data(
		["platform", "token", "create", "--base44", "--url", platform.control, "--token", platform.token],
		{},
	);
	expect(made).toMatchObject({ scopes: ["base44"], app: null });
	expect(made.token).toMatch(/^b44k_[\w-]{43}$/);
	project.use(platform, made.token);
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await platform[Symbol.asyncDispose]();
});

async function ask(name: string): Promise<string> {
	return await (await fetch(`${platform.listen}/${BASE44_APP}/${name}`)).text();
}

/** The process id of each function, by name. */
async function pids(): Promise<Record<string, number>> {
	const answer = await fetch(`${platform.control}/v1/apps/${BASE44_APP}/functions`, {
		headers: { authorization: `Bearer ${platform.token}` },
	});
	const { functions } = (await answer.json()) as { functions: { name: string; pid: number }[] };
	return Object.fromEntries(functions.map(({ name, pid }) => [name, pid]));
}

describe("the Base44 CLI", () => {
	test("sets and lists secrets of a new app, which tokens of other apps cannot access", async () => {
		expect(await project.base44Ok(["secrets", "list"])).toContain("No secrets configured.");
		const set = await project.base44Ok(["secrets", "set", `CHARGE_KEY=${CANARY}`, "UNUSED=b=c"]);
		expect(set).toContain("2 secrets set successfully");
		project.write(".env.more", `BILLING_KEY="twelve chars"\n`);
		expect(await project.base44Ok(["secrets", "set", "--env-file", ".env.more"])).toContain("BILLING_KEY");
		const listed = await project.base44Ok(["secrets", "list"]);
		expect(listed).toMatch(/Found 3 secrets.*BILLING_KEY\nCHARGE_KEY\nUNUSED/s);
		expect(listed).not.toContain("••");
		const other = await project.base44(["secrets", "list", "--app-id", "another-app"]);
		expect([other.status, other.stdout + other.stderr]).toEqual([1, expect.stringContaining("another app")]);
	});

	test("deploys functions in each of the supported layouts, and gives them the secrets that they read", async () => {
		const deployed = await project.base44Ok(["functions", "deploy"]);
		expect(deployed).toContain("3 deployed");
		expect(await ask("charge")).toBe(`${CANARY.length} characters`);
		expect(await ask("api/billing")).toBe("12 characters");
		expect(await ask("report")).toBe("report");
		expect(await project.base44Ok(["functions", "deploy"])).toContain("3 unchanged");
		const listed = await project.base44Ok(["functions", "list"]);
		expect(listed).toMatch(
			/3 functions on remote.* {2}api\/billing\n {2}charge\n {2}report \(1 automation\)/s,
		);
	});

	test("restarts exactly the functions that read a changed secret, and none for an unchanged value", async () => {
		for (const name of ["charge", "api/billing", "report"]) await ask(name);
		const before = await pids();
		await project.base44Ok(["secrets", "set", `CHARGE_KEY=${CANARY}`]);
		expect(await pids()).toEqual(before);
		await project.base44Ok(["secrets", "set", "CHARGE_KEY=four"]);
		const after = await pids();
		expect(after["charge"]).not.toBe(before["charge"]);
		expect({ ...after, charge: 0 }).toEqual({ ...before, charge: 0 });
		expect(await ask("charge")).toBe("4 characters");
		expect(await project.base44Ok(["secrets", "delete", "CHARGE_KEY"])).toContain("deleted");
		expect(await ask("charge")).toBe("none");
		const deleted = await project.base44(["secrets", "delete", "CHARGE_KEY"]);
		expect([deleted.status, deleted.stdout + deleted.stderr]).toEqual([
			1,
			expect.stringContaining("no secret"),
		]);
		expect((await pids())["report"]).toBe(before["report"]);
	});

	test("reports that a function does not start with a new value, saves the value, and keeps the earlier version running", async () => {
		const code = `const key = Deno.env.get("STRICT_KEY") ?? "absent";
if (key === "bad") throw new Error("this key is not one");
export default () => new Response("strict " + key.length);
`;
		project.write("base44/functions/strict/entry.ts", code);
		expect(await project.base44Ok(["functions", "deploy", "strict"])).toContain("1 deployed");
		expect(await ask("strict")).toBe("strict 6");
		const { status, stdout, stderr } = await project.base44(["secrets", "set", "STRICT_KEY=bad"]);
		expect(status).toBe(1);
		expect(stdout + stderr).toMatch(/The change is saved, but strict did not start.*this key is not one/s);
		expect(await ask("strict")).toBe("strict 6");
		expect(await project.base44Ok(["secrets", "list"])).toContain("STRICT_KEY");
		await project.base44Ok(["secrets", "set", "STRICT_KEY=fine now"]);
		expect(await ask("strict")).toBe("strict 8");
		await project.base44Ok(["secrets", "delete", "STRICT_KEY"]);
		await project.base44Ok(["functions", "delete", "strict"]);
		project.remove("base44/functions/strict");
	});

	test("refuses names that a function must not get, and then sets no secret of that request", async () => {
		const refused = await project.base44(["secrets", "set", "FINE=1", `LD_PRELOAD=${CANARY}`]);
		expect([refused.status, refused.stdout + refused.stderr]).toEqual([
			1,
			expect.stringContaining("LD_PRELOAD"),
		]);
		expect(refused.stdout + refused.stderr).not.toContain(CANARY);
		expect(await project.base44Ok(["secrets", "list"])).not.toContain("FINE");
	});

	test("reports why a function does not build, and deploys the others", async () => {
		project.write(
			"base44/functions/broken/entry.ts",
			'import "./absent.ts";\nexport default () => new Response();\n',
		);
		const { status, stdout, stderr } = await project.base44(["functions", "deploy"]);
		expect([status, stdout + stderr]).toEqual([1, expect.stringMatching(/broken +error:.*absent\.ts/s)]);
		expect(stdout + stderr).toContain("3 unchanged, 1 error");
		project.remove("base44/functions/broken");
	});

	test("is told that it does not send a file that a function reads or imports, with the line", async () => {
		project.write("base44/functions/image/logo.png", "\x89PNG\xff");
		project.write(
			"base44/functions/image/entry.ts",
			`const logo = await Deno.readFile(new URL("./logo.png", import.meta.url));
export default () => new Response(logo);
`,
		);
		project.write("base44/functions/page/page.tsx", "export const page = <p/>;\n");
		project.write("base44/functions/page/entry.ts", `export { page as default } from "./page.tsx";\n`);
		const { status, stdout, stderr } = await project.base44(["functions", "deploy", "image", "page"]);
		const said = (stdout + stderr).replace(/\s+/g, " ");
		expect(status).toBe(1);
		const unsent = "the Base44 CLI sends .js, .ts, .json and .jsonc files only";
		expect(said).toMatch(
			new RegExp(`base44/functions/image/entry.ts:1.*base44/functions/image/logo.png.*${unsent}`),
		);
		expect(said).toMatch(
			new RegExp(`base44/functions/page/entry.ts:1.*base44/functions/page/page.tsx.*${unsent}`),
		);
		expect(said).toContain("coffer functions deploy");
		for (const name of ["image", "page"]) project.remove(`base44/functions/${name}`);
	});

	test("pulls exactly the bytes that were deployed", async () => {
		const clone = new Base44Project({});
		try {
			Object.assign(clone.variables, project.variables, { HOME: clone.variables["HOME"] });
			expect(await clone.base44Ok(["functions", "pull"])).toContain("Pulled 3 functions");
			for (const [path, text] of Object.entries(FILES))
				expect([path, clone.read(path)]).toEqual([path, text]);
			expect(JSON.parse(clone.read("base44/functions/charge/function.jsonc"))).toEqual({
				name: "charge",
				entry: "entry.ts",
			});
		} finally {
			await clone[Symbol.asyncDispose]();
		}
	});

	test("shows what functions wrote, and follows what they write", async () => {
		await ask("api/billing");
		await vi.waitFor(async () =>
			expect(await project.base44Ok(["logs", "--function", "api/billing"])).toMatch(
				/INFO +\[api\/billing\] billing is asked/,
			),
		);
		expect(await project.base44Ok(["logs", "--level", "error", "-n", "5"])).toContain("No ");
		const following = project.follow(["logs", "--follow", "--function", "api/billing"]);
		// The CLI prints nothing before the first line, so the function is called until a line arrives.
		const seen = following.stdout.next(/billing is asked/);
		let isSeen = false;
		void seen.then(() => {
			isSeen = true;
		});
		while (!isSeen) await ask("api/billing");
		expect(await seen).toContain("[api/billing] billing is asked");
		following.signal("SIGINT");
		const unknown = await project.base44(["logs", "--function", "nobody"]);
		expect(unknown.stdout + unknown.stderr).toMatch(/nobody.*api\/billing, charge, report/s);
	});

	test("deletes a function, and with --force all functions that exist only on the platform", async () => {
		expect(await project.base44Ok(["functions", "delete", "report"])).toContain("deleted");
		expect(await project.base44Ok(["functions", "delete", "report"])).toContain("not found");
		expect(Object.keys(await pids())).toEqual(["api/billing", "charge"]);
		project.remove("base44/functions/api");
		expect(await project.base44Ok(["functions", "deploy", "--force"])).toMatch(/api\/billing +deleted/);
		expect(Object.keys(await pids())).toEqual(["charge", "report"]);
	});

	test("refuses a revoked token", async () => {
		const { tokens } = await project.data(["platform", "token", "list", "--url", platform.control], {
			env: { COFFER_TOKEN: platform.token },
		});
		const own = tokens.find(({ scopes }: { scopes: string[] }) => scopes.includes("base44"));
		expect(own.app).toBe(BASE44_APP);
		const env = { COFFER_TOKEN: platform.token };
		await project.ok(["platform", "token", "revoke", own.id, "--url", platform.control], { env });
		const { status, stdout, stderr } = await project.base44(["secrets", "list"]);
		expect([status, stdout + stderr]).toEqual([1, expect.stringContaining("not valid on this platform")]);
	});
});
