/** The folder `coffer.requests` beside the vault: a file for each entry, which is written once and never changed. */
import { lstatSync } from "node:fs";
import { mkdir, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { fromUtf8 } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";
import { entryFile, parseEntry, printEntry, type RequestEntry } from "../../vault/requests/entry.ts";
import { fileError, readWhole, replaceFile } from "../files/atomic-file.ts";

export const REQUESTS_FOLDER = "coffer.requests";

/** The most files that are read, and the most bytes of one. An entry with the longest reason is smaller. */
const FILES_MAX = 1_000;
const FILE_BYTES_MAX = 32 * 1024;

const ENTRY_FILE = /^\w{1,128}(?:\.[0-9a-f]{16}){1,2}\.(?:request|decline)$/;

export interface Entries {
	readonly entries: readonly RequestEntry[];
	/** The number of files with the name of an entry that are none, or that are too many. */
	readonly unread: number;
}

/** Whether the project has the folder. It must be a folder itself: a link could lead out of the project. */
function hasFolder(root: string): boolean {
	const stat = lstatSync(join(root, REQUESTS_FOLDER), { throwIfNoEntry: false });
	if (stat === undefined || stat.isDirectory()) return stat !== undefined;
	throw new AppError({
		code: "REQUESTS_FOLDER_INVALID",
		message: `${REQUESTS_FOLDER} is not a folder.`,
		hint: "Remove it, or restore it from git.",
		exit: EXIT.failure,
	});
}

async function readEntry(root: string, file: string): Promise<RequestEntry | undefined> {
	const bytes = await readWhole(join(root, REQUESTS_FOLDER, file), FILE_BYTES_MAX).catch((error: unknown) => {
		if (!(error instanceof AppError)) throw error;
		return undefined;
	});
	const entry = bytes && parseEntry(fromUtf8(bytes) ?? "");
	return entry && entryFile(entry) === file ? entry : undefined;
}

/** Reads all entries. @throws AppError `REQUESTS_FOLDER_INVALID`, `FILE_UNREADABLE` (exit 1) */
export async function readEntries(root: string): Promise<Entries> {
	if (!hasFolder(root)) return { entries: [], unread: 0 };
	const folder = join(root, REQUESTS_FOLDER);
	const all = await readdir(folder).catch((error: unknown) => {
		throw fileError("read", folder, error);
	});
	const files = all.filter((file) => ENTRY_FILE.test(file)).sort();
	const entries: RequestEntry[] = [];
	for (const file of files.slice(0, FILES_MAX)) {
		const entry = await readEntry(root, file);
		if (entry) entries.push(entry);
	}
	return { entries, unread: files.length - entries.length };
}

/**
 * Writes a new entry.
 * @returns the path of its file, relative to the root
 * @throws AppError `REQUESTS_TOO_MANY` (exit 2), `REQUESTS_FOLDER_INVALID`, `FILE_UNWRITABLE` (exit 1)
 */
export async function writeEntry(root: string, entry: RequestEntry): Promise<string> {
	const folder = join(root, REQUESTS_FOLDER);
	if (!hasFolder(root))
		await mkdir(folder, { recursive: true }).catch((error: unknown) => {
			throw fileError("write", folder, error);
		});
	const { entries, unread } = await readEntries(root);
	if (entries.length + unread >= FILES_MAX) {
		throw new AppError({
			code: "REQUESTS_TOO_MANY",
			message: `${REQUESTS_FOLDER} has ${FILES_MAX} files already, which is the limit.`,
			hint: "Fill or decline requests, or remove files of requests that nobody needs any more.",
			exit: EXIT.usage,
		});
	}
	const file = entryFile(entry);
	await replaceFile(join(folder, file), printEntry(entry), { mode: 0o644 });
	return `${REQUESTS_FOLDER}/${file}`;
}

/**
 * Removes entries. Another command may have removed them already. The folder stays: another command may be about to
 * write into it, and git does not keep an empty one.
 */
export async function removeEntries(root: string, entries: readonly RequestEntry[]): Promise<void> {
	const folder = join(root, REQUESTS_FOLDER);
	for (const entry of entries) {
		const path = join(folder, entryFile(entry));
		await unlink(path).catch((error: NodeJS.ErrnoException) => {
			if (error.code !== "ENOENT") throw fileError("write", path, error);
		});
	}
}
