/**
 * A database as it is at one moment, in a file of its own: taken while others go on writing, and put back.
 */
import { closeSync, openSync } from "node:fs";
import { fromUtf8 } from "../../bytes.ts";
import { checkDatabase, damaged, SqliteDatabase } from "./sqlite-database.ts";
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
 * Writes what is in a database at this moment to a new file, private to its owner. Not synced yet.
 * @throws AppError as `openDatabase`
 */
export function takeSnapshot(path: string, target: string): void {
	// SQLite fills an empty file; one of its own making everybody could read.
	closeSync(openSync(target, "wx", 0o600));
	withDatabase(path, (database) => database.exec(`VACUUM INTO '${target.replaceAll("'", "''")}'`));
}

/**
 * Makes of the copy of a snapshot what a platform works on.
 * @throws AppError as `openDatabase`
 */
export function adoptSnapshot(path: string): void {
	withDatabase(path, (database) => database.exec("PRAGMA journal_mode = WAL"));
}

/**
 * All streams of a snapshot whose names end so, with their entries' bodies in order.
 * @throws AppError as `openDatabase`
 */
export function streamsOf(path: string, end: string): Map<StreamName, string[]> {
	const rows = withDatabase(path, (database) =>
		// libsql hands a blob out as an ArrayBuffer.
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
		if (text === undefined) throw damaged(path, `an entry of the stream ${name} is unreadable`);
		const bodies = streams.get(name);
		if (bodies === undefined) streams.set(name, [text]);
		else bodies.push(text);
	}
	return streams;
}
