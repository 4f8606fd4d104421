/**
 * The directory that one platform keeps everything in: private to its user, and used by one process.
 */
import { chmod, mkdir, open, readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import Database from "libsql";
import { AppError, EXIT } from "../../errors.ts";
import { syncDirectory } from "./durable.ts";

/** The database of the log; the file by which a data directory is known. */
export const DATABASE_FILE = "store.db";
/** Held by the process that uses a data directory. */
export const LOCK_FILE = "lock";
const PRIVATE_FILES = [DATABASE_FILE, `${DATABASE_FILE}-wal`, `${DATABASE_FILE}-shm`, LOCK_FILE];
const OPEN_TO_OTHERS = 0o077;

export interface DataDirectory {
	/** Absolute. */
	readonly path: string;
	/** Lets another process have the directory. */
	release(): void;
}

function unusable(path: string, cause: unknown): AppError {
	const { code, message } = cause as NodeJS.ErrnoException;
	return new AppError({
		code: "DATA_DIR_UNUSABLE",
		message: `The data directory ${path} cannot be used (${code || message}).`,
		hint: "Name a directory that this user may create and write to.",
		exit: EXIT.failure,
		cause,
	});
}

/** Takes away what others may do, in a directory that is ours or empty; anybody else's is not touched. */
async function makePrivate(path: string): Promise<void> {
	const created = await mkdir(path, { recursive: true, mode: 0o700 });
	if (created !== undefined) {
		await syncDirectory(resolve(created, ".."));
		return;
	}
	if (process.platform === "win32") return;
	const names = await readdir(path);
	const ours = names.includes(DATABASE_FILE) || names.every((name) => name === "lost+found");
	if (((await stat(path)).mode & OPEN_TO_OTHERS) !== 0) {
		if (!ours) {
			throw new AppError({
				code: "DATA_DIR_EXPOSED",
				message: `The data directory ${path} holds other files and is open to other users.`,
				hint: `Name a directory of its own, or close this one with "chmod 700".`,
				exit: EXIT.failure,
			});
		}
		await chmod(path, 0o700);
	}
	for (const name of names.filter((name) => PRIVATE_FILES.includes(name))) {
		// SQLite takes its log away with the last connection, which a platform that has just stopped may still be closing.
		await chmod(join(path, name), 0o600).catch((error: NodeJS.ErrnoException) => {
			if (error.code !== "ENOENT") throw error;
		});
	}
}

/**
 * An exclusive transaction on an empty database: a lock of the operating system, which it takes back
 * when the process ends, however it ends. The file must never be opened and closed in any other way
 * while it is held: POSIX drops a process's locks on a file with the first descriptor that it closes.
 */
function lock(path: string): Database.Database {
	const database = new Database(join(path, LOCK_FILE), { timeout: 0 });
	try {
		database.exec("BEGIN EXCLUSIVE");
	} catch (error) {
		database.close();
		if ((error as { code?: string }).code !== "SQLITE_BUSY") throw error;
		throw new AppError({
			code: "DATA_DIR_IN_USE",
			message: `The data directory ${path} is in use by another platform.`,
			hint: "Stop that platform first, or name another data directory.",
			exit: EXIT.failure,
			cause: error,
		});
	}
	return database;
}

/** Creates a file that only its owner can read, if it is not there; never opens one that is. */
async function createPrivateFile(path: string): Promise<void> {
	try {
		await (await open(path, "wx", 0o600)).close();
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
	}
}

/**
 * Makes the directory ready (0700, its files 0600) and claims it for this process.
 * @throws AppError `DATA_DIR_IN_USE`, `DATA_DIR_EXPOSED` or `DATA_DIR_UNUSABLE` (exit 1)
 */
export async function claimDataDirectory(directory: string): Promise<DataDirectory> {
	const path = resolve(directory);
	try {
		await makePrivate(path);
		await createPrivateFile(join(path, LOCK_FILE));
		const held = lock(path);
		return {
			path,
			release() {
				if (!held.open) return;
				held.exec("ROLLBACK");
				held.close();
			},
		};
	} catch (error) {
		throw error instanceof AppError ? error : unusable(path, error);
	}
}
