/** Snapshots: copies a database to a file while a platform writes to it, and makes a database from such a copy. */
import { closeSync, openSync } from "node:fs";
import { fromUtf8 } from "../../bytes.ts";
import { checkDatabase, SqliteDatabase } from "./sqlite-database.ts";
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
