/** `secrets edit`, with the real program and programs in the editor's place. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { filesBelow } from "../../support/files-below.ts";
import { PROGRAM } from "../../support/program.ts";
import { formsOf } from "../../support/values/forms.ts";
import { newProject, type Project } from "../support/project.ts";

const CANARY = "cAnary+edit/1 é&xyzzy-0001";
let ana: Project;

beforeAll(async () => {
	ana = await newProject();
});
afterAll(() => ana?.[Symbol.asyncDispose]());

/** Runs the command with an editor that runs this code. `file` is the path, `text` the content. */
async function edit(code: string, ...flags: string[]) {
	const script = join(ana.machine, "editor.cjs");
	const note = join(ana.machine, "opened");
	writeFileSync(
		script,
		`const fs = require("fs"), path = require("path");
		const file = process.argv[2], text = fs.readFileSync(file, "utf8");
		const modes = [file, path.dirname(file)].map((one) => (fs.statSync(one).mode & 0o777).toString(8));
		fs.writeFileSync(${JSON.stringify(note)}, file + " " + modes.join(" "));
		fs.writeFileSync(file + "~", text);
		${code}`,
	);
	const env = { VISUAL: undefined, EDITOR: `'${process.execPath}' '${script}'` };
	const result = await ana.start(["secrets", "edit", ...flags], { env }).ended;
	const [file = "", ...modes] = existsSync(note) ? readFileSync(note, "utf8").split(" ") : [];
	expect(result.stdout + result.stderr).not.toContain("cAnary");
	return { result, file, modes };
}

const replaced = (from: string, to: string) =>
	`fs.writeFileSync(file, text.replace(${JSON.stringify(from)}, () => ${JSON.stringify(to)}));`;

test("secrets edit changes what the user changed, in a file in memory that is removed", async () => {
	await ana.ok(["secrets", "set", `API_KEY=${CANARY}`, "KEPT=kept", "GONE=gone"]);
	const kept = /\nKEPT\n(.*)\n/.exec(ana.vault)?.[1];
	const { file, modes, result } = await edit(replaced("GONE=gone\n", "NEW='two words'\n"), "--yes", "--json");
	expect(result.json()).toMatchObject({ set: ["NEW"], deleted: ["GONE"], unchanged: [] });
	expect(file).toMatch(/^\/dev\/shm\/coffer-edit-/);
	expect(modes).toEqual(["600", "700"]);
	expect(readdirSync("/dev/shm").filter((name) => file.includes(name))).toEqual([]);
	expect(/\nKEPT\n(.*)\n/.exec(ana.vault)?.[1]).toBe(kept);
	expect(await ana.reveal("NEW")).toBe("two words");
	const left = filesBelow(ana.machine).filter(({ bytes }) =>
		formsOf(CANARY).some((form) => bytes.includes(form)),
	);
	expect(left.map(({ path }) => path)).toEqual([]);
});

test("without an editor and without a terminal, nothing is decrypted or started", async () => {
	const env = { VISUAL: undefined, EDITOR: undefined };
	const { ended } = ana.start(["secrets", "edit", "--json"], { env });
	expect((await ended).error()).toMatchObject({ code: "EDITOR_MISSING", exit: 2 });
});

test("the file is removed if the editor fails or a signal ends it or Coffer, and nothing changes", async () => {
	const vault = ana.vault;
	const signalled = 'process.kill(process.ppid, "SIGTERM"); setInterval(() => {}, 1_000);';
	for (const code of [
		"process.exit(3)",
		'process.kill(process.pid, "SIGKILL")',
		"fs.rmSync(file)",
		signalled,
	]) {
		const { file, result } = await edit(code, "--json");
		expect(result.error()).toMatchObject({ code: "EDITOR_FAILED", exit: 1 });
		expect(readdirSync("/dev/shm").filter((name) => file.includes(name))).toEqual([]);
	}
	expect(ana.vault).toBe(vault);
});

test("what a killed command has left in memory is wiped by the next one", async () => {
	const killed = await edit('process.kill(process.ppid, "SIGKILL");');
	expect(killed.result.signal).toBe("SIGKILL");
	expect(existsSync(killed.file)).toBe(true);
	await edit("");
	expect(existsSync(killed.file)).toBe(false);
});

test("a wrong line opens the editor again with the error, and no change gives up", async () => {
	const fixes = `fs.writeFileSync(file, text.startsWith("#!") ? text.replace("KEPT='x", "KEPT=fixed") : text.replace("KEPT=kept", "KEPT='x"));`;
	const { result } = await edit(fixes, "--json");
	expect(result.json()).toMatchObject({ set: ["KEPT"] });
	expect(await ana.reveal("KEPT")).toBe("fixed");
	const vault = ana.vault;
	const stays = `if (!text.startsWith("#!")) fs.writeFileSync(file, text.replace("KEPT=fixed", "KEPT='x"));`;
	const refused = (await edit(stays, "--json")).result.error();
	expect(refused).toMatchObject({ code: "ENV_FILE_UNTERMINATED_QUOTE", exit: 2 });
	// A program that makes another fault each time.
	const endless = `fs.writeFileSync(file, text + "KEPT='x" + "y".repeat(text.length) + "\\n");`;
	expect((await edit(endless, "--json")).result.error()).toMatchObject({ exit: 2 });
	expect(ana.vault).toBe(vault);
});

test("a deletion without a terminal needs --yes, and no change changes nothing", async () => {
	const vault = ana.vault;
	expect((await edit(replaced("KEPT=fixed\n", ""), "--json")).result.error()).toMatchObject({
		code: "NO_TERMINAL",
	});
	expect((await edit("")).result.stdout).toContain("Nothing was changed.");
	expect(ana.vault).toBe(vault);
});

test("a secret that somebody else changed meanwhile is a conflict, and another one is not", async () => {
	await ana.ok(["secrets", "set", "KEPT=mine"]);
	const coffer = JSON.stringify(PROGRAM);
	const sets = `require("child_process").execFileSync(process.execPath, [${coffer}, "secrets", "set", "KEPT=theirs"], { stdio: "ignore", env: { ...process.env, COFFER_IDENTITY: ${JSON.stringify(ana.identity)} } });`;
	const conflict = (await edit(`${sets}${replaced("KEPT=mine", "KEPT=edited")}`, "--json")).result;
	expect(conflict.error()).toMatchObject({ code: "VAULT_CHANGED_MEANWHILE", exit: 5 });
	expect(await ana.reveal("KEPT")).toBe("theirs");
	const aside = `${sets.replace("KEPT=theirs", "KEPT=again")}${replaced("NEW='two words'", "NEW=edited")}`;
	expect((await edit(aside, "--json")).result.json()).toMatchObject({ set: ["NEW"] });
	expect([await ana.reveal("KEPT"), await ana.reveal("NEW")]).toEqual(["again", "edited"]);
});
