/** `secrets note` and `secrets list --notes`, with the real program. */
import { readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { formsOf } from "../../support/values/forms.ts";
import { newProject, type Project } from "../support/project.ts";

const CANARY = "cAnary+note/1 é&xyzzy-0001";
const VALUE = "value-of-the-key";
let ana: Project;

beforeAll(async () => {
	ana = await newProject();
	await ana.ok(["secrets", "set", `API_KEY=${VALUE}`, "OTHER=o"]);
});
afterAll(() => ana?.[Symbol.asyncDispose]());

const note = (...args: string[]) => ["secrets", "note", ...args];

test("a note is encrypted in a file beside the vault, and shown by note and by list --notes", async () => {
	const before = ana.vault;
	const written = await ana.coffer(note("API_KEY", CANARY));
	expect([written.status, written.stderr]).toEqual([0, ""]);
	expect(written.stdout).toContain("git add coffer.notes");
	const [file = "", ...others] = readdirSync(join(ana.root, "coffer.notes"));
	expect(others).toEqual([]);
	const text = readFileSync(join(ana.root, "coffer.notes", file), "utf8");
	expect(formsOf(CANARY).filter((form) => text.includes(form))).toEqual([]);
	expect(ana.vault).toBe(before);
	expect((await ana.coffer(note("API_KEY"))).stdout).toMatch(
		/^v1 by .*\n {2}cAnary\+note\/1 é&xyzzy-0001\n$/,
	);
	const listed = await ana.coffer(["secrets", "list", "--notes"]);
	expect(listed.stdout).toMatch(/NOTE\nAPI_KEY .* cAnary\+note\/1 é&xyzzy-0001\nOTHER /);
	expect((await ana.coffer(["secrets", "list"])).stdout).not.toContain("cAnary");
});

test("get shows the note on stderr and leaves stdout to the value; JSON has it; a folder that is none is a warning", async () => {
	const reveal = { env: { COFFER_ALLOW_REVEAL: "1" } };
	const got = await ana.coffer(["secrets", "get", "API_KEY", "--reveal"], reveal);
	expect([got.status, got.stdout]).toEqual([0, `${VALUE}\n`]);
	expect(got.stderr).toMatch(/^Note v1 by .*\n {2}cAnary\+note\/1 é&xyzzy-0001\n$/);
	const masked = await ana.coffer(["secrets", "get", "API_KEY"]);
	expect([masked.stdout.includes("cAnary"), masked.stderr]).toEqual([false, got.stderr]);
	expect((await ana.data(["secrets", "get", "API_KEY"])).notes).toMatchObject([{ text: CANARY, version: 1 }]);
	const other = await ana.coffer(["secrets", "get", "OTHER", "--reveal"], reveal);
	expect([other.stdout, other.stderr]).toEqual(["o\n", ""]);
	expect((await ana.data(["secrets", "get", "OTHER"])).notes).toEqual([]);
	renameSync(join(ana.root, "coffer.notes"), join(ana.root, "aside"));
	ana.write("coffer.notes", "no folder");
	const without = await ana.coffer(["secrets", "get", "API_KEY", "--reveal"], reveal);
	expect([without.status, without.stdout]).toEqual([0, `${VALUE}\n`]);
	expect(without.stderr).toMatch(/^Warning: The notes cannot be read\. coffer\.notes is not a folder\.\n$/);
	rmSync(join(ana.root, "coffer.notes"));
	renameSync(join(ana.root, "aside"), join(ana.root, "coffer.notes"));
});

test("standard input gives several lines, a rename moves the note, and --delete removes it", async () => {
	const piped = await ana.coffer(note("API_KEY", "-"), { input: "Line one\r\n\r\nLine two\n" });
	expect(piped.status).toBe(0);
	const renamed = await ana.coffer(["secrets", "rename", "API_KEY", "NEW_KEY"]);
	expect(renamed.stderr).toContain("The note of API_KEY is now that of NEW_KEY.");
	const { notes } = await ana.data(note("NEW_KEY"));
	expect(notes).toMatchObject([{ text: "Line one\n\nLine two", member: true, version: 1 }]);
	expect((await ana.data(note("NEW_KEY", "--delete"))).done).toBe("deleted");
	expect((await ana.coffer(note("NEW_KEY", "--json"))).error()).toMatchObject({
		code: "NOTE_NOT_FOUND",
		exit: 4,
	});
});

test.each([
	[["OTHER", "\u001b]0;x\u0007"], "NOTE_INVALID", 2],
	[["OTHER", "a\u202eb"], "NOTE_INVALID", 2],
	[["OTHER", "x".repeat(2_001)], "NOTE_INVALID", 2],
	[["OTHER", " "], "NOTE_INVALID", 2],
	[["OTHER", "x", "--delete"], "NOTE_INVALID", 2],
	[["NEW_KEY", `The value is ${VALUE}.`], "NOTE_HAS_VALUE", 2],
	[["MISSING", "x"], "SECRET_NOT_FOUND", 4],
] as const)("note %j is refused with %s", async (args, code, exit) => {
	const refused = await ana.kept([...note(...args), "--json"]);
	expect(refused.error()).toMatchObject({ code, exit });
	expect(readdirSync(join(ana.root, "coffer.notes"))).toEqual([]);
});
