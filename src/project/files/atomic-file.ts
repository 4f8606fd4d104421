/** Reads and replaces whole files. After a crash, a file has its old content or its new content, never a part. */
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

/** The error for an operating system's error, in words for the user. */
export function fileError(action: "read" | "write", path: string, error: unknown): AppError {
	const errno = errnoOf(error);
	const reasons = new Map([
		["ENOSPC", "the disk is full"],
		["EDQUOT", "the disk quota is exceeded"],
		["EROFS", "the file system is read-only"],
		["EACCES", "permission is denied"],
		["EPERM", "permission is denied"],
		["EIO", "the disk reported an error"],
		["ELOOP", "it is a symbolic link"],
		["EISDIR", "it is a folder"],
		["EFTYPE", "it is not a regular file"],
	]);
	return new AppError({
		code: action === "read" ? "FILE_UNREADABLE" : "FILE_UNWRITABLE",
		message: `Cannot ${action} ${path}: ${reasons.get(errno) ?? errno}.`,
		hint:
			action === "write"
				? "The file is unchanged. Fix the cause and run the command again."
				: "Check the path and its permissions.",
		exit: EXIT.failure,
		cause: error,
	});
}

/**
 * Identifies one state of a file. A replaced file has another inode, and a file that is written in place has
 * another time.
 */
export type FileStamp = Pick<BigIntStats, "ino" | "mtimeNs" | "size">;

/** The stamp of the file at a path; undefined if the file does not exist. */
export function stampOf(path: string): FileStamp | undefined {
	return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

/** Whether a file is unchanged between two stamps. Two missing files count as unchanged. */
export function isSameStamp(a: FileStamp | undefined, b: FileStamp | undefined): boolean {
	return a?.ino === b?.ino && a?.mtimeNs === b?.mtimeNs && a?.size === b?.size;
}

/**
 * Reads a file. Does not follow a symbolic link at the end of the path, and does not wait on a pipe.
 * @param bytesMax the largest file that is read
 * @returns the content; undefined if the file does not exist
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

/**
 * The permission bits of a regular file; undefined if there is none. Throws for links, folders and all other
 * kinds.
 */
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

/** Writes all bytes. One call may write fewer bytes than requested. */
async function writeAll(handle: FileHandle, content: string | Uint8Array): Promise<void> {
	const bytes = typeof content === "string" ? utf8(content) : content;
	for (let at = 0; at < bytes.length; )
		at += (await handle.write(bytes, at, bytes.length - at, at)).bytesWritten;
}

/** The error for a file that was replaced, but that may have the old content again after a power cut. */
function unsynced(path: string, cause: unknown): AppError {
	return new AppError({
		code: "FILE_UNSYNCED",
		message: `${path} is written, but the disk did not confirm it (${errnoOf(cause)}).`,
		hint: "It has the new content now. Fix the cause, then check that it still has it.",
		exit: EXIT.failure,
		cause,
	});
}

/**
 * Replaces a file: writes a temporary file in the same folder, syncs it, renames it, and syncs the folder. An
 * existing file keeps its mode.
 * @param options.mode the mode of a file that does not exist yet
 * @param options.beforeRename runs when the new content is on disk and the old file is still in place. If it
 *   throws, the old file stays
 * @param options.meanwhile called while the disk writes
 * @returns the stamp of the new file
 * @throws AppError `FILE_UNWRITABLE` (exit 1): the old file is still there. `FILE_UNSYNCED` (exit 1): the new
 *   file is there, but the disk did not confirm it
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
			// The stamp is taken from the open file: another program may replace the path right after the rename.
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
		// Some network file systems cannot sync a folder.
		if (!["EINVAL", "ENOTSUP"].includes(errnoOf(error))) throw unsynced(path, error);
	});
	return stamp;
}

/**
 * Removes the temporary files that a crashed `replaceFile` left beside a file. Errors are ignored. If other commands
 * write the file, the caller holds its lock.
 */
export async function removeLeftovers(path: string): Promise<void> {
	const prefix = `.${basename(path)}.`;
	// If the folder cannot be listed, the write that follows fails and reports the cause.
	for (const name of await readdir(dirname(path)).catch(() => [])) {
		if (name.startsWith(prefix) && name.endsWith(TEMPORARY_SUFFIX))
			await unlink(join(dirname(path), name)).catch(() => undefined);
	}
}
