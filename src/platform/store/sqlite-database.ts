/** One SQLite file: its schema, its settings, and its errors as `AppError`s. */
import { closeSync, openSync, renameSync, rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import Database from "libsql";
import { AppError, EXIT } from "../../errors.ts";
import { syncDirectory } from "./durable.ts";
import { sqliteError, storeDamaged } from "./sqlite-faults.ts";
import type { SealChange } from "./store.ts";

/** "Cofr" in ASCII. It marks a database as a store of Coffer. */
const APPLICATION_ID = 0x436f6672;
/** Version 2 has the table `seal`. A database of version 1 gets the table when it is opened. */
const SCHEMA_VERSION = 2;
const BUSY_TIMEOUT_MS = 2000;

/**
 * Bodies are bytes, not text: the driver cuts text at a NUL character. A stream's revision is stored separately from
 * its entries, so that missing entries at its end are detected.
 */
const SEAL_TABLE = "CREATE TABLE seal (id INTEGER PRIMARY KEY CHECK (id = 1), code TEXT NOT NULL) STRICT;";
/**
 * The schema keeps its version: an earlier Coffer does not need the table, and its deletions of streams delete the rows
 * too.
 */
const CHECKPOINT_TABLE = `CREATE TABLE IF NOT EXISTS checkpoints (
	stream INTEGER PRIMARY KEY REFERENCES streams (id) ON DELETE CASCADE,
	body BLOB NOT NULL
) STRICT;`;
const SCHEMA = `
	BEGIN IMMEDIATE;
	CREATE TABLE streams (
		id INTEGER PRIMARY KEY,
		name TEXT NOT NULL UNIQUE,
		revision INTEGER NOT NULL CHECK (revision > 0)
	) STRICT;
	CREATE TABLE entries (
		stream INTEGER NOT NULL REFERENCES streams (id) ON DELETE CASCADE,
		revision INTEGER NOT NULL CHECK (revision > 0),
		body BLOB NOT NULL,
		PRIMARY KEY (stream, revision)
	) STRICT;
	${SEAL_TABLE}
	${CHECKPOINT_TABLE}
	PRAGMA application_id = ${APPLICATION_ID};
	PRAGMA user_version = ${SCHEMA_VERSION};
	COMMIT;
`;

type Parameter = string | number | Uint8Array;

/** A connection that prepares each statement once. */
export class SqliteDatabase {
	readonly path: string;
	readonly #database: Database.Database;
	readonly #statements = new Map<string, Database.Statement>();

	constructor(path: string) {
		this.path = path;
		this.#database = this.#guard(() => new Database(path, { timeout: BUSY_TIMEOUT_MS }));
	}

	/** Runs statements that take no parameters and return no rows. */
	exec(sql: string): void {
		this.#guard(() => this.#database.exec(sql));
	}

	/** Runs a writing statement. @returns the number of changed rows */
	run(sql: string, ...parameters: Parameter[]): number {
		// Always one array: the driver takes a single Uint8Array for named parameters, which ends the process.
		return this.#guard(() => this.#prepare(sql).run(parameters).changes);
	}

	/** The rows of a query, in order. */
	all<Row>(sql: string, ...parameters: Parameter[]): Row[] {
		return this.#guard(() => this.#prepare(sql).all(parameters) as Row[]);
	}

	/** The seal. Undefined if there is none. */
	readSeal(): string | undefined {
		return this.all<{ code: string }>("SELECT code FROM seal")[0]?.code;
	}

	/** Whether the store has the seal that a change replaces. True without a change. */
	hasSeal(change: SealChange | undefined): boolean {
		return change === undefined || this.readSeal() === change.from;
	}

	/** Replaces the seal. Call it in the transaction of the change that it covers. */
	writeSeal(seal: string): void {
		this.run("INSERT OR REPLACE INTO seal (id, code) VALUES (1, ?)", seal);
	}

	/** Runs an operation as one transaction: when this returns, all of it is on the disk, or nothing is. */
	transaction<T>(operation: () => T): T {
		this.exec("BEGIN IMMEDIATE");
		try {
			const result = operation();
			this.exec("COMMIT");
			return result;
		} catch (error) {
			// SQLite itself rolls back after some errors, such as a full disk.
			if (this.#database.inTransaction) this.exec("ROLLBACK");
			throw error;
		}
	}

	/**
	 * Closes the connection. Call nothing after this: the driver keeps the connection until the statements are
	 * garbage-collected, so that they could still write.
	 */
	close(): void {
		this.#statements.clear();
		this.#database.close();
	}

	#prepare(sql: string): Database.Statement {
		const known = this.#statements.get(sql);
		if (known !== undefined) return known;
		const statement = this.#database.prepare(sql);
		this.#statements.set(sql, statement);
		return statement;
	}

	#guard<T>(operation: () => T): T {
		try {
			return operation();
		} catch (error) {
			throw sqliteError(this.path, error);
		}
	}
}

/** Creates a file with an empty database, which only its owner can read. */
export function createDatabase(path: string): SqliteDatabase {
	closeSync(openSync(path, "wx", 0o600));
	const database = new SqliteDatabase(path);
	try {
		database.exec(SCHEMA);
		return database;
	} catch (error) {
		database.close();
		throw error;
	}
}

/** Creates the file under another name first, so that it never exists without its schema. */
function create(path: string): void {
	const draft = `${path}.new`;
	for (const leftover of [draft, `${draft}-journal`, `${draft}-wal`, `${draft}-shm`])
		rmSync(leftover, { force: true });
	const database = createDatabase(draft);
	try {
		// Set here and not after opening, because switching the mode leaves a read transaction open until the next statement.
		database.exec("PRAGMA journal_mode = WAL");
	} finally {
		database.close();
	}
	renameSync(draft, path);
}

function pragma(database: SqliteDatabase, name: string): unknown {
	const [row] = database.all<Record<string, unknown>>(`PRAGMA ${name}`);
	return row?.[name];
}

/** @throws AppError `STORE_FOREIGN`, `STORE_TOO_NEW` (exit 1), `STORE_DAMAGED` (exit 7) */
export function checkDatabase(database: SqliteDatabase): void {
	const { path } = database;
	if (database.all("SELECT 1 FROM sqlite_schema").length === 0) throw storeDamaged(path, "it is empty");
	if (pragma(database, "application_id") !== APPLICATION_ID) {
		throw new AppError({
			code: "STORE_FOREIGN",
			message: `The file ${path} is not a store of Coffer.`,
			hint: "Use another data directory, or move the file away.",
			exit: EXIT.failure,
		});
	}
	const version = Number(pragma(database, "user_version"));
	if (version > SCHEMA_VERSION) {
		throw new AppError({
			code: "STORE_TOO_NEW",
			message: `The store ${path} has schema version ${version}, but this version of Coffer knows versions up to ${SCHEMA_VERSION} only.`,
			hint: "Use the newer version of Coffer that wrote it, or restore a backup from before the upgrade.",
			exit: EXIT.failure,
		});
	}
	const verdict = pragma(database, "quick_check");
	if (verdict !== "ok") throw storeDamaged(path, String(verdict).split("\n", 1)[0] ?? "");
}

/** Upgrades the schema from version 1 to 2, in one transaction. */
function addSeal(database: SqliteDatabase): void {
	database.transaction(() => {
		database.exec(SEAL_TABLE);
		database.exec("PRAGMA user_version = 2");
	});
}

/** Rejects a directory that contains the remains of a store but no database: it is not a new one. */
async function refuseRemains(path: string, names: readonly string[]): Promise<void> {
	const blobs = names.includes("blobs") ? await readdir(join(dirname(path), "blobs")) : [];
	if (blobs.length > 0 || names.includes(`${basename(path)}-wal`)) {
		throw storeDamaged(path, "the file is missing while other parts of the store exist");
	}
}

/**
 * Opens the database, or creates it in a directory without one.
 * @param path absolute. No other process may have it open.
 * @throws AppError `STORE_DAMAGED` (exit 7); `STORE_FOREIGN`, `STORE_TOO_NEW`, `STORE_UNUSABLE`, … (exit 1)
 */
export async function openDatabase(path: string): Promise<SqliteDatabase> {
	const names = await readdir(dirname(path));
	if (!names.includes(basename(path))) {
		await refuseRemains(path, names);
		create(path);
		await syncDirectory(dirname(path));
	}
	const database = new SqliteDatabase(path);
	try {
		checkDatabase(database);
		database.exec("PRAGMA synchronous = FULL");
		database.exec("PRAGMA foreign_keys = ON");
		// Overwrites the data of a deleted app. Otherwise it would stay in free pages of the file.
		database.exec("PRAGMA secure_delete = ON");
		if (pragma(database, "user_version") === 1) addSeal(database);
		database.exec(CHECKPOINT_TABLE);
	} catch (error) {
		database.close();
		throw error;
	}
	return database;
}
