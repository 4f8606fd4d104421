/** The directory of one platform: private to the platform's user, and used by one process at a time. */
import { existsSync } from "node:fs";
import { chmod, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { syncDirectory } from "./durable.ts";

/** The database of the log. */
export const DATABASE_FILE = "store.db";
/** The name of a platform whose store is not in its data directory. */
export const NODE_FILE = "node";
/** The file of a node that says whose store it has used (`sealed/origin.ts`). */
export const ORIGIN_FILE = "origin";
/** Exists while a restore or a migration fills the directory. */
const FILLING_FILE = "filling";
/** A data directory is recognised by one of these files. */
const OWN_FILES = [DATABASE_FILE, NODE_FILE];
/** The file that the process that uses the data directory locks. */
export const LOCK_FILE = "lock";
const PRIVATE_FILES = [...OWN_FILES, `${DATABASE_FILE}-wal`, `${DATABASE_FILE}-shm`, LOCK_FILE];
const OTHERS_MODE = 0o077;

export interface DataDirectory {
	/** Absolute. */
	readonly path: string;
	/** Lets another process use the directory. */
	release(): void;
}

/** The error for a directory that another process uses. */
export function directoryInUse(path: string, cause?: unknown): AppError {
	return new AppError({
		code: "DATA_DIR_IN_USE",
		message: `The data directory ${path} is in use by another platform.`,
		hint: "Stop that platform first, or use another data directory.",
		exit: EXIT.failure,
		cause,
	});
}

/** The error for a directory that cannot be created, read or written. */
export function directoryUnusable(path: string, cause: unknown): AppError {
	const { code, message } = cause as NodeJS.ErrnoException;
	const isFull = code === "SQLITE_FULL" || code === "ENOSPC";
	return new AppError({
		code: "DATA_DIR_UNUSABLE",
		message: `The data directory ${path} cannot be used (${code || message}).`,
		hint: isFull
			? "The disk is full. Free space on it and try again."
			: "Give a directory that this user may create and write to.",
		exit: EXIT.failure,
		cause,
	});
}

/** Whether a platform keeps its store in a directory, or has used a store elsewhere with it. */
export function hasPlatform(path: string): boolean {
	return [DATABASE_FILE, ORIGIN_FILE].some((name) => existsSync(join(path, name)));
}

function incompleteDirectory(path: string): AppError {
	return new AppError({
		code: "STORE_INCOMPLETE",
		message: `The data directory ${path} is the target of a restore or a migration, which still runs or was interrupted.`,
		hint: "If none runs, remove the directory, and restore or migrate again.",
		exit: EXIT.conflict,
	});
}

/** Marks a directory as incomplete: nothing can claim it until `unmarkFilling`. */
export async function markFilling(path: string): Promise<void> {
	await createPrivateFile(join(path, FILLING_FILE));
	await syncDirectory(path);
}

/** Ends what `markFilling` began. */
export async function unmarkFilling(path: string): Promise<void> {
	await rm(join(path, FILLING_FILE), { force: true });
	await syncDirectory(path);
}

/** @throws AppError `STORE_INCOMPLETE` (exit 5) if the directory is being filled, or the filling was interrupted */
export async function requireFilled(path: string): Promise<void> {
	const isFilling = await stat(join(path, FILLING_FILE)).catch(() => undefined);
	if (isFilling !== undefined) throw incompleteDirectory(path);
}

/**
 * Removes the rights of other users from a directory that belongs to a platform or is empty. Other
 * directories are not changed.
 * @throws AppError as `requireFilled`; `DATA_DIR_EXPOSED` (exit 1)
 */
export async function makePrivate(path: string): Promise<void> {
	const created = await mkdir(path, { recursive: true, mode: 0o700 });
	if (created !== undefined) {
		await syncDirectory(resolve(created, ".."));
		return;
	}
	await requireFilled(path);
	if (process.platform === "win32") return;
	const names = await readdir(path);
	const ours = OWN_FILES.some((name) => names.includes(name)) || names.every((name) => name === "lost+found");
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

/** Creates a file that only its owner can read. Does not open a file that exists. */
export async function createPrivateFile(path: string, content = ""): Promise<void> {
	try {
		const handle = await open(path, "wx", 0o600);
		try {
			await handle.writeFile(content);
			await handle.sync();
		} finally {
			await handle.close();
		}
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
	}
}
