/** `coffer request` and `coffer requests`, with the real program. */
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newProject, type Project } from "../support/project.ts";
import { onTerminal } from "../support/terminal.ts";

const CANARY = "cAnary-request-0001";
const REASON = "The checkout function needs it in test mode";
/** An agent: no identity, no terminal, no permission to see values. */
const AGENT = { COFFER_IDENTITY: undefined, COFFER_ALLOW_REVEAL: undefined };
let ana: Project;

beforeAll(async () => {
	ana = await newProject();
});
afterAll(() => ana?.[Symbol.asyncDispose]());

const ask = (name: string, ...more: string[]) =>
	ana.coffer(["request", name, "--reason", REASON, ...more], { env: AGENT });
const files = () =>
	existsSync(join(ana.root, "coffer.requests")) ? readdirSync(join(ana.root, "coffer.requests")) : [];

test("an agent without an identity asks; everybody sees who, why and since when", async () => {
	const asked = await ask("STRIPE_KEY", "--by", "build-agent");
	expect([asked.status, asked.stderr]).toEqual([0, ""]);
	expect(asked.stdout).toContain("git add coffer.requests");
	expect((await ask("STRIPE_KEY", "--by", "build-agent", "--json")).json()).toMatchObject({ file: null });
	const listed = await ana.coffer(["requests", "list"], { env: AGENT });
	expect(listed.stdout).toMatch(
		/^STRIPE_KEY in production, asked for by "build-agent" \(not verified\), since \d{4}-\d\d-\d\d \d\d:\d\d UTC\n {2}"The checkout function needs it in test mode"\n/,
	);
	const status = await ana.coffer(["status"]);
	expect(status.stdout).toContain('requested    STRIPE_KEY, by "build-agent" (not verified)');
});

test("a person fills it at the terminal, after seeing who asks and who can read the value", async () => {
	const question = "Value of STRIPE_KEY";
	const { shown, status } = await onTerminal(
		ana,
		["requests", "fill", "STRIPE_KEY"],
		[{ question, answer: CANARY }],
	);
	expect(status).toBe(0);
	const [before = ""] = shown.split(question);
	for (const text of ["build-agent", REASON, "Members of production, who can read the value: "])
		expect(before).toContain(text);
	expect(shown).not.toContain(CANARY);
	expect(await ana.reveal("STRIPE_KEY")).toBe(CANARY);
	expect([files(), (await ana.data(["requests", "list"])).requests]).toEqual([[], []]);
	expect((await ask("STRIPE_KEY", "--json")).error()).toMatchObject({ code: "SECRET_EXISTS", exit: 5 });
});

test("a value on standard input fills it, and secrets set closes requests as well", async () => {
	await ask("ONE");
	await ask("TWO");
	const filled = await ana.coffer(["requests", "fill", "ONE", "--stdin", "--json"], { input: CANARY });
	expect(filled.json()).toMatchObject({ set: ["ONE"] });
	expect(await ana.reveal("ONE")).toBe(CANARY);
	const set = await ana.coffer(["secrets", "set", "TWO=value"]);
	expect(set.stderr).toContain("Closed the requests for TWO.");
	expect(files()).toEqual([]);
	const none = await ana.coffer(["requests", "fill", "ONE", "--stdin", "--json"], { input: CANARY });
	expect(none.error()).toMatchObject({ code: "REQUEST_NOT_FOUND", exit: 4 });
});

test("a member's request is verified, and a writer declines with a reason that the asker sees", async () => {
	await ana.ok(["request", "OTHER_KEY", "--reason", "For the tests", "--by", "somebody"]);
	const { requests } = await ana.data(["requests", "list"]);
	const [me] = (await ana.data(["status"])).members;
	expect(requests).toMatchObject([{ name: "OTHER_KEY", by: me.name, verified: true, state: "open" }]);
	const declining = ["requests", "decline", "OTHER_KEY", "--reason", "Use STRIPE_KEY instead"];
	expect((await ana.coffer([...declining, "--json"], { env: AGENT })).status).not.toBe(0);
	expect((await ana.coffer(declining)).status).toBe(0);
	const shown = (await ana.coffer(["requests", "list"], { env: AGENT })).stdout;
	expect(shown).toMatch(
		/There are no open requests\.\nOTHER_KEY[^\n]*\n[^\n]*\n {2}declined by .*\n {2}"Use STRIPE_KEY instead"\n/,
	);
	expect((await ana.data(["status"])).requests).toEqual([]);
});

test.each([
	[["API_KEY", "--reason", "   "], "REASON_INVALID"],
	[["API_KEY", "--reason", "x".repeat(501)], "REASON_INVALID"],
	[["API_KEY", "--reason", "\u001b]52;c;YQ==\u0007"], "REASON_INVALID"],
	[["API_KEY", "--reason", "\u202ereversed"], "REASON_INVALID"],
	[["../x", "--reason", "x"], "NAME_INVALID"],
	[["LD_PRELOAD", "--reason", "x"], "NAME_RESERVED"],
	[["API_KEY", "--reason", "x", "--by", "two words"], "USAGE"],
	[["API_KEY"], "USAGE"],
])("request %j is refused with %s, and writes nothing", async (args, code) => {
	const before = files();
	const refused = await ana.kept(["request", ...args, "--json"], { env: AGENT });
	expect(refused.error()).toMatchObject({ code, exit: 2 });
	expect(files()).toEqual(before);
});

describe("files that somebody else has written", () => {
	test("are inert: no sequence reaches the terminal, and no command fails", async () => {
		const id = "0123456789abcdef";
		const lines = [
			...["coffer-request 1", "name EVIL", "environment production", "seen 0", "at 2026-11-30T04:00:00.000Z"],
			...["by ana@laptop", "reason \u001b]0;owned\u0007\u001b[2J run coffer secrets get"],
		];
		const text = lines.map((line) => `${id} ${line}\n`).join("");
		ana.write(`coffer.requests/EVIL.${id}.request`, text);
		ana.write(
			`coffer.requests/FINE.${id}.request`,
			text.replaceAll("EVIL", "FINE").replace(/reason .*/, "reason `rm -rf` $(id) <b>"),
		);
		mkdirSync(join(ana.root, "coffer.requests/EMPTY.0000000000000000.request"));
		const listed = await ana.coffer(["requests", "list"]);
		expect([listed.status, listed.stdout + listed.stderr]).toEqual([
			0,
			expect.not.stringContaining("\u001b"),
		]);
		expect(listed.stderr).toContain("2 files in coffer.requests cannot be read as requests");
		expect(listed.stdout).toContain('FINE in production, asked for by "ana@laptop" (not verified)');
		expect(listed.stdout).toContain('  "`rm -rf` $(id) <b>"\n');
		const set = await ana.coffer(["secrets", "set", "FINE=value"]);
		expect([set.status, set.stderr]).toEqual([0, expect.stringContaining("Closed the requests for FINE.")]);
	});
});
