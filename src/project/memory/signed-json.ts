/**
 * Small JSON files that only the holder of a key can write: one line with a MAC (keyed BLAKE2b over the file's
 * name and its JSON), and one line of JSON.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FILE_BYTES } from "../../bounded-file.ts";
import { equalBytes, fromUtf8, lengthPrefixed, utf8 } from "../../bytes.ts";
import { fromBase64, hash, toBase64 } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { readWhole, replaceFile } from "../files/atomic-file.ts";

const FORMAT = 1;
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Identifies such a file. The MAC covers its name, so that one file cannot replace another. */
export interface SignedFile {
	readonly folder: string;
	/** Path relative to the folder. */
	readonly name: string;
}

function macOf({ name }: SignedFile, key: Uint8Array, json: string): Uint8Array {
	return hash(lengthPrefixed("coffer/state/1", name, json), key);
}

function damaged(path: string): AppError {
	return new AppError({
		code: "STATE_DAMAGED",
		message: `The local state ${path} was altered or damaged, so it cannot be trusted.`,
		hint: `Compare coffer.vault with a teammate's or with git. Then delete that file, to begin with fresh marks: rm '${path}'`,
		exit: EXIT.integrity,
	});
}

/**
 * Reads a file that `writeSignedJson` wrote.
 * @returns the value, in the shape that was written; undefined if there is no file
 * @throws AppError `STATE_DAMAGED` (exit 7), `FILE_UNREADABLE`, `FILE_TOO_LARGE` (exit 1)
 */
export async function readSignedJson(file: SignedFile, key: Uint8Array): Promise<object | undefined> {
	const path = join(file.folder, file.name);
	const bytes = await readWhole(path, FILE_BYTES.state);
	if (bytes === undefined) return undefined;
	const text = fromUtf8(bytes);
	const at = text?.indexOf("\n") ?? -1;
	if (text === undefined || at < 0 || !text.endsWith("\n")) throw damaged(path);
	const json = text.slice(at + 1, -1);
	const mac = fromBase64(text.slice(0, at));
	if (!mac || !equalBytes(mac, macOf(file, key, json))) throw damaged(path);
	const value: unknown = JSON.parse(json);
	if (typeof value !== "object" || value === null || !("format" in value) || value.format !== FORMAT)
		throw damaged(path);
	return value;
}

/**
 * Creates a folder for local state, and its parents, with mode 0700. @throws AppError `FILE_UNWRITABLE` (exit
 * 1)
 */
export async function makeStateFolder(folder: string): Promise<void> {
	await mkdir(folder, { recursive: true, mode: FOLDER_MODE }).catch((cause: unknown) => {
		throw new AppError({
			code: "FILE_UNWRITABLE",
			message: `Cannot make the folder ${folder}.`,
			hint: "Make it writable, or set XDG_STATE_HOME to a folder that is.",
			exit: EXIT.failure,
			cause,
		});
	});
}

/**
 * Writes a file atomically, with mode 0600 (folders 0700). Writes nothing if the content is unchanged. @throws
 * AppError `FILE_UNWRITABLE` (exit 1)
 */
export async function writeSignedJson(file: SignedFile, key: Uint8Array, value: object): Promise<void> {
	const path = join(file.folder, file.name);
	await makeStateFolder(dirname(path));
	const json = JSON.stringify({ format: FORMAT, ...value });
	const text = `${toBase64(macOf(file, key, json))}\n${json}\n`;
	const present = await readWhole(path, FILE_BYTES.state).catch(() => undefined);
	if (present?.equals(utf8(text))) return;
	await replaceFile(path, text, { mode: FILE_MODE });
}
