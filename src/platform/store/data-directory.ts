/**
 * The directory in which one platform keeps all its data. It is private to the platform's user, and one
 * process uses it at a time.
 */
import { join, resolve } from "node:path";
import Database from "libsql";
import { AppError } from "../../errors.ts";
import {
	createPrivateFile,
	type DataDirectory,
	directoryInUse,
	directoryUnusable,
	LOCK_FILE,
	makePrivate,
} from "./private-directory.ts";

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
		throw directoryInUse(path, error);
	}
	return database;
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
		throw error instanceof AppError ? error : directoryUnusable(path, error);
	}
}
