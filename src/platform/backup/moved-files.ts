/** Copies what a platform keeps in its data directory beside its store: the Deno KV stores of apps, and the logs of functions. */
import { constants } from "node:fs";
import { chmod, copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { syncDirectory, syncFile } from "../store/durable.ts";
import type { Contents } from "./contents.ts";
import { copyStores, isSameStore } from "./kv-stores.ts";
import { digestOf } from "./manifest.ts";
import { LOGS_FOLDER } from "./targets.ts";

/** The error for a copy that is not the same as what was copied. */
export function copyDiffers(path: string): AppError {
	return new AppError({
		code: "COPY_DIFFERS",
		message: `${path} is not the same as what was copied.`,
		hint: "Nothing is left of what was written. Check the disk, and that nothing else uses the two stores.",
		exit: EXIT.integrity,
	});
}

/** Copies a file to a new one, and compares the two. @throws AppError `COPY_DIFFERS` (exit 7) */
async function copyChecked(source: string, target: string): Promise<void> {
	await copyFile(source, target, constants.COPYFILE_EXCL);
	await chmod(target, 0o600);
	await syncFile(target);
	if ((await digestOf(source)).sha256 !== (await digestOf(target)).sha256) throw copyDiffers(target);
}

/** Copies a folder with all folders in it. @returns the number of files */
async function copyFolder(source: string, target: string): Promise<number> {
	const entries = await readdir(source, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return undefined;
		throw error;
	});
	if (entries === undefined) return 0;
	await mkdir(target, { mode: 0o700 });
	let files = 0;
	for (const entry of entries) {
		const [from, to] = [join(source, entry.name), join(target, entry.name)];
		if (entry.isDirectory()) files += await copyFolder(from, to);
		else if (entry.isFile()) {
			await copyChecked(from, to);
			files++;
		}
	}
	await syncDirectory(target);
	return files;
}

/**
 * Copies the files of a data directory that no platform uses into a new one, and checks each copy.
 * @returns the number of stores and of log files
 * @throws AppError `COPY_DIFFERS` (exit 7); and as `SqliteDatabase`
 */
export async function copyDataFiles(
	source: string,
	target: string,
	{ lifetimes }: Contents,
): Promise<{ stores: number; logs: number }> {
	const stores = await copyStores(source, lifetimes, target);
	for (const { path } of stores)
		if (!isSameStore(join(target, path), join(source, path))) throw copyDiffers(join(target, path));
	return {
		stores: stores.length,
		logs: await copyFolder(join(source, LOGS_FOLDER), join(target, LOGS_FOLDER)),
	};
}
