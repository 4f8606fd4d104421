/**
 * The lock for writing a vault: an exclusive SQLite transaction on an empty file beside it. The operating
 * system releases the lock when the process ends for any reason, so there are no stale locks
 * (docs/decisions/0002-vault-lock.md).
 */
import { lstatSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { AppError, EXIT } from "../../errors.ts";
import { type Connection, loadSqlite, type OpenDatabase } from "./sqlite.ts";

interface Patience {
	/** The longest wait while no other writer makes progress, in milliseconds. */
	readonly stillMs: number;
	/** The longest wait of a writer, in milliseconds. */
	readonly mostMs: number;
}
const PATIENCE: Patience = { stillMs: 30_000, mostMs: 600_000 };
/**
 * The pause between two tries, in milliseconds, varied at random. SQLite's own busy handler is not used: its
 * pauses grow, which disadvantages the writer that has waited longest, and it blocks the whole process.
 */
const TRY_MS = { first: 5, last: 120 } as const;

function isBusy(error: unknown): boolean {
	return error instanceof Error && /locked|busy/i.test(error.message);
}

function lockError(path: string, cause: unknown, { stillMs }: Patience): AppError {
	if (isBusy(cause)) {
		return new AppError({
			code: "VAULT_LOCKED",
			message: `Another process holds the lock ${path} and has made no progress for ${stillMs / 1000} s.`,
			hint: "Nothing was written. Wait for the other coffer command, or end it.",
			exit: EXIT.failure,
			cause,
		});
	}
	const text = cause instanceof Error ? cause.message : "";
	return new AppError({
		code: "VAULT_LOCK_FAILED",
		message: `Cannot lock ${path}: ${/not a database|unable to open|readonly/i.exec(text)?.[0] ?? "the file system refused"}.`,
		hint: "Nothing was written. The folder must be writable, and the lock must be an empty regular file. If it is anything else, remove it.",
		exit: EXIT.failure,
		cause,
	});
}

let opening: Promise<OpenDatabase> | undefined;

/** Loads SQLite once. After a failure, the next call tries again. */
function loadOnce(): Promise<OpenDatabase> {
	opening ??= loadSqlite().catch((error: unknown) => {
		opening = undefined;
		throw error;
	});
	return opening;
}

/**
 * Loads SQLite (with `libsql`, 11 ms) while the caller waits for something else. An error is ignored here, because
 * `withLock` meets the same error and reports it.
 */
export function prepareLock(): void {
	loadOnce().catch(() => undefined);
}

/** The last holder of, or waiter for, each lock in this process. They take turns. */
const queue = new Map<string, Promise<unknown>>();
/** When this process released a lock that it had to wait for. */
const releasedMs = new Map<string, number>();

/**
 * Runs work under the lock, which excludes other processes on this machine and other work in this process.
 * @throws AppError `VAULT_LOCKED` or `VAULT_LOCK_FAILED` (exit 1), or what the work throws
 */
export async function withLock<T>(path: string, work: () => Promise<T>, patience = PATIENCE): Promise<T> {
	const before = queue.get(path) ?? Promise.resolve();
	const mine = before.then(
		() => locked(path, work, patience),
		() => locked(path, work, patience),
	);
	queue.set(path, mine);
	try {
		return await mine;
	} finally {
		if (queue.get(path) === mine) queue.delete(path);
	}
}

/** The statements that take the lock, in this order. A retry continues after the last one that succeeded. */
const STATEMENTS = [
	// Nothing is written, so no rollback journal is needed beside the lock.
	"PRAGMA journal_mode = MEMORY",
	"BEGIN EXCLUSIVE",
	// SQLite opens a read-only file for reading and then excludes no other process. This change, which is never committed,
	// makes it fail instead.
	"PRAGMA user_version = 1",
];

/** The folder's modification time. Each write renames a file into the folder, which changes this time. */
function changedMs(folder: string): number | undefined {
	return lstatSync(folder, { throwIfNoEntry: false })?.mtimeMs;
}

/** @returns whether the lock was held by another process */
async function waitFor(database: Connection, path: string, patience: Patience): Promise<boolean> {
	const startMs = performance.now();
	let still = { sinceMs: startMs, changedMs: changedMs(dirname(path)) };
	let waitMs: number = TRY_MS.first;
	const left = [...STATEMENTS];
	for (;;) {
		try {
			while (left[0] !== undefined) {
				database.exec(left[0]);
				left.shift();
			}
			return waitMs > TRY_MS.first;
		} catch (error) {
			const nowMs = performance.now();
			const changed = changedMs(dirname(path));
			if (changed !== still.changedMs) still = { sinceMs: nowMs, changedMs: changed };
			const isOver = nowMs - still.sinceMs > patience.stillMs || nowMs - startMs > patience.mostMs;
			if (isOver || !isBusy(error)) throw error;
		}
		await after(waitMs * (0.5 + Math.random()));
		waitMs = Math.min(2 * waitMs, TRY_MS.last);
	}
}

async function locked<T>(path: string, work: () => Promise<T>, patience: Patience): Promise<T> {
	const open = await loadOnce();
	// A process that has just released the lock lets the waiting processes try first.
	if (performance.now() - (releasedMs.get(path) ?? Number.NEGATIVE_INFINITY) < TRY_MS.last)
		await after(TRY_MS.last);
	let database: Connection | undefined;
	let crowded: boolean;
	try {
		const stat = lstatSync(path, { throwIfNoEntry: false });
		if (stat && (!stat.isFile() || stat.size > 0)) throw new Error("not a database");
		database = open(path);
		crowded = await waitFor(database, path, patience);
	} catch (error) {
		database?.close();
		throw lockError(path, error, patience);
	}
	try {
		return await work();
	} finally {
		release(database);
		if (crowded) releasedMs.set(path, performance.now());
		else releasedMs.delete(path);
	}
}

/**
 * The work is done, so an error of the release must not replace its result. Closing the file releases the lock
 * too.
 */
function release(database: Connection): void {
	for (const step of [() => database.exec("ROLLBACK"), () => database.close()]) {
		try {
			step();
		} catch {}
	}
}
