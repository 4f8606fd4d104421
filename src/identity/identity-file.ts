/** Files that contain an identity in clear text. A file with weaker permissions than an SSH key needs is rejected. */
import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, realpath, rename, rm, unlink } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { cryptoReady } from "../crypto.ts";
import { AppError, EXIT } from "../errors.ts";
import { printable } from "../printable.ts";
import { formatIdentity, type Identity, parseIdentity } from "./identity.ts";
import { errnoOf, syncFolder, writeNewFile } from "./new-file.ts";

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

const OTHERS = 0o077;
const WORLD_WRITABLE = 0o002;
const STICKY = 0o1000;
/** Much more than an identity needs. */
const FILE_BYTES_MAX = 4096;

/**
 * Reads an identity from a regular file that the current user owns and no other user may read or write. A symbolic link
 * is followed if no other user can replace it.
 * @throws AppError (exit 3) `IDENTITY_FILE_NOT_FOUND`, `IDENTITY_FILE_UNREADABLE`, `IDENTITY_FILE_TYPE`,
 *   `IDENTITY_FILE_OWNER`, `IDENTITY_FILE_MODE`, `IDENTITY_FILE_DIRECTORY`, `IDENTITY_MALFORMED`
 */
export async function readIdentityFile(path: string): Promise<Identity> {
	await checkPlace(path);
	let handle: FileHandle | undefined;
	try {
		// The open file itself is checked, so it cannot be exchanged after the check. Opened without blocking: a
		// named pipe would wait for its other end.
		handle = await open(await realpath(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
		checkFile(path, await handle.stat());
		const { bytesRead, buffer } = await handle.read(Buffer.alloc(FILE_BYTES_MAX));
		const text = buffer.toString("utf8", 0, bytesRead);
		buffer.fill(0);
		await cryptoReady;
		return parseIdentity(text, printable(path, 200));
	} catch (error) {
		throw error instanceof AppError ? error : readError(path, error);
	} finally {
		await handle?.close();
	}
}

/**
 * Writes an identity to a new file of mode 0600, synced to disk.
 * @throws AppError `IDENTITY_FILE_EXISTS` (exit 5) if anything exists at that path, also a dangling link;
 *   `IDENTITY_FILE_UNWRITABLE` (exit 1)
 */
export async function writeIdentityFile(path: string, identity: Identity): Promise<void> {
	await writeNewFile(path, `${formatIdentity(identity)}\n`).catch((error: unknown) => {
		throw writeError(path, error);
	});
}

/**
 * Writes an identity to a path where a file may exist. A reader sees the old or the new identity, complete,
 * also after a crash. Only one process at a time may do this for a path.
 * @throws AppError `IDENTITY_FILE_UNWRITABLE` (exit 1); the old file is unchanged then
 */
export async function replaceIdentityFile(path: string, identity: Identity): Promise<void> {
	const next = `${path}.next`;
	try {
		// A process that crashed before the rename left this file. Nothing uses that identity.
		await rm(next, { force: true });
		await writeNewFile(next, `${formatIdentity(identity)}\n`);
		await rename(next, path);
		await syncFolder(dirname(path));
	} catch (error) {
		await rm(next, { force: true }).catch(() => undefined);
		throw writeError(path, error);
	}
}

/** Deletes an identity's file, and syncs the folder. @throws AppError `IDENTITY_FILE_UNWRITABLE` (exit 1) */
export async function deleteIdentityFile(path: string): Promise<void> {
	try {
		await unlink(path);
		await syncFolder(dirname(path));
	} catch (error) {
		throw writeError(path, error);
	}
}

/** Checks that no other user can put another file in its place. */
async function checkPlace(path: string): Promise<void> {
	if (process.getuid === undefined) return;
	try {
		const entry = await lstat(path);
		if (entry.isSymbolicLink() && entry.uid !== process.getuid() && entry.uid !== 0) {
			throw refused(
				path,
				"IDENTITY_FILE_OWNER",
				"is a symbolic link of another user",
				"Name the file itself.",
			);
		}
		for (const folder of new Set([dirname(resolve(path)), dirname(await realpath(path))])) {
			const { mode } = await lstat(await realpath(folder));
			if ((mode & WORLD_WRITABLE) !== 0 && (mode & STICKY) === 0) {
				const hint = `Run: chmod o-w ${printable(folder, 200)}`;
				throw refused(path, "IDENTITY_FILE_DIRECTORY", "is in a folder that every user may write to", hint);
			}
		}
	} catch (error) {
		throw error instanceof AppError ? error : readError(path, error);
	}
}

function checkFile(path: string, stats: Stats): void {
	const shown = printable(path, 200);
	if (!stats.isFile()) {
		throw refused(
			path,
			"IDENTITY_FILE_TYPE",
			"is not a regular file",
			"Name a file that contains the identity.",
		);
	}
	if (process.getuid === undefined) return;
	if (stats.uid !== process.getuid()) {
		throw refused(path, "IDENTITY_FILE_OWNER", "belongs to another user", `Run: chown "$(id -u)" ${shown}`);
	}
	if ((stats.mode & OTHERS) !== 0) {
		const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
		throw refused(
			path,
			"IDENTITY_FILE_MODE",
			`can be used by others (mode ${mode})`,
			`Run: chmod 600 ${shown}`,
		);
	}
	if (stats.size > FILE_BYTES_MAX) {
		throw refused(
			path,
			"IDENTITY_MALFORMED",
			"is too large to be an identity",
			"Name a file that contains the identity.",
		);
	}
}

function refused(path: string, code: string, what: string, hint: string, cause?: unknown): AppError {
	const message = `The identity file ${printable(path, 200)} ${what}.`;
	return new AppError({ code, message, hint, exit: EXIT.unauthorised, cause });
}

function readError(path: string, error: unknown): AppError {
	const errno = errnoOf(error);
	if (errno === "ENOENT" || errno === "ENOTDIR") {
		return refused(path, "IDENTITY_FILE_NOT_FOUND", "does not exist", "Check the path.", error);
	}
	const hint = "Check the path and its permissions.";
	return refused(path, "IDENTITY_FILE_UNREADABLE", `cannot be read (${errno})`, hint, error);
}

function writeError(path: string, error: unknown): AppError {
	const exists = errnoOf(error) === "EEXIST";
	return new AppError({
		code: exists ? "IDENTITY_FILE_EXISTS" : "IDENTITY_FILE_UNWRITABLE",
		message: exists
			? `There is already something at ${printable(path, 200)}.`
			: `The identity file ${printable(path, 200)} cannot be written (${errnoOf(error)}).`,
		hint: exists ? "Name a file that does not exist yet." : "Check that the folder exists and is writable.",
		exit: exists ? EXIT.conflict : EXIT.failure,
		cause: error,
	});
}
