/**
 * Whole files, written so that a reader or a crash sees the old content or the new, never a part.
 */
import { constants } from "node:fs";
import { type FileHandle, lstat, open, readdir, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { randomBytes, toBase64 } from "../crypto.ts";
import { AppError, EXIT } from "../errors.ts";

const TEMPORARY_SUFFIX = ".tmp";
const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

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
		["EFBIG", "it is too large"],
	]);
	return new AppError({
		code: action === "read" ? "FILE_UNREADABLE" : "FILE_UNWRITABLE",
		message: `Cannot ${action} ${path}: ${reasons.get(errno) ?? errno}.`,
		hint:
			action === "write"
				? "Nothing was changed. Mend the cause and run the command again."
				: "Check the path and its permissions.",
		exit: EXIT.failure,
		cause: error,
	});
}

/** What a file that is no vault may hold. */
const BYTES_MAX = 16 * 1024 * 1024;

async function requirePlain(handle: FileHandle, bytesMax: number): Promise<void> {
	const stat = await handle.stat();
	if (!stat.isFile()) throw Object.assign(new Error(), { code: stat.isDirectory() ? "EISDIR" : "EFTYPE" });
	if (stat.size > bytesMax) throw Object.assign(new Error(), { code: "EFBIG" });
}

/**
 * The file's content, or undefined where there is none. Follows no symbolic link at its end, waits on no pipe, and
 * swallows nothing that is larger than `bytesMax`.
 * @throws AppError `FILE_UNREADABLE` (exit 1)
 */
export async function readWhole(path: string, bytesMax = BYTES_MAX): Promise<Buffer | undefined> {
	let handle: FileHandle;
	try {
		handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw fileError("read", path, error);
	}
	try {
		await requirePlain(handle, bytesMax);
		return await handle.readFile();
	} catch (error) {
		throw fileError("read", path, error);
	} finally {
		await handle.close();
	}
}

/** Permission bits of a regular file, or undefined where there is none. Refuses links and folders. */
async function presentMode(path: string): Promise<number | undefined> {
	try {
		const stat = await lstat(path);
		if (stat.isSymbolicLink()) throw fileError("write", path, Object.assign(new Error(), { code: "ELOOP" }));
		if (!stat.isFile()) throw fileError("write", path, Object.assign(new Error(), { code: "EISDIR" }));
		return stat.mode & 0o777;
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw error;
	}
}

async function syncFolder(folder: string): Promise<void> {
	const handle = await open(folder, O_RDONLY);
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/**
 * Replaces a file: temporary file in the same folder, fsync, rename, fsync of the folder. The mode stays what the
 * file had, or is `mode` for a new one.
 * @param beforeRename runs when all is on disk but nothing changed yet; what it throws leaves the file as it was
 * @throws AppError `FILE_UNWRITABLE` (exit 1); the old content is then still there
 */
export async function replaceFile(
	path: string,
	content: string | Uint8Array,
	options: { mode: number; beforeRename?: () => Promise<void> },
): Promise<void> {
	const mode = (await presentMode(path)) ?? options.mode;
	const temporary = join(dirname(path), `.${basename(path)}.${toBase64(randomBytes(9))}${TEMPORARY_SUFFIX}`);
	try {
		const handle = await open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, mode);
		try {
			await handle.chmod(mode);
			await handle.writeFile(content);
			await handle.sync();
		} finally {
			await handle.close();
		}
		await options.beforeRename?.();
		await rename(temporary, path);
		await syncFolder(dirname(path));
	} catch (error) {
		await unlink(temporary).catch(() => undefined);
		throw error instanceof AppError ? error : fileError("write", path, error);
	}
}

/** Removes what a crashed `replaceFile` left beside a file. Call it under the file's lock. */
export async function removeLeftovers(path: string): Promise<void> {
	const prefix = `.${basename(path)}.`;
	for (const name of await readdir(dirname(path))) {
		if (name.startsWith(prefix) && name.endsWith(TEMPORARY_SUFFIX))
			await unlink(join(dirname(path), name)).catch(() => undefined);
	}
}
