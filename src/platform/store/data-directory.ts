/**
 * The directory in which one platform keeps all its data. It is private to the platform's user, and one
 * process uses it at a time.
 */
import { chmod, mkdir, open, readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import Database from "libsql";
import { AppError, EXIT } from "../../errors.ts";
import { syncDirectory } from "./durable.ts";

/** The database of the log. A data directory is recognised by this file. */
export const DATABASE_FILE = "store.db";
/** The file that the process that uses the data directory locks. */
export const LOCK_FILE = "lock";
const PRIVATE_FILES = [DATABASE_FILE, `${DATABASE_FILE}-wal`, `${DATABASE_FILE}-shm`, LOCK_FILE];
const OTHERS_MODE = 0o077;

export interface DataDirectory {
	/** Absolute. */
	readonly path: string;
	/** Lets another process use the directory. */
	release(): void;
}

function unusable(path: string, cause: unknown): AppError {
	const { code, message } = cause as NodeJS.ErrnoException;
	return new AppError({
		code: "DATA_DIR_UNUSABLE",
		message: `The data directory ${path} cannot be used (${code || message}).`,
		hint: "Give a directory that this user may create and write to.",
		exit: EXIT.failure,
		cause,
	});
}

/**
 * Removes the rights of other users from a directory that belongs to a platform or is empty. Other
 * directories are not changed.
 */
async function makePrivate(path: string): Promise<void> {
	const created = await mkdir(path, { recursive: true, mode: 0o700 });
	if (created !== undefined) {
		await syncDirectory(resolve(created, ".."));
		return;
	}
	if (process.platform === "win32") return;
	const names = await readdir(path);
	const ours = names.includes(DATABASE_FILE) || names.every((name) => name === "lost+found");
	if (((await stat(path)).mode & OTHERS_MODE) !== 0) {
		if (!ours) {
			throw new AppError({
				code: "DATA_DIR_EXPOSED",
				message: `The data directory ${path} contains files of other programs and is open to other users.`,
				hint: `Give the platform a separate directory, or make this one private with "chmod 700".`,
				exit: EXIT.failure,
			});
		}
		await chmod(path, 0o700);
	}
	for (const name of names.filter((name) => PRIVATE_FILES.includes(name))) {
		// SQLite removes its write-ahead log with the last connection, and a platform that has just stopped may
		// still be closing.
		await chmod(join(path, name), 0o600).catch((error: NodeJS.ErrnoException) => {
			if (error.code !== "ENOENT") throw error;
		});
	}
}

/**
 * Acquires the lock: an exclusive transaction on an empty database. The operating system releases it when the process
 * ends for any reason. While the process has the lock, it must not open and close the file in any other way: POSIX
 * releases all locks of a process on a file when the process closes any descriptor of that file.
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
			hint: "Stop that platform first, or use another data directory.",
			exit: EXIT.failure,
			cause: error,
		});
	}
	return database;
}

/** Creates a file that only its owner can read. Does not open a file that exists. */
async function createPrivateFile(path: string): Promise<void> {
	try {
		await (await open(path, "wx", 0o600)).close();
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
	}
}

/**
 * Prepares the directory (mode 0700, its files 0600) and claims it for this process.
 * @throws AppError `DATA_DIR_IN_USE`, `DATA_DIR_EXPOSED` or `DATA_DIR_UNUSABLE` (exit 1)
 */
export async function claimDataDirectory(directory: string): Promise<DataDirectory> {
	const path = resolve(directory);
	try {
		await makePrivate(path);
		await createPrivateFile(join(path, LOCK_FILE));
		const database = lock(path);
		return {
			path,
			release() {
				if (!database.open) return;
				database.exec("ROLLBACK");
				database.close();
			},
		};
	} catch (error) {
		throw error instanceof AppError ? error : unusable(path, error);
	}
}
