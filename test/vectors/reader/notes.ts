/** The second reader: notes, by docs/format.md, section 15. */
import { bytesOf, decrypt, fields, type Person, unpadded, verifies } from "../primitives.ts";
import { readChain, readVaultChain } from "./chains.ts";
import { openKeys } from "./read.ts";
import { epochNumber, readText } from "./syntax.ts";

export interface ReadNote {
	readonly name: string;
	readonly environment: string;
	readonly version: number;
	readonly text: string;
}

const WORDS = "coffer-note name environment version at epoch author sealed signature".split(" ");

/** The rests of the nine lines; undefined if the text is anything else. */
function restsOf(text: string): string[] | undefined {
	const lines = text.replace(/\r\n/g, "\n").split("\n");
	const id = (lines[0] ?? "").slice(0, 16);
	if (!/^[0-9a-f]{16}$/.test(id) || lines.length !== 10 || lines[9] !== "") return undefined;
	const begins = WORDS.map((word) => `${id} ${word} `);
	if (begins.some((begin, at) => !lines[at]?.startsWith(begin))) return undefined;
	return [id, ...begins.map((begin, at) => (lines[at] ?? "").slice(begin.length))];
}

function isText(text: string): boolean {
	if (text === "" || text.trim() !== text || Array.from(text).length > 2_000) return false;
	return Array.from(text).every(
		(character) =>
			character === " " ||
			character === "\n" ||
			!/[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u.test(character),
	);
}

/** Reads a note's file beside a vault. @returns undefined if it does not count, or if the reader is no member */
export function readNote(text: string, vault: Uint8Array, who: Person): ReadNote | undefined {
	const [id, form, name, environment, version, at, epochId, author, sealed, signature] = restsOf(text) ?? [];
	if (form !== "1" || !/^[A-Za-z0-9_]{1,128}$/.test(name ?? "")) return undefined;
	if (!/^[1-9][0-9]{0,8}$/.test(version ?? "") || epochNumber(epochId) === undefined) return undefined;
	if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(at ?? "") || !(Date.parse(at ?? "") >= 0))
		return undefined;
	const vaultText = readText(vault);
	const section = vaultText.sections.find((one) => one.name === environment);
	if (!section) return undefined;
	const membership = readChain(section, vaultText.id, readVaultChain(vaultText).get(section.name));
	const epoch = membership.epochs.find((one) => one.id === epochId);
	if (!epoch?.writers.has(author ?? "")) return undefined;
	const context = [vaultText.id, id ?? "", name ?? "", section.name, version ?? ""];
	const signed = fields("coffer/note-file/1", ...context, at ?? "", epoch.id, author ?? "", sealed ?? "");
	const [code, key] = [bytesOf(signature, 64), bytesOf(author, 32)];
	if (!code || !key || !verifies(code, signed, key)) return undefined;
	const keyOf = openKeys({ vaultId: vaultText.id, environment: section.name, membership }, who);
	const raw = bytesOf(sealed, Math.floor(((sealed ?? "").length * 3) / 4));
	const associated = fields("coffer/note/1", ...context, epoch.id, author ?? "");
	const opened = keyOf && raw && decrypt(raw, associated, keyOf(epoch.id));
	const content = opened && unpadded(opened);
	const note = content && Buffer.from(content).toString("utf8");
	if (note === undefined || !Buffer.from(note).equals(Buffer.from(content as Uint8Array)) || !isText(note))
		return undefined;
	return { name: name ?? "", environment: section.name, version: Number(version), text: note };
}
