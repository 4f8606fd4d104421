/**
 * The lock under which a vault is written: an exclusive SQLite transaction on an empty file beside it. The operating
 * system lets go of it when its process ends, however it ends, so there is no stale lock to recognise
 * (docs/decisions/0002-vault-lock.md).
 */
import { lstatSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { AppError, EXIT } from "../../errors.ts";

interface Patience {
	/** How long a writer waits while none of the others gets anything done. */
	readonly stillMs: number;
	/** How long it waits at most, whatever they get done. */
	readonly mostMs: number;
}
const PATIENCE: Patience = { stillMs: 30_000, mostMs: 600_000 };
/**
 * Between the first tries, and between later ones, more or less. SQLite's own wait goes on to ever longer ones, and so
 * passes over who has waited longest; and it would stop the whole process.
 */
const TRY_MS = { first: 5, last: 120 } as const;

function isBusy(error: unknown): boolean {
	return error instanceof Error && /locked|busy/i.test(error.message);
}

function lockError(path: string, cause: unknown, { stillMs }: Patience): AppError {
	if (isBusy(cause)) {
		return new AppError({
			code: "VAULT_LOCKED",
			message: `Another process holds the lock ${path}, and has done nothing for ${stillMs / 1000} s.`,
			hint: "Nothing was written. Wait for the other coffer command, or end it.",
			exit: EXIT.failure,
			cause,
		});
	}
	const text = cause instanceof Error ? cause.message : "";
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
	loadSqlite().catch(() => undefined);
}

let sqlite: ReturnType<typeof importSqlite> | undefined;

/** Loaded once; where that fails, it is tried again. */
function loadSqlite(): ReturnType<typeof importSqlite> {
	sqlite ??= importSqlite().catch((error: unknown) => {
		sqlite = undefined;
		throw error;
	});
	return sqlite;
}

/**
 * libsql asks twice which C library there is: a report of Node's, which tells of much else and takes 5 ms, and after it
 * the file of `ldd`, which has the last word. The report is brought back where that is not enough.
 */
async function importSqlite() {
	const { report } = process;
	const { getReport } = report;
	report.getReport = () => ({ header: {} });
	try {
		return (await import("libsql")).default;
	} catch {
		report.getReport = getReport;
		return (await import("libsql")).default;
	} finally {
		report.getReport = getReport;
	}
}

/** The last holder or waiter of each lock in this process, which take turns. */
const queue = new Map<string, Promise<unknown>>();
/** When this process let go of a lock that it had waited for. */
const letGoMs = new Map<string, number>();

/**
 * Runs work while nobody else on this machine, in this process or another, holds the same lock.
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

type Connection = InstanceType<typeof import("libsql")>;

/** What takes the lock, in this order; what is done of it stays done. */
const STATEMENTS = [
	// Nothing is ever written, so there is nothing to roll back from a file that would lie beside the lock.
	"PRAGMA journal_mode = MEMORY",
	"BEGIN EXCLUSIVE",
	// A file that it may only read, SQLite opens for that, and then excludes nobody. A change that is never committed tells.
	"PRAGMA user_version = 1",
];

/** Whoever writes puts a new file in its place, which the folder's time tells. */
function changedMs(folder: string): number | undefined {
	return lstatSync(folder, { throwIfNoEntry: false })?.mtimeMs;
}

/** @returns whether others had to be waited for */
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
	const Database = await loadSqlite();
	// In a crowd, who has just had it lets the others try first.
	if (performance.now() - (letGoMs.get(path) ?? Number.NEGATIVE_INFINITY) < TRY_MS.last)
		await after(TRY_MS.last);
	let database: Connection | undefined;
	let crowded: boolean;
	try {
		const stat = lstatSync(path, { throwIfNoEntry: false });
		if (stat && (!stat.isFile() || stat.size > 0)) throw new Error("not a database");
		database = new Database(path, { timeout: 0 });
		crowded = await waitFor(database, path, patience);
	} catch (error) {
		database?.close();
		throw lockError(path, error, patience);
	}
	try {
		return await work();
	} finally {
		release(database);
		if (crowded) letGoMs.set(path, performance.now());
		else letGoMs.delete(path);
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
