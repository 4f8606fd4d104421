/** The checkpoints of a store in SQLite: a row for each stream that has one. */
import { fromUtf8, utf8 } from "../../../bytes.ts";
import type { SqliteDatabase } from "../sqlite-database.ts";
import type { Checkpoint, Checkpoints, StoredCheckpoint, StreamName } from "../store.ts";

const PER_PAGE = 100;

export class SqliteCheckpoints implements Checkpoints {
	readonly #open: () => SqliteDatabase;

	/** @param open returns the database. It throws once the store is closed. */
	constructor(open: () => SqliteDatabase) {
		this.#open = open;
	}

	async write(checkpoints: readonly Checkpoint[]): Promise<void> {
		const database = this.#open();
		database.transaction(() => {
			for (const { stream, text } of checkpoints)
				database.run(
					"INSERT OR REPLACE INTO checkpoints (stream, body) SELECT id, ? FROM streams WHERE name = ?",
					utf8(text),
					stream,
				);
		});
	}

	async *read(prefix: string): AsyncGenerator<StoredCheckpoint, void, void> {
		for (let after = ""; ; ) {
			// libsql returns a blob as an ArrayBuffer.
			const rows = this.#open().all<{ name: StreamName; body: ArrayBuffer }>(
				`SELECT name, body FROM streams JOIN checkpoints ON checkpoints.stream = streams.id
				WHERE name > ? AND substr(name, 1, length(?)) = ? ORDER BY name LIMIT ${PER_PAGE}`,
				after,
				prefix,
				prefix,
			);
			for (const { body, name } of rows) yield { stream: name, text: fromUtf8(new Uint8Array(body)) };
			const last = rows.at(-1);
			if (last === undefined) return;
			after = last.name;
		}
	}

	async remove(stream: StreamName): Promise<void> {
		this.#open().run(
			"DELETE FROM checkpoints WHERE stream = (SELECT id FROM streams WHERE name = ?)",
			stream,
		);
	}
}
