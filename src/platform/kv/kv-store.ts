/**
 * The store of one app: a SQLite file. It follows the rules of Deno's own store on one machine (`sqlite/backend.rs` of
 * denoland/denokv).
 */
import { closeSync, existsSync, openSync } from "node:fs";
import { AppError } from "../../errors.ts";
import { SqliteDatabase } from "../store/sqlite-database.ts";
import { KvError } from "./kv-error.ts";
import { ANSWER_BYTES_MAX, ROW_BYTES, WRITE_BYTES_MAX } from "./kv-limits.ts";
import type { KvMutation, KvValue, KvWrite, ReadRange } from "./kv-messages.ts";
import { combine } from "./kv-sums.ts";
import { KvWatchers } from "./kv-watchers.ts";

const PAGE_BYTES = 4096;
/** "CoKv" in ASCII. It marks a database as the store of an app. */
const APPLICATION_ID = 0x436f4b76;
const SCHEMA = `
	BEGIN IMMEDIATE;
	CREATE TABLE IF NOT EXISTS version (id INTEGER PRIMARY KEY CHECK (id = 1), value INTEGER NOT NULL) STRICT;
	INSERT OR IGNORE INTO version (id, value) VALUES (1, 0);
	CREATE TABLE IF NOT EXISTS kv (
		k BLOB PRIMARY KEY,
		v BLOB NOT NULL,
		encoding INTEGER NOT NULL,
		version INTEGER NOT NULL,
		expires_ms INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;
	CREATE INDEX IF NOT EXISTS expiries ON kv (expires_ms) WHERE expires_ms >= 0;
	PRAGMA application_id = ${APPLICATION_ID};
	COMMIT;
`;
const IS_PRESENT = "(expires_ms < 0 OR expires_ms > ?)";
/** The most rows that are read at once. They take at most 2 MiB. */
const STEP_ROWS = 32;
/** The most expired rows that are removed at once. */
const EXPIRED_ROWS = 200;
/** Deno increases the version by a random number up to this. */
const VERSION_STEP_MAX = 9;

/** A key with its value, as libsql returns it. */
export interface KvRow {
	readonly k: ArrayBuffer;
	readonly v: ArrayBuffer;
	readonly encoding: number;
	readonly version: number;
}

interface StoredRow extends KvRow {
	/** Milliseconds since 1970; negative if it does not expire. */
	readonly expires_ms: number;
}

export interface KvStoreOptions {
	/** The largest size of the file. */
	readonly maxBytes: number;
	/** Milliseconds since 1970. */
	readonly now: () => number;
}

/** The versionstamp of a version: ten bytes in hexadecimal digits. */
export function versionstampOf(version: number): string {
	return `${version.toString(16).padStart(16, "0")}0000`;
}

export class KvStore {
	readonly watchers = new KvWatchers();
	readonly #database: SqliteDatabase;
	readonly #options: KvStoreOptions;

	/** Opens a store, or creates it. @throws AppError as `SqliteDatabase`; Error if the file is another database */
	constructor(path: string, options: KvStoreOptions) {
		this.#options = options;
		// A file that SQLite itself creates would be readable by all users.
		if (!existsSync(path)) closeSync(openSync(path, "wx", 0o600));
		const database = new SqliteDatabase(path);
		try {
			const [row] = database.all<{ application_id: number }>("PRAGMA application_id");
			if (row?.application_id !== 0 && row?.application_id !== APPLICATION_ID)
				throw new Error(`${path} is not the store of an app.`);
			database.exec("PRAGMA journal_mode = WAL");
			database.exec("PRAGMA synchronous = FULL");
			// SQLite does not shrink the file: it keeps a current size that is larger.
			database.exec(`PRAGMA max_page_count = ${Math.max(64, Math.floor(options.maxBytes / PAGE_BYTES))}`);
			database.exec(SCHEMA);
		} catch (error) {
			database.close();
			throw error;
		}
		this.#database = database;
	}

	#pragma(name: "page_count" | "max_page_count"): number {
		return Number(this.#database.all<Record<string, number>>(`PRAGMA ${name}`)[0]?.[name]);
	}

	/**
	 * Reads a range.
	 * @param budget the most bytes to read, also of expired rows; the last row may exceed it. The function subtracts what
	 *   it reads.
	 * @returns the entries in order, and whether the budget ended before the range
	 */
	read(range: ReadRange, budget = { bytes: ANSWER_BYTES_MAX }): { rows: KvRow[]; hasMore: boolean } {
		if (budget.bytes <= 0) return { rows: [], hasMore: true };
		const rows: KvRow[] = [];
		const expired: Buffer[] = [];
		const nowMs = this.#options.now();
		const [, , limit] = range;
		for (const row of this.#rows(range)) {
			const isPresent = row.expires_ms < 0 || row.expires_ms > nowMs;
			if (isPresent) rows.push(row);
			else expired.push(Buffer.from(row.k));
			if (rows.length >= limit) return { rows, hasMore: false };
			budget.bytes -= row.k.byteLength + row.v.byteLength + ROW_BYTES;
			if (budget.bytes > 0) continue;
			// The next request starts after the last entry. Without one it would read the same rows again.
			if (rows.length === 0) this.#remove(expired);
			return { rows, hasMore: true };
		}
		return { rows, hasMore: false };
	}

	/** The rows of a range in order, with those that are expired. They are read in steps. */
	*#rows([start, end, limit, isReverse]: ReadRange): Generator<StoredRow> {
		const order = isReverse ? "DESC" : "ASC";
		// The first row of a step is the one after the last row before.
		let [from, until, fromRule] = [start, end, ">="];
		for (;;) {
			const count = Math.min(STEP_ROWS, limit);
			const step = this.#database.all<StoredRow>(
				`SELECT k, v, encoding, version, expires_ms FROM kv WHERE k ${fromRule} ? AND k < ? ORDER BY k ${order} LIMIT ?`,
				from,
				until,
				count,
			);
			yield* step;
			const last = step.at(-1);
			if (last === undefined || step.length < count) return;
			if (isReverse) until = Buffer.from(last.k);
			else [from, fromRule] = [Buffer.from(last.k), ">"];
		}
	}

	/** The entry of a key. */
	get(key: Uint8Array): KvRow | undefined {
		return this.#database.all<KvRow>(
			`SELECT k, v, encoding, version FROM kv WHERE k = ? AND ${IS_PRESENT}`,
			key,
			this.#options.now(),
		)[0];
	}

	/**
	 * Writes all mutations if all checks succeed, and otherwise none.
	 * @returns the versionstamp of the write; undefined if a check failed
	 * @throws KvError if a mutation is not possible, or the store is full
	 */
	write({ checks, mutations }: KvWrite): string | undefined {
		const written: Buffer[] = [];
		const versionstamp = this.#guarded(() =>
			this.#database.transaction(() => {
				for (const [key, expected] of checks) {
					const row = this.get(key);
					if ((row === undefined ? null : versionstampOf(row.version)) !== expected) return undefined;
				}
				const step = 1 + Math.floor(Math.random() * VERSION_STEP_MAX);
				const version = this.#increaseVersion(step);
				for (const mutation of mutations) written.push(this.#apply(mutation, version));
				return versionstampOf(version);
			}),
		);
		if (versionstamp !== undefined) this.watchers.notify(written);
		return versionstamp;
	}

	#increaseVersion(step: number): number {
		const sql = "UPDATE version SET value = value + ? WHERE id = 1 RETURNING value";
		return Number(this.#database.all<{ value: number }>(sql, step)[0]?.value);
	}

	/** @returns the key that was written */
	#apply({ key, type, value, expireAt = -1 }: KvMutation, version: number): Buffer {
		if (type === "delete") {
			this.#database.run("DELETE FROM kv WHERE k = ?", key);
			return key;
		}
		if (value === undefined) throw new KvError(`Invalid mutation '${type}' without value`);
		if (type === "set") return this.#put(key, value, version, expireAt);
		if (type !== "setSuffixVersionstampedKey")
			return this.#put(key, combine(this.get(key), type, value), version, -1);
		const suffix = Buffer.from(`\x02${versionstampOf(version)}\0`, "latin1");
		return this.#put(Buffer.concat([key, suffix]), value, version, expireAt);
	}

	#put(key: Buffer, [encoding, bytes]: KvValue, version: number, expiresMs: number): Buffer {
		const sql = "INSERT OR REPLACE INTO kv (k, v, encoding, version, expires_ms) VALUES (?, ?, ?, ?, ?)";
		this.#database.run(sql, key, bytes, encoding, version, expiresMs);
		return key;
	}

	/**
	 * Removes some of the expired entries.
	 * @returns when the next entry expires, in milliseconds since 1970; undefined if none does
	 */
	removeExpired(): number | undefined {
		const nowMs = this.#options.now();
		const expired = this.#database.all<{ k: ArrayBuffer }>(
			"SELECT k FROM kv WHERE expires_ms >= 0 AND expires_ms <= ? LIMIT ?",
			nowMs,
			EXPIRED_ROWS,
		);
		this.#remove(expired.map(({ k }) => Buffer.from(k)));
		const sql = "SELECT expires_ms FROM kv WHERE expires_ms >= 0 ORDER BY expires_ms LIMIT 1";
		return this.#database.all<{ expires_ms: number }>(sql)[0]?.expires_ms;
	}

	/** Removes entries that have expired. */
	#remove(keys: readonly Buffer[]): void {
		if (keys.length === 0) return;
		this.#database.transaction(() => {
			this.#increaseVersion(1);
			for (const key of keys) this.#database.run("DELETE FROM kv WHERE k = ?", key);
		});
		this.watchers.notify(keys);
	}

	/** Converts the error of a full file to an error for the function. */
	#guarded<T>(operation: () => T): T {
		try {
			return operation();
		} catch (error) {
			const isFull = error instanceof AppError && error.code === "STORE_FULL";
			if (
				!isFull ||
				this.#pragma("page_count") < this.#pragma("max_page_count") - 1 - WRITE_BYTES_MAX / PAGE_BYTES
			)
				throw error;
			const maxMB = Math.floor(this.#options.maxBytes / 1024 / 1024);
			throw new KvError(
				`The Deno KV store of the app is full: it may have ${maxMB} MB (--max-kv of the platform). Delete entries that are no longer needed`,
				false,
			);
		}
	}

	/** Closes the file. */
	close(): void {
		this.watchers.close();
		this.#database.close();
	}
}
