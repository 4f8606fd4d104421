/**
 * JSON files that only the holder of a key can write: one line with a MAC over the file's name and its JSON, and one
 * line of JSON.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FILE_BYTES } from "../../bounded-file.ts";
import { concat, equalBytes, fromUtf8, lengthPrefix, lengthPrefixed, utf8 } from "../../bytes.ts";
import { fromBase64, hash, macLarge, toBase64 } from "../../crypto.ts";
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

/** The prefix of an HMAC. Coffer 0.1.0 wrote BLAKE2b MACs, without a prefix. */
const HMAC_PREFIX = "hmac-sha256.";
const NEWLINE = 0x0a;

/** `fields("coffer/state/1", name, json)` without the bytes of the last field. */
function fieldsBefore(name: string, json: Uint8Array): Uint8Array {
	return concat(lengthPrefixed("coffer/state/1", name), lengthPrefix(json.length));
}

function macOf({ name }: SignedFile, key: Uint8Array, json: Uint8Array): Uint8Array {
	return macLarge([fieldsBefore(name, json), json], key);
}

/** Whether the first line of a file is the MAC of its JSON. */
function isMacOf(line: string, file: SignedFile, key: Uint8Array, json: Uint8Array): boolean {
	const isHmac = line.startsWith(HMAC_PREFIX);
	const mac = fromBase64(isHmac ? line.slice(HMAC_PREFIX.length) : line);
	if (mac === undefined) return false;
	if (isHmac) return equalBytes(mac, macOf(file, key, json));
	return equalBytes(mac, hash(concat(fieldsBefore(file.name, json), json), key));
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
	const lineEnd = bytes.indexOf(NEWLINE);
	const line = lineEnd < 0 ? undefined : fromUtf8(bytes.subarray(0, lineEnd));
	const json = bytes.subarray(lineEnd + 1, -1);
	const isWhole = line !== undefined && bytes.at(-1) === NEWLINE && isMacOf(line, file, key, json);
	const text = isWhole ? fromUtf8(json) : undefined;
	if (text === undefined) throw damaged(path);
	const value: unknown = JSON.parse(text);
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
	const json = utf8(JSON.stringify({ format: FORMAT, ...value }));
	const content = concat(utf8(`${HMAC_PREFIX}${toBase64(macOf(file, key, json))}\n`), json, utf8("\n"));
	const present = await readWhole(path, FILE_BYTES.state).catch(() => undefined);
	if (present?.equals(content)) return;
	await replaceFile(path, content, { mode: FILE_MODE });
}
