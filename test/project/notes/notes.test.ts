/** Notes in a project: files, merges in real git, and a vault that stays the same. */
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
	deleteNote,
	moveNotes,
	NOTES_FOLDER,
	readNotes,
	writeNote,
} from "../../../src/project/notes/notes.ts";
import { readSession } from "../../../src/project/secrets/edit-secrets.ts";
import type { VaultSession } from "../../../src/project/session/session.ts";
import { TestProject } from "../project.ts";
import { Repository } from "../repository.ts";

let project: TestProject;
let session: VaultSession;
beforeEach(async () => {
	project = await TestProject.create();
	await project.set({ API_KEY: "the-value-of-it", OTHER: "v" });
	({ session } = await readSession(project.context));
});
afterEach(() => project[Symbol.dispose]());

const folder = () => join(project.root, NOTES_FOLDER);
const note = (text: string, name = "API_KEY") => writeNote(session, name, text);

async function texts(name = "API_KEY"): Promise<string[]> {
	const { current } = await readNotes(session);
	return (current.get(name) ?? []).map(({ text }) => text).sort();
}

test("a note is written, replaced and deleted, and the vault stays the same, byte for byte", async () => {
	const before = await project.read();
	expect(await note("First")).toMatch(/^coffer\.notes\/API_KEY\.[0-9a-f]{16}\.note$/);
	expect(await note("First")).toBeUndefined();
	await note("Second");
	expect([await texts(), readdirSync(folder()).length]).toEqual([["Second"], 1]);
	await deleteNote(session, "API_KEY");
	expect([await texts(), readdirSync(folder())]).toEqual([[], []]);
	expect(await project.read()).toBe(before);
});

test.each([
	["API_KEY", "It is the-value-of-it now", "NOTE_HAS_VALUE"],
	["MISSING", "Text", "SECRET_NOT_FOUND"],
])("a note on %s with the text %j is refused with %s", async (name, text, code) => {
	await expect(note(text, name)).rejects.toMatchObject({ code });
	expect(await texts(name)).toEqual([]);
});

test("a renamed secret keeps its notes, also two of a merge, and the other names theirs", async () => {
	await note("Of the other", "OTHER");
	await note("Mine");
	expect(await moveNotes(session, "API_KEY", "NEW")).toBe(true);
	expect([await texts(), await texts("NEW"), await texts("OTHER")]).toEqual([[], ["Mine"], ["Of the other"]]);
	expect(await moveNotes(session, "API_KEY", "NEW")).toBe(false);
});

describe("merges in git without the merge driver", () => {
	test("two new notes for one secret are both kept and shown, and the next one replaces both", async () => {
		await note("Before");
		const repository = new Repository(project);
		const isClean = await repository.merge(
			() => note("Theirs"),
			() => note("Ours"),
		);
		expect([isClean, await texts()]).toEqual([true, ["Ours", "Theirs"]]);
		await note("Both");
		expect([await texts(), readdirSync(folder()).length]).toEqual([["Both"], 1]);
	});

	test("a note that one branch deletes and the other replaces stays; notes of other secrets do not matter", async () => {
		await note("Before");
		const repository = new Repository(project);
		const isClean = await repository.merge(
			() => deleteNote(session, "API_KEY"),
			async () => {
				await note("After");
				await note("Other", "OTHER");
			},
		);
		expect([isClean, await texts(), await texts("OTHER")]).toEqual([true, ["After"], ["Other"]]);
	});
});

test("files that are no notes are counted and left out; a link in place of the folder is refused", async () => {
	await note("Fine");
	writeFileSync(join(folder(), "API_KEY.0000000000000000.note"), "0000000000000000 coffer-note 1\n");
	symlinkSync("/etc/passwd", join(folder(), "OTHER.0000000000000000.note"));
	mkdirSync(join(folder(), "THIRD.0000000000000000.note"));
	expect([await texts(), (await readNotes(session)).unread]).toEqual([["Fine"], 3]);
	const other = await TestProject.create(2);
	symlinkSync(folder(), join(other.root, NOTES_FOLDER));
	const { session: foreign } = await readSession(other.context);
	await expect(readNotes(foreign)).rejects.toMatchObject({ code: "NOTES_FOLDER_INVALID", exit: 1 });
	other[Symbol.dispose]();
});
