/**
 * Makes the vectors `team-notes.json`: files of notes beside `team.vault`, valid ones and ones with one fault. Run it only
 * when the format changes, as `make-team.ts`:
 *
 *     node make.mjs test/vectors/team.vault test/vectors/team-notes.json
 */
import { readFileSync, writeFileSync } from "node:fs";
import { openKeys } from "../../src/vault/chains/environment-keys.ts";
import { verifyChains } from "../../src/vault/document/document.ts";
import { parseVault } from "../../src/vault/document/format.ts";
import { printNote, type SealedNote, sealNote } from "../../src/vault/notes/note.ts";
import { alice, bob, carol, dave, mallory, VaultMaker } from "../vault/maker.ts";

const [vaultPath = "team.vault", notesPath = "team-notes.json"] = process.argv.slice(2);
const { state } = verifyChains(parseVault(readFileSync(vaultPath, "utf8")), "production");
const keys = openKeys(state, alice);
const first = [...state.epochs.keys()][0] ?? "";
const old = { ...keys, epoch: first, key: keys.keyOf(first) ?? keys.key };
const content = {
	name: "API_KEY",
	text: "The key of the shop.\nAsk Ben.",
	version: 3,
	at: "2026-11-30T04:00:00.000Z",
};
const long = "é".repeat(2_000);

const good = sealNote(state, keys, bob, content);
const other = new VaultMaker();
const foreign = sealNote(other.verified().state, other.keys(), alice, content);

const valid: [string, SealedNote][] = [
	["a writer's note", good],
	["the longest note", sealNote(state, keys, alice, { ...content, text: long })],
	[
		"a note of 64 bytes, which the padding extends",
		sealNote(state, keys, alice, { ...content, text: "x".repeat(64) }),
	],
	["a note by a member who was removed, of an earlier epoch", sealNote(state, old, dave, content)],
];
const invalid: [string, SealedNote][] = [
	["a reader's note", sealNote(state, keys, carol, content)],
	["a stranger's note", sealNote(state, keys, mallory, content)],
	["a removed member's note in an epoch after the removal", sealNote(state, keys, dave, content)],
	["a note of another vault", foreign],
	["a note of another environment", { ...good, environment: "preview" }],
	["another name", { ...good, name: "EMPTY" }],
	["another version", { ...good, version: 4 }],
	["another id", { ...good, id: "0123456789abcdef" }],
	["another time", { ...good, at: "2026-11-30T04:00:00.001Z" }],
	["another epoch", { ...good, epoch: first }],
	["another author", { ...good, author: alice.publicKeys.sign }],
	["another sealed text", { ...good, sealed: sealNote(state, keys, bob, content).sealed }],
	["an empty note", sealNote(state, keys, bob, { ...content, text: "" })],
	["a space at the end", sealNote(state, keys, bob, { ...content, text: "x " })],
	["a sequence of the terminal", sealNote(state, keys, bob, { ...content, text: "\u001b[2J" })],
	["a mark that reverses text", sealNote(state, keys, bob, { ...content, text: "a\u202eb" })],
	["a note that is too long", sealNote(state, keys, bob, { ...content, text: `${long}x` })],
	["no time", sealNote(state, keys, bob, { ...content, at: "2026-11-30T25:00:00.000Z" })],
	["version 0", sealNote(state, keys, bob, { ...content, version: 0 })],
];
const text = printNote(good);
const malformed: [string, string][] = [
	["no line feed at the end", text.slice(0, -1)],
	["a further line", `${text}${good.id} more x\n`],
	["two spaces", text.replace("name ", "name  ")],
	["lines in another order", text.replace(/(.* version .*\n)(.* at .*\n)/, "$2$1")],
	["a leading zero", text.replace("version 3", "version 03")],
	["another version of the format", text.replace("coffer-note 1", "coffer-note 2")],
];
const vectors = [
	...valid.map(([comment, note]) => ({ comment, file: printNote(note), valid: true })),
	{ comment: "CR LF as line ends", file: text.replaceAll("\n", "\r\n"), valid: true },
	...invalid.map(([comment, note]) => ({ comment, file: printNote(note), valid: false })),
	...malformed.map(([comment, file]) => ({ comment, file, valid: false })),
];
writeFileSync(notesPath, `${JSON.stringify(vectors, null, "\t")}\n`);
