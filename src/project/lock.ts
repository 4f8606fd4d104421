/**
 * The lock under which a vault is written: an exclusive SQLite transaction on an empty file beside it. The operating
 * system lets go of it when its process ends, however it ends, so there is no stale lock to recognise
 * (docs/decisions/0002-vault-lock.md).
 */
import { lstatSync } from "node:fs";
import { AppError, EXIT } from "../errors.ts";

/** How long a writer waits for the others before it gives up. */
const WAIT_MS = 30_000;

function lockError(path: string, cause: unknown): AppError {
	const text = cause instanceof Error ? cause.message : "";
	if (/locked|busy/i.test(text)) {
		return new AppError({
			code: "VAULT_LOCKED",
			message: `Another process has held the lock ${path} for ${WAIT_MS / 1000} s.`,
			hint: "Nothing was written. Wait for the other coffer command, or end it.",
			exit: EXIT.failure,
			cause,
		});
	}
	return new AppError({
		code: "VAULT_LOCK_FAILED",
		message: `Cannot lock ${path}: ${/not a database|unable to open|readonly/i.exec(text)?.[0] ?? "the file system refused"}.`,
		hint: "Nothing was written. The folder must be writable, and the lock a plain, empty file; remove it if it is anything else.",
		exit: EXIT.failure,
		cause,
	});
}

/** Loads what the lock needs (11 ms) while something else is waited for. What fails here fails again, and is told, at the lock. */
export function prepareLock(): void {
	import("libsql").catch(() => undefined);
}

/** The last holder or waiter of each lock in this process: SQLite's wait would stop the whole process, holder included. */
const queue = new Map<string, Promise<unknown>>();

/**
 * Runs work while nobody else on this machine, in this process or another, holds the same lock.
 * @throws AppError `VAULT_LOCKED` or `VAULT_LOCK_FAILED` (exit 1), or what the work throws
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
	const before = queue.get(path) ?? Promise.resolve();
	const mine = before.then(
		() => locked(path, work),
		() => locked(path, work),
	);
	queue.set(path, mine);
	try {
		return await mine;
	} finally {
		if (queue.get(path) === mine) queue.delete(path);
	}
}

async function locked<T>(path: string, work: () => Promise<T>): Promise<T> {
	const { default: Database } = await import("libsql");
	let database: InstanceType<typeof Database> | undefined;
	try {
		const stat = lstatSync(path, { throwIfNoEntry: false });
		if (stat && (!stat.isFile() || stat.size > 0)) throw new Error("not a database");
		database = new Database(path, { timeout: WAIT_MS });
		// Nothing is ever written, so there is nothing to roll back from a file that would lie beside the lock.
		database.exec("PRAGMA journal_mode = MEMORY");
		database.exec("BEGIN EXCLUSIVE");
		// A file that it may only read, SQLite opens for that, and then excludes nobody. A change that is never committed tells.
		database.exec("PRAGMA user_version = 1");
	} catch (error) {
		database?.close();
		throw lockError(path, error);
	}
	try {
		return await work();
	} finally {
		release(database);
	}
}

/** What is done is done: that its lock ends badly must not be told in its place. To close the file lets go of it, too. */
function release(database: { exec(statement: string): unknown; close(): unknown }): void {
	for (const step of [() => database.exec("ROLLBACK"), () => database.close()]) {
		try {
			step();
		} catch {}
	}
}
