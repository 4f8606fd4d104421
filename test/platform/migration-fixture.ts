/** What a test of migrations arranges: Deno KV stores, and blobs at which whoever reads them waits. */
import { execFileSync } from "node:child_process";
import { mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { SqliteDatabase } from "../../src/platform/store/sqlite-database.ts";

/** Makes a Deno KV store of an app. @returns its path */
export async function makeStore(folder: string, app: string, rows: number): Promise<string> {
	await mkdir(folder, { recursive: true });
	const path = join(folder, `${app}.db`);
	const database = new SqliteDatabase(path);
	database.exec("PRAGMA journal_mode = WAL; CREATE TABLE kv (k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID");
	database.transaction(() => {
		for (let row = 0; row < rows; row++) database.run("INSERT INTO kv VALUES (?, 'v')", String(row));
	});
	database.close();
	return path;
}

/** The largest files of a folder: the bundle first. */
export async function usedBlobs(folder: string): Promise<string[]> {
	const sized = (await readdir(folder)).map(async (name) => ({
		name,
		size: (await readFile(join(folder, name))).length,
	}));
	return (await Promise.all(sized)).sort((a, b) => b.size - a.size).map(({ name }) => name);
}

/** Replaces a blob by a pipe, at which whoever reads it waits. */
export async function blockedBlob(folder: string) {
	const path = join(folder, (await usedBlobs(folder))[0] as string);
	const bytes = await readFile(path);
	await rm(path);
	execFileSync("mkfifo", [path]);
	return {
		/** Resolves when somebody reads the blob. */
		reached: async () => {
			const handle = await open(path, "w");
			return {
				goOn: async () => {
					await handle.writeFile(bytes);
					await handle.close();
				},
			};
		},
	};
}
