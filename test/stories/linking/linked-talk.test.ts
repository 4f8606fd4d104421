/**
 * Messages about a linked platform: whether it was contacted, what did not start, and the state after Ctrl-C.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { cloneOf, commit } from "../support/clone.ts";
import { link, type PlatformAccess, sharedPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";
import { onTerminal } from "../support/terminal.ts";

let platform: PlatformAccess;
let project: Project;

beforeAll(async () => {
	[project, platform] = await Promise.all([newProject(), sharedPlatform()]);
	await project.ok(["secrets", "set", "GREETING=hello", "SLOW="]);
	const body = `export default () => new Response(Deno.env.get("GREETING"));\n`;
	project.write(
		"functions/hello.ts",
		`if (Deno.env.get("GREETING") === "") throw new Error("no greeting");\n${body}`,
	);
	project.write(
		"functions/slow.ts",
		`if (Deno.env.get("SLOW") !== "") await new Promise((go) => setTimeout(go, 600_000));\nexport default () => new Response();\n`,
	);
	await link(project, platform);
	await project.ok(["functions", "deploy"]);
	await project.git("init", "--quiet");
	await commit(project, "Start");
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});

test("link recognises the address of the gateway, and its error names the control address", async () => {
	// The control address is the next port only because the test chose both so. The error recognises the gateway
	// without that.
	const refused = await project.coffer(["link", platform.listen, "--app", "shop", "--json"]);
	expect(refused.error()).toMatchObject({ code: "PLATFORM_ADDRESS_IS_GATEWAY", exit: 2 });
	expect(refused.error().hint).toMatch(/control/);
});

test("a fresh clone without a token reports that, and does what is possible without one", async () => {
	await using clone = await cloneOf(project);
	clone.variables["COFFER_TOKEN"] = undefined;
	const set = await clone.ok(["secrets", "set", "OTHER=1"]);
	expect(set.stderr).toMatch(
		/Saved, but not synced: There is no access token.*coffer platform token create.*coffer link/,
	);
	expect(set.stdout).toContain("✓ Set OTHER in production");
	const status = await clone.ok(["status"]);
	expect(status.stdout).toContain("There is no access token");
	expect(status.stdout).not.toContain("out of reach\n");
	expect((await clone.coffer(["sync", "--json"])).error()).toMatchObject({ code: "TOKEN_MISSING", exit: 6 });
});

test("the reason of a failed start is printed first, with the version that still runs", async () => {
	const { status, stderr, stdout } = await project.coffer(["secrets", "set", "GREETING="]);
	expect(status).toBe(1);
	expect(stderr).toMatch(
		/✗ hello failed to start; the previous version still serves requests\n.*\n.*no greeting/,
	);
	expect(stdout).toMatch(/^✓ Set GREETING in production\n/);
	expect((await platform.call("hello")).text).toBe("hello");
});

test("Ctrl-C during the wait prints what is saved and what continues, and exits with 130", async () => {
	const { shown, status } = await onTerminal(
		project,
		["secrets", "set", "SLOW=yes"],
		[{ question: "starting 1 function (slow)", answer: "\u0003" }],
	);
	expect(status).toBe(130);
	expect(shown).toContain("✓ Set SLOW in production");
	expect(shown).toMatch(
		/Interrupted\. The change is saved and synced \(revision \d+\)\. The platform continues to start slow/,
	);
	expect(await project.data(["secrets", "list"])).toMatchObject({
		secrets: expect.arrayContaining([expect.objectContaining({ name: "SLOW", state: "synced" })]),
	});
});
