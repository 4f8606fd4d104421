/** `coffer import base44` brings the secrets of an app at Base44 into the vault: from a file, or typed. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Base44Server } from "../../support/services/base44-server.ts";
import { newProject, type Project } from "../support/project.ts";
import { onTerminal } from "../support/terminal.ts";

let base44: Base44Server;
let ana: Project;
beforeAll(async () => {
	base44 = await new Base44Server().start();
	ana = await newProject({ env: { BASE44_API_KEY: base44.key, BASE44_APP_ID: base44.app } });
	await ana.ok(["secrets", "set", "HERE=mine"]);
	for (const name of ["HERE", "STRIPE_KEY", "MAIL_KEY", "LATER", "DENO_DIR", "not a name"])
		base44.secrets.set(name, `at-base44-${name}`);
});
afterAll(async () => {
	await ana?.[Symbol.asyncDispose]();
	await base44?.[Symbol.asyncDispose]();
});
const from = (...more: string[]) => ["import", "base44", "--url", base44.origin, ...more];

test("import without a terminal and a file exits with 2 and lists the names that need values", async () => {
	const vault = ana.vault;
	const refused = await ana.coffer([...from(), "--json"]);
	expect(refused.error()).toMatchObject({
		code: "IMPORT_NEEDS_VALUES",
		exit: 2,
		message: expect.stringMatching(/: LATER, MAIL_KEY, STRIPE_KEY\.$/),
		hint: expect.stringMatching(/--env-file/),
	});
	expect(base44.take()).toEqual(["GET"]);
	expect(ana.vault).toBe(vault);
});

test("import takes values for existing names from a file, and reports invalid names and names that are set already", async () => {
	ana.write(".env", "MAIL_KEY=from-the-file\nHERE=theirs\nUNRELATED=x\n");
	const imported = await ana.data(from("--env-file", ".env"));
	expect(imported).toMatchObject({
		app: base44.app,
		url: base44.origin,
		set: ["MAIL_KEY"],
		skipped: ["LATER", "STRIPE_KEY"],
		kept: ["HERE"],
		refused: [
			{ name: "DENO_DIR", reason: expect.stringMatching(/reserved/) },
			{ name: "not a name", reason: expect.stringMatching(/not valid/) },
		],
		pending: 0,
	});
	expect(await ana.reveal("MAIL_KEY")).toBe("from-the-file");
	expect(await ana.reveal("HERE")).toBe("mine");
	expect((await ana.coffer(["secrets", "get", "UNRELATED"])).status).toBe(4);
	expect(await ana.data(from("--env-file", ".env", "--overwrite"))).toMatchObject({
		set: ["HERE"],
		unchanged: ["MAIL_KEY"],
	});
	expect(base44.take()).toEqual(["GET", "GET"]);
});

test("import asks for values with hidden input, Enter skips one, and a linked environment sends them to the app", async () => {
	await ana.ok(["link", "base44", "--url", base44.origin]);
	base44.take();
	const { status, shown } = await onTerminal(
		ana,
		["import", "base44"],
		[
			{ question: "Value of LATER", answer: "" },
			{ question: "Value of STRIPE_KEY", answer: "typed-canary-4471" },
		],
	);
	expect([status, shown.includes("canary")]).toEqual([0, false]);
	expect(shown).toMatch(/Set STRIPE_KEY/);
	expect(shown).toMatch(/Skipped, because there is no value: LATER/);
	expect(shown).toMatch(/Not imported: .*DENO_DIR/);
	expect(await ana.reveal("STRIPE_KEY")).toBe("typed-canary-4471");
	expect(base44.take()).toEqual(["GET", "POST STRIPE_KEY"]);
	expect(base44.secrets.get("STRIPE_KEY")).toBe("typed-canary-4471");
});
