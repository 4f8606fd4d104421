/** The embedded store: streams in one SQLite file, blobs as files beside it. One process uses it at a time. */
import { join } from "node:path";
import { fromUtf8, utf8 } from "../../bytes.ts";
import { cryptoReady } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { BlobFiles } from "./blob-files.ts";
import { SqliteCheckpoints } from "./checkpoints/sqlite-checkpoints.ts";
import { claimDataDirectory } from "./data-directory.ts";
import { DATABASE_FILE, type DataDirectory } from "./private-directory.ts";
import { openDatabase, type SqliteDatabase } from "./sqlite-database.ts";
import { storeDamaged } from "./sqlite-faults.ts";
import type { AppendResult, SealChange, Store, StreamEntry, StreamHead, StreamName } from "./store.ts";
import { Watchers } from "./watchers.ts";

export interface SqliteOptions {
	/** The clock for leases, in milliseconds. It may start at any value, and never goes back. */
	now?: () => number;
}

interface Parts {
	directory: DataDirectory;
	database: SqliteDatabase;
	blobs: BlobFiles;
	now: () => number;
}

interface StreamRow {
	id: number;
	revision: number;
}

class SqliteStore implements Store {
	readonly checkpoints = new SqliteCheckpoints(() => this.#open());
	readonly #directory: DataDirectory;
	readonly #database: SqliteDatabase;
	readonly #blobs: BlobFiles;
	readonly #now: () => number;
	readonly #watchers = new Watchers();
	/** Stored in memory: only one process uses the directory at a time, so a lease ends with the process of its holder. */
	readonly #leases = new Map<string, { holder: string; expiresAtMs: number }>();
	#closing: Promise<void> | undefined;

	constructor({ directory, database, blobs, now }: Parts) {
		this.#directory = directory;
		this.#database = database;
		this.#blobs = blobs;
		this.#now = now;
	}

	async append(
		stream: StreamName,
		expectedRevision: number,
		body: string,
		seal?: SealChange,
	): Promise<AppendResult> {
		const database = this.#open();
		const bytes = utf8(body);
		const result = database.transaction((): AppendResult => {
			const row = this.#find(stream);
			const present = row?.revision ?? 0;
			if (present !== expectedRevision) return { appended: false, revision: present };
			if (!database.hasSeal(seal)) return { appended: false, revision: present, isOtherSeal: true };
			const revision = present + 1;
			if (row === undefined) database.run("INSERT INTO streams (name, revision) VALUES (?, 1)", stream);
			else database.run("UPDATE streams SET revision = ? WHERE id = ?", revision, row.id);
			database.run(
				"INSERT INTO entries (stream, revision, body) SELECT id, revision, ? FROM streams WHERE name = ?",
				bytes,
				stream,
			);
			if (seal !== undefined) database.writeSeal(seal.to);
			return { appended: true, revision };
		});
		if (result.appended) this.#watchers.announce(stream);
		return result;
	}

	async read(stream: StreamName, afterRevision: number, limit?: number): Promise<StreamEntry[]> {
		return this.#read(stream, afterRevision, limit);
	}

	watch(stream: StreamName, afterRevision: number, signal: AbortSignal): AsyncIterable<StreamEntry> {
		this.#open();
		return this.#watchers.follow(stream, afterRevision, signal, (after, limit) =>
			this.#closing === undefined ? this.#read(stream, after, limit) : [],
		);
	}

	async streams(prefix: string): Promise<StreamName[]> {
		return this.#names(prefix);
	}

	async deleteStreams(...[prefix, seal, at]: Parameters<Store["deleteStreams"]>): Promise<boolean> {
		const names = this.#names(prefix);
		const isDone = this.#database.transaction(() => {
			if (at !== undefined && (this.#find(at.stream)?.revision ?? 0) !== at.revision) return false;
			if (!this.#database.hasSeal(seal)) return false;
			for (const name of names) this.#database.run("DELETE FROM streams WHERE name = ?", name);
			if (seal !== undefined) this.#database.writeSeal(seal.to);
			return true;
		});
		if (isDone) this.#watchers.end(names);
		return isDone;
	}

	readSeal = async () => this.#open().readSeal();
	async heads(): Promise<StreamHead[]> {
		const rows = this.#open().all<{ stream: StreamName; revision: number; body: ArrayBuffer }>(
			`SELECT name AS stream, entries.revision AS revision, body FROM streams
			JOIN entries ON entries.stream = streams.id AND entries.revision = streams.revision ORDER BY name`,
		);
		return rows.map(({ stream, revision, body }) => {
			const text = fromUtf8(new Uint8Array(body));
			if (text === undefined) throw this.#gap(stream);
			return { stream, revision, body: text };
		});
	}

	async putBlob(owner: string, bytes: Uint8Array): Promise<string> {
		return await this.#openBlobs().put(owner, bytes);
	}

	async getBlob(owner: string, hash: string): Promise<Uint8Array | undefined> {
		return await this.#openBlobs().get(owner, hash);
	}

	async missingBlobs(owner: string, hashes: readonly string[]): Promise<string[]> {
		return await this.#openBlobs().missing(owner, hashes);
	}

	async removeBlobs(owner: string, hashes: readonly string[]): Promise<void> {
		await this.#openBlobs().remove(owner, hashes);
	}

	async keepOnlyBlobs(kept: ReadonlyMap<string, ReadonlySet<string>>): Promise<void> {
		await this.#openBlobs().keepOnly(kept);
	}

	async dropBlobs(owner: string): Promise<void> {
		await this.#openBlobs().drop(owner);
	}

	async lease(name: string, holder: string, ttlMs: number): Promise<boolean> {
		this.#open();
		const nowMs = this.#now();
		const held = this.#leases.get(name);
		if (held !== undefined && held.holder !== holder && held.expiresAtMs > nowMs) return false;
		this.#leases.set(name, { holder, expiresAtMs: nowMs + ttlMs });
		return true;
	}

	async release(name: string, holder: string): Promise<void> {
		this.#open();
		if (this.#leases.get(name)?.holder === holder) this.#leases.delete(name);
	}

	/** Ends all watches, waits for blobs that are being written, and releases the directory. */
	async [Symbol.asyncDispose](): Promise<void> {
		this.#closing ??= this.#close();
		await this.#closing;
	}

	async #close(): Promise<void> {
		this.#watchers.end();
		await this.#blobs.settle();
		try {
			// After the checkpoint, the database file contains the whole log, for operators who copy it.
			this.#database.all("PRAGMA wal_checkpoint(TRUNCATE)");
		} catch (error) {
			// If it fails, for example on a full disk, no data is lost: SQLite reads the write-ahead log at the next start.
			if (!(error instanceof AppError)) throw error;
		} finally {
			this.#database.close();
			this.#directory.release();
		}
	}

	/** The database. Throws after closing, since the driver would still write. */
	#open(): SqliteDatabase {
		if (this.#closing === undefined) return this.#database;
		throw new AppError({
			code: "STORE_CLOSED",
			message: `The store in ${this.#directory.path} is closed.`,
			hint: "The platform is stopping. Try again when it has started again.",
			exit: EXIT.failure,
		});
	}

	#openBlobs(): BlobFiles {
		this.#open();
		return this.#blobs;
	}

	#find(stream: StreamName): StreamRow | undefined {
		return this.#open().all<StreamRow>("SELECT id, revision FROM streams WHERE name = ?", stream)[0];
	}

	#names(prefix: string): StreamName[] {
		const sql = "SELECT name FROM streams WHERE substr(name, 1, length(?)) = ? ORDER BY name";
		return this.#open()
			.all<{ name: string }>(sql, prefix, prefix)
			.map((row) => row.name);
	}

	#read(stream: StreamName, afterRevision: number, limit = Number.MAX_SAFE_INTEGER): StreamEntry[] {
		const found = this.#find(stream);
		const expected = Math.min(limit, (found?.revision ?? 0) - afterRevision);
		if (found === undefined || expected <= 0) return [];
		// libsql returns a blob as an ArrayBuffer.
		const rows = this.#database.all<{ revision: number; body: ArrayBuffer }>(
			"SELECT revision, body FROM entries WHERE stream = ? AND revision > ? ORDER BY revision LIMIT ?",
			found.id,
			afterRevision,
			limit,
		);
		if (rows.length !== expected) throw this.#gap(stream);
		return rows.map((row, index) => {
			const body = fromUtf8(new Uint8Array(row.body));
			if (row.revision !== afterRevision + index + 1 || body === undefined) throw this.#gap(stream);
			return { revision: row.revision, body };
		});
	}

	#gap(stream: StreamName): AppError {
		return storeDamaged(this.#database.path, `entries of the stream ${stream} are missing or cannot be read`);
	}
}

/**
 * Opens the embedded store in a directory, and creates the directory if it does not exist. Only this process can use it.
 * @throws AppError `DATA_DIR_*`, `STORE_FOREIGN`, `STORE_TOO_NEW`, `STORE_UNUSABLE` (exit 1), `STORE_DAMAGED`
 * (exit 7)
 */
export async function openSqliteStore(dataDirectory: string, options: SqliteOptions = {}): Promise<Store> {
	await cryptoReady;
	const directory = await claimDataDirectory(dataDirectory);
	try {
		const database = await openDatabase(join(directory.path, DATABASE_FILE));
		try {
			const blobs = await BlobFiles.open(directory.path);
			return new SqliteStore({ directory, database, blobs, now: options.now ?? (() => performance.now()) });
		} catch (error) {
			database.close();
			throw error;
		}
	} catch (error) {
		directory.release();
		throw error;
	}
}
