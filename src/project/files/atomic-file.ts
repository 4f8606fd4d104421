/**
 * Whole files, written so that a reader or a crash sees the old content or the new, never a part.
 */
import { type BigIntStats, constants, lstatSync } from "node:fs";
import { type FileHandle, open, readdir, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readBounded } from "../../bounded-file.ts";
import { utf8 } from "../../bytes.ts";
import { randomBytes, toBase64 } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";

const TEMPORARY_SUFFIX = ".tmp";
const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW, O_RDONLY } = constants;

function errnoOf(error: unknown): string {
	return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "UNKNOWN";
}

/** What an error of the file system means to the user. */
export function fileError(action: "read" | "write", path: string, error: unknown): AppError {
	const errno = errnoOf(error);
	const reasons = new Map([
		["ENOSPC", "the disk is full"],
		["EDQUOT", "the disk quota is used up"],
		["EROFS", "the file system is read-only"],
		["EACCES", "permission is denied"],
		["EPERM", "permission is denied"],
		["EIO", "the disk reported an error"],
		["ELOOP", "it is a symbolic link"],
		["EISDIR", "it is a folder"],
		["EFTYPE", "it is not a plain file"],
	]);
	return new AppError({
		code: action === "read" ? "FILE_UNREADABLE" : "FILE_UNWRITABLE",
		message: `Cannot ${action} ${path}: ${reasons.get(errno) ?? errno}.`,
		hint:
			action === "write"
				? "The file is as it was. Mend the cause and run the command again."
				: "Check the path and its permissions.",
		exit: EXIT.failure,
		cause: error,
	});
}

/** What tells whether a file was replaced or written in place: a new file has another inode or another time. */
export type FileStamp = Pick<BigIntStats, "ino" | "mtimeNs" | "size">;

/** The stamp of the file at a path; undefined where there is none. */
export function stampOf(path: string): FileStamp | undefined {
	return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

/** Whether a file has not changed between two stamps. Two missing files are the same. */
export function isSameStamp(a: FileStamp | undefined, b: FileStamp | undefined): boolean {
	return a?.ino === b?.ino && a?.mtimeNs === b?.mtimeNs && a?.size === b?.size;
}

/**
 * The file's content, or undefined where there is none. Follows no symbolic link at its end, waits on no pipe, and
 * swallows nothing that is larger than `bytesMax`.
 * @throws AppError `FILE_UNREADABLE`, `FILE_TOO_LARGE` (exit 1)
 */
export async function readWhole(path: string, bytesMax: number): Promise<Buffer | undefined> {
	try {
		return await readBounded(path, bytesMax);
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw error instanceof AppError ? error : fileError("read", path, error);
	}
}

/** Permission bits of a regular file, or undefined where there is none. Refuses links, folders and all other kinds. */
function presentMode(path: string): number | undefined {
	const stat = lstatSync(path, { throwIfNoEntry: false });
	if (stat === undefined) return undefined;
	if (stat.isFile()) return stat.mode & 0o777;
	const code = stat.isSymbolicLink() ? "ELOOP" : stat.isDirectory() ? "EISDIR" : "EFTYPE";
	throw Object.assign(new Error(), { code });
}

async function syncFolder(folder: string): Promise<void> {
	const handle = await open(folder, O_RDONLY);
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/** Writes all of it, each piece at its place: a system may take less at once than it is given. */
async function writeAll(handle: FileHandle, content: string | Uint8Array): Promise<void> {
	const bytes = typeof content === "string" ? utf8(content) : content;
	for (let at = 0; at < bytes.length; )
		at += (await handle.write(bytes, at, bytes.length - at, at)).bytesWritten;
}

/** The file is the new one, but may be the old one again after a power cut. */
function unsynced(path: string, cause: unknown): AppError {
	return new AppError({
		code: "FILE_UNSYNCED",
		message: `${path} is written, but the disk did not confirm it (${errnoOf(cause)}).`,
		hint: "It holds the new content now. Mend the cause and see that it still does.",
		exit: EXIT.failure,
		cause,
	});
}

/**
 * Replaces a file: temporary file in the same folder, fsync, rename, fsync of the folder. The mode stays what the
 * file had, or is `mode` for a new one.
 * @param beforeRename runs when all is on disk but nothing changed yet; what it throws leaves the file as it was
 * @param meanwhile called while the disk is waited for
 * @returns the stamp of the new file
 * @throws AppError `FILE_UNWRITABLE` (exit 1), the old content is then still there; `FILE_UNSYNCED` (exit 1), the new
 *   one is, but the disk did not say that it will stay
 */
export async function replaceFile(
	path: string,
	content: string | Uint8Array,
	options: {
		readonly mode: number;
		readonly beforeRename?: () => Promise<void>;
		readonly meanwhile?: (() => void) | undefined;
	},
): Promise<FileStamp> {
	let stamp: FileStamp;
	const temporary = join(dirname(path), `.${basename(path)}.${toBase64(randomBytes(9))}${TEMPORARY_SUFFIX}`);
	try {
		const mode = presentMode(path) ?? options.mode;
		const handle = await open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, mode);
		try {
			await handle.chmod(mode);
			await writeAll(handle, content);
			const synced = handle.sync();
			options.meanwhile?.();
			await synced;
			// Of the file itself: what another program may rename to this path a moment later has its own.
			stamp = await handle.stat({ bigint: true });
		} finally {
			await handle.close();
		}
		await options.beforeRename?.();
		await rename(temporary, path);
	} catch (error) {
		await unlink(temporary).catch(() => undefined);
		throw error instanceof AppError ? error : fileError("write", path, error);
	}
	await syncFolder(dirname(path)).catch((error: unknown) => {
		// Some file systems over a network know no such thing.
		if (!["EINVAL", "ENOTSUP"].includes(errnoOf(error))) throw unsynced(path, error);
	});
	return stamp;
}

/** Removes what a crashed `replaceFile` left beside a file, as far as it can. Call it under the file's lock. */
export async function removeLeftovers(path: string): Promise<void> {
	const prefix = `.${basename(path)}.`;
	// Where the folder cannot be listed, what follows fails by itself, or does without.
	for (const name of await readdir(dirname(path)).catch(() => [])) {
		if (name.startsWith(prefix) && name.endsWith(TEMPORARY_SUFFIX))
			await unlink(join(dirname(path), name)).catch(() => undefined);
	}
}
