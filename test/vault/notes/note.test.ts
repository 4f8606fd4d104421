/** Notes: the vectors, read by Coffer and by the second reader, and what a vault without this feature makes of them. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openKeys } from "../../../src/vault/chains/environment-keys.ts";
import { verifyChains } from "../../../src/vault/document/document.ts";
import { parseVault } from "../../../src/vault/document/format.ts";
import { openNote, parseNote, sealNote } from "../../../src/vault/notes/note.ts";
import { Person } from "../../vectors/primitives.ts";
import { readNote } from "../../vectors/reader/notes.ts";
import { alice, bob, carol, VaultMaker } from "../maker.ts";

interface NoteVector {
	readonly comment: string;
	readonly file: string;
	readonly valid: boolean;
}

const folder = new URL("../../vectors/", import.meta.url);
const vault = readFileSync(new URL("team.vault", folder));
const vectors: NoteVector[] = JSON.parse(readFileSync(new URL("team-notes.json", folder), "utf8"));
const document = parseVault(vault.toString());

describe.each([
	["alice", alice, 1],
	["carol, a reader", carol, 3],
] as const)("with the identity of %s", (_, identity, seed) => {
	const { state } = verifyChains(document, "production");
	const keys = openKeys(state, identity);

	test.each(vectors.map(({ comment, file, valid }) => [comment, valid, file] as const))(
		"%s: valid is %s, for both readers",
		(_, valid, file) => {
			const note = parseNote(file);
			const text = note && openNote(state, keys, note);
			const second = readNote(file, vault, new Person("reader", seed));
			expect([text !== undefined, second !== undefined]).toEqual([valid, valid]);
			if (note && second) {
				const { environment, name, version } = note;
				expect(second).toEqual({ environment, name, version, text });
			}
		},
	);
});

test("a former member cannot open a note of a later epoch", () => {
	const maker = new VaultMaker().add(bob, "writer", "bob");
	const before = maker.keys("production", bob);
	maker.epoch([bob]);
	const { state } = maker.verified();
	const content = { name: "A", text: "For the members of now", version: 1, at: "2026-11-30T04:00:00.000Z" };
	const note = sealNote(state, maker.keys(), alice, content);
	expect(openNote(state, maker.keys(), note)).toBe(content.text);
	const forced = { ...before, keyOf: () => before.key };
	expect(openNote(state, forced, note)).toBeUndefined();
});

test("a note is padded: notes of 1 and of 63 bytes have the same length", () => {
	const maker = new VaultMaker();
	const lengthOf = (text: string) => {
		const content = { name: "A", text, version: 1, at: "2026-11-30T04:00:00.000Z" };
		return sealNote(maker.verified().state, maker.keys(), alice, content).sealed.length;
	};
	expect(lengthOf("x")).toBe(lengthOf("y".repeat(63)));
});
