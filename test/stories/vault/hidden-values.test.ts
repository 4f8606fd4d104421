/**
 * A value that is typed, pasted or piped in is stored completely, and an empty value only if the user means
 * it.
 */
import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PROGRAM } from "../../support/program.ts";
import { Tmux } from "../../support/tmux.ts";
import { cleanEnvironment, newProject, type Project } from "../support/project.ts";
import { onTerminal } from "../support/terminal.ts";

let project: Project;
beforeAll(async () => {
	project = await newProject();
});
afterAll(() => project?.[Symbol.asyncDispose]());

const QUESTION = "Value of KEY";
const EMPTY = "Set KEY to an empty value?";

test("a PEM key that is pasted into a terminal is stored completely", async () => {
	const { privateKey } = generateKeyPairSync("ed25519", {
		privateKeyEncoding: { type: "pkcs8", format: "pem" },
		publicKeyEncoding: { type: "spki", format: "pem" },
	});
	const env = { ...cleanEnvironment(), ...project.variables, CI: undefined };
	await using terminal = new Tmux({
		command: [PROGRAM, "secrets", "set", "TLS_KEY"],
		cwd: project.root,
		env,
	});
	await terminal.until("Value of TLS_KEY: ");
	await terminal.paste(Buffer.from(privateKey), { bracketed: true });
	await terminal.until("4 lines; press Enter to finish");
	await terminal.keys("Enter");
	await terminal.until("3 lines received.");
	// What the command prints last may be lost: tmux ends with it.
	await terminal.ended();
	expect(await project.reveal("TLS_KEY")).toBe(privateKey.trimEnd());
});

test("Enter alone at the prompt causes a question, and the answer no sets nothing", async () => {
	const answers = [
		{ question: QUESTION, answer: "" },
		{ question: EMPTY, answer: "n" },
	];
	const { status, shown } = await onTerminal(project, ["secrets", "set", "KEY"], answers);
	expect(status).toBe(2);
	expect(shown).toContain("coffer secrets set KEY=");
	expect((await project.coffer(["secrets", "get", "KEY"])).status).toBe(4);
});

test("Enter alone at the prompt sets an empty value after the answer yes", async () => {
	const answers = [
		{ question: QUESTION, answer: "" },
		{ question: EMPTY, answer: "y" },
	];
	expect((await onTerminal(project, ["secrets", "set", "KEY"], answers)).status).toBe(0);
	expect(await project.reveal("KEY")).toBe("");
});

test("empty standard input is refused, and the command in the hint works", async () => {
	for (const input of ["", "\n"]) {
		const refused = await project.coffer(["secrets", "set", "PIPED", "--stdin", "--json"], { input });
		expect(refused.status).toBe(2);
		expect(refused.error()).toMatchObject({ code: "STDIN_EMPTY", exit: 2 });
		expect(refused.error().hint).toContain("coffer secrets set PIPED=");
	}
	await project.ok(["secrets", "set", "PIPED="]);
	expect(await project.reveal("PIPED")).toBe("");
});
