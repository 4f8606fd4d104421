/**
 * Snapshots: copies a database to a file while a platform writes to it, writes the log of another store to such a file,
 * and makes a database from it.
 */
import { closeSync, openSync } from "node:fs";
import { fromUtf8, utf8 } from "../../bytes.ts";
import { complete, type Moment, type MomentEntry } from "./moment.ts";
import { checkDatabase, createDatabase, SqliteDatabase } from "./sqlite-database.ts";
import { storeDamaged } from "./sqlite-faults.ts";
import type { StreamName } from "./store.ts";

function withDatabase<T>(path: string, use: (database: SqliteDatabase) => T): T {
	const database = new SqliteDatabase(path);
	try {
		checkDatabase(database);
		return use(database);
	} finally {
		database.close();
	}
}

/**
 * Writes the current state of a database to a new file that only its owner can read. The file is not synced.
 * @throws AppError as `openDatabase`
 */
export function takeSnapshot(path: string, target: string): void {
	// SQLite writes into an empty file. A file that SQLite itself creates would be readable by all users.
	closeSync(openSync(target, "wx", 0o600));
	withDatabase(path, (database) => database.exec(`VACUUM INTO '${target.replaceAll("'", "''")}'`));
}

/**
 * Converts the copy of a snapshot to a database for a platform.
 * @throws AppError as `openDatabase`
 */
export function adoptSnapshot(path: string): void {
	withDatabase(path, (database) => database.exec("PRAGMA journal_mode = WAL"));
}

/**
 * All streams of a snapshot whose names have this end, each with the bodies of its entries in order.
 * @throws AppError as `openDatabase`
 */
export function streamsOf(path: string, end: string): Map<StreamName, string[]> {
	const rows = withDatabase(path, (database) =>
		// libsql returns a blob as an ArrayBuffer.
		database.all<{ name: StreamName; body: ArrayBuffer }>(
			`SELECT name, body FROM streams JOIN entries ON entries.stream = streams.id
			WHERE substr(name, -length(?)) = ? ORDER BY name, entries.revision`,
			end,
			end,
		),
	);
	const streams = new Map<StreamName, string[]>();
	for (const { name, body } of rows) {
		const text = fromUtf8(new Uint8Array(body));
		if (text === undefined) throw storeDamaged(path, `an entry of the stream ${name} cannot be read`);
		const bodies = streams.get(name);
		if (bodies === undefined) streams.set(name, [text]);
		else bodies.push(text);
	}
	return streams;
}

/**
 * Writes a log to a new file that only its owner can read, as `takeSnapshot` does. The file is not synced.
 * @throws AppError as `Moment.entries` and `openDatabase`
 */
export async function writeSnapshot(target: string, { entries, heads, seal }: Moment): Promise<void> {
	const database = createDatabase(target);
	try {
		database.exec("PRAGMA synchronous = OFF");
		database.transaction(() => {
			for (const [name, revision] of heads)
				database.run("INSERT INTO streams (name, revision) VALUES (?, ?)", name, revision);
			if (seal !== undefined) database.writeSeal(seal);
		});
		const sql = "INSERT INTO entries (stream, revision, body) SELECT id, ?, ? FROM streams WHERE name = ?";
		for await (const portion of entries()) {
			database.transaction(() => {
				for (const { body, revision, stream } of portion) database.run(sql, revision, utf8(body), stream);
			});
		}
	} finally {
		database.close();
	}
}

/** The seal. A snapshot of a store of schema 1 has no table for it. */
function sealOf(database: SqliteDatabase): string | undefined {
	const tables = database.all("SELECT 1 FROM sqlite_schema WHERE name = 'seal'");
	return tables.length === 0 ? undefined : database.readSeal();
}

/** @throws AppError as `openDatabase` */
function* entriesOf(path: string): Generator<MomentEntry[], void, void> {
	const database = new SqliteDatabase(path);
	try {
		const streams = database.all<{ id: number; name: StreamName }>(
			"SELECT id, name FROM streams ORDER BY name",
		);
		for (const { id, name: stream } of streams) {
			for (let after = 0; ; ) {
				const rows = database.all<{ revision: number; body: ArrayBuffer }>(
					"SELECT revision, body FROM entries WHERE stream = ? AND revision > ? ORDER BY revision LIMIT 100",
					id,
					after,
				);
				const last = rows.at(-1);
				if (last === undefined) break;
				after = last.revision;
				yield rows.map(({ body, revision }) => {
					const text = fromUtf8(new Uint8Array(body));
					if (text === undefined) throw incomplete(path, stream);
					return { stream, revision, body: text };
				});
			}
		}
	} finally {
		database.close();
	}
}

function incomplete(path: string, stream: StreamName) {
	return storeDamaged(path, `entries of the stream ${stream} are missing or cannot be read`);
}

/**
 * The log in a snapshot. The file must not change meanwhile.
 * @throws AppError as `openDatabase`
 */
export function readSnapshot(path: string): Moment {
	return withDatabase(path, (database) => {
		const rows = database.all<{ name: StreamName; revision: number }>("SELECT name, revision FROM streams");
		const heads = new Map(rows.map(({ name, revision }) => [name, revision]));
		const entries = () => complete(heads, entriesOf(path), (stream) => incomplete(path, stream));
		return { seal: sealOf(database), heads, entries };
	});
}
