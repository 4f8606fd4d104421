/** The files of the stores: one SQLite file for each app, named by the app's lifetime. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";

/** The folder of the stores, in the data directory. */
export const KV_FOLDER = "kv";

/** The name of a store's file. @param app id of the app's lifetime: hexadecimal digits */
export function kvFile(app: string): string {
	return `${app}.db`;
}

/** Removes the files of stores that are closed. */
export function removeStores(directory: string, apps: readonly string[]): void {
	for (const app of apps)
		for (const end of ["", "-wal", "-shm", "-journal"])
			rmSync(join(directory, `${kvFile(app)}${end}`), { force: true });
}

/** The apps that have a store in the folder, except some. */
export function otherStores(directory: string, except: readonly string[]): string[] {
	if (!existsSync(directory)) return [];
	const apps = readdirSync(directory).flatMap((name) => /^([0-9a-f]+)\.db/.exec(name)?.[1] ?? []);
	return [...new Set(apps)].filter((app) => !except.includes(app));
}

/** The size in bytes of the store of an app; undefined if it has none. */
export async function storeBytes(directory: string, app: string): Promise<number | undefined> {
	return (await stat(join(directory, kvFile(app))).catch(() => undefined))?.size;
}
