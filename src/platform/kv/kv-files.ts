/** The files of the stores: one SQLite file for each app, named by the app's lifetime. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
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
	const kept = new Set(except);
	return [...new Set(apps)].filter((app) => !kept.has(app));
}

/**
 * The size in bytes of the store of each app that has one. Only their files are looked at, because most apps have none.
 */
export async function storeBytes(directory: string): Promise<Map<string, number>> {
	const names = await readdir(directory).catch(() => []);
	const sizes = names.map(async (name): Promise<[string, number][]> => {
		const app = /^([0-9a-f]+)\.db$/.exec(name)?.[1];
		const file = app === undefined ? undefined : await stat(join(directory, name)).catch(() => undefined);
		return app === undefined || file === undefined ? [] : [[app, file.size]];
	});
	return new Map((await Promise.all(sizes)).flat());
}
