/** The Deno KV stores of apps: copies of them, in a backup or in another data directory. */
import { closeSync, constants, existsSync, openSync } from "node:fs";
import { chmod, copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { KV_FOLDER, kvFile } from "../kv/kv-files.ts";
import { syncDirectory, syncFile } from "../store/durable.ts";
import { SqliteDatabase } from "../store/sqlite-database.ts";
import { type BackupFile, digestOf, type Manifest, STORES_FOLDER } from "./manifest.ts";

/** Writes the current state of a store to a new file, even while a platform writes to the store. */
function copyStore(source: string, target: string): void {
	// SQLite writes into an empty file. A file that SQLite itself creates would be readable by all users.
	closeSync(openSync(target, "wx", 0o600));
	const database = new SqliteDatabase(source);
	try {
		database.exec(`VACUUM INTO '${target.replaceAll("'", "''")}'`);
	} finally {
		database.close();
	}
}

/**
 * Copies the stores of apps into a backup, or into another data directory.
 * @param dataDirectory undefined: there are none to copy
 * @param apps the ids of their lifetimes
 */
export async function copyStores(
	dataDirectory: string | undefined,
	apps: readonly string[],
	backup: string,
): Promise<BackupFile[]> {
	if (dataDirectory === undefined) return [];
	const sourceOf = (app: string) => join(dataDirectory, KV_FOLDER, kvFile(app));
	const present = apps.filter((app) => existsSync(sourceOf(app))).sort();
	if (present.length === 0) return [];
	const folder = join(backup, STORES_FOLDER);
	await mkdir(folder, { mode: 0o700 });
	const files: BackupFile[] = [];
	for (const app of present) {
		const path = `${STORES_FOLDER}/${kvFile(app)}`;
		copyStore(sourceOf(app), join(backup, path));
		await syncFile(join(backup, path));
		files.push({ path, ...(await digestOf(join(backup, path))) });
	}
	await syncDirectory(folder);
	return files;
}

/** Whether two stores that nobody writes to have the same contents. */
export function isSameStore(one: string, other: string): boolean {
	const database = new SqliteDatabase(one);
	try {
		database.exec(`ATTACH '${other.replaceAll("'", "''")}' AS other`);
		const tablesOf = (schema: string) =>
			database.all<{ name: string }>(
				`SELECT name FROM ${schema}.sqlite_schema WHERE type = 'table' ORDER BY name`,
			);
		const tables = tablesOf("main").map(({ name }) => name);
		if (
			tables.join() !==
			tablesOf("other")
				.map(({ name }) => name)
				.join()
		)
			return false;
		return tables.every((table) =>
			[["main", "other"] as const, ["other", "main"] as const].every(
				([a, b]) =>
					database.all(`SELECT * FROM ${a}."${table}" EXCEPT SELECT * FROM ${b}."${table}" LIMIT 1`)
						.length === 0,
			),
		);
	} finally {
		database.close();
	}
}

/** Whether a file of a backup is a store of an app. */
export function isStore({ path }: Pick<BackupFile, "path">): boolean {
	return path.startsWith(`${STORES_FOLDER}/`);
}

/** Puts the stores of a backup into a data directory. */
export async function putStores(backup: string, { files }: Manifest, dataDirectory: string): Promise<void> {
	const stores = files.filter(isStore);
	if (stores.length === 0) return;
	const folder = join(dataDirectory, KV_FOLDER);
	await mkdir(folder, { mode: 0o700 });
	for (const { path } of stores) {
		const target = join(folder, path.slice(STORES_FOLDER.length + 1));
		await copyFile(join(backup, path), target, constants.COPYFILE_EXCL);
		await chmod(target, 0o600);
		await syncFile(target);
	}
	await syncDirectory(folder);
}
