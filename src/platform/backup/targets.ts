/**
 * Fills an empty data directory or an empty prefix in etcd, from a backup or from another store. The database is put in
 * place last, so a directory that has a database is complete. The same holds for etcd, with the key that makes a prefix a
 * store. Until then, the file `filling` says that the directory is not complete.
 */
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import type { NamedStore } from "../configuration/store-access.ts";
import { parseStoreUrl, type StoreUrl } from "../configuration/store-url.ts";
import { KV_FOLDER } from "../kv/kv-files.ts";
import { BlobFiles } from "../store/blob-files.ts";
import { claimDataDirectory } from "../store/data-directory.ts";
import { syncFile } from "../store/durable.ts";
import { nodeOf } from "../store/node-directory.ts";
import {
	DATABASE_FILE,
	type DataDirectory,
	LOCK_FILE,
	markFilling,
	NODE_FILE,
	requireFilled,
	unmarkFilling,
} from "../store/private-directory.ts";
import { adoptSnapshot, readSnapshot } from "../store/snapshot.ts";
import { type Contents, contentsOf } from "./contents.ts";
import type { WantedBlob } from "./sources.ts";

/** What a target is filled from. */
export interface Origin {
	/** Writes the log to a new file, which only its owner can read. */
	putLog(file: string): Promise<void>;
	/** The bytes of a blob, checked against its hash. */
	readBlob(blob: WantedBlob): Promise<Uint8Array>;
	/** Puts the other files of a data directory, and checks what was written. */
	putFiles(directory: string, contents: Contents): Promise<void>;
	/** Checks that a written log is the one of the origin. Called last, before the target becomes a store. */
	confirm(log: string): Promise<void>;
}

export interface Target {
	/** Absolute. */
	readonly dataDirectory: string;
	/** Where the log and the blobs go. Undefined: to the data directory. */
	readonly store?: NamedStore | undefined;
}

/** Files that an empty directory may contain: the `lost+found` of a mounted disk, and the lock of this process. */
const IGNORED_FILES = new Set(["lost+found", LOCK_FILE, `${LOCK_FILE}-journal`]);
export const LOGS_FOLDER = "logs";

function inUse(path: string, cause?: unknown): AppError {
	return new AppError({
		code: "DATA_DIR_IN_USE",
		message: `A platform runs on the data directory ${path}.`,
		hint: "Nothing was written. Give another directory, or stop that platform and move its data away.",
		exit: EXIT.conflict,
		cause,
	});
}

function notEmpty(path: string): AppError {
	return new AppError({
		code: "DATA_DIR_NOT_EMPTY",
		message: `The data directory ${path} is not empty. Its files are never overwritten.`,
		hint: "Nothing was written. Give a directory that is empty or does not exist yet.",
		exit: EXIT.conflict,
	});
}

async function isEmpty(path: string): Promise<boolean> {
	const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return [];
		throw error.code === "ENOTDIR" ? notEmpty(path) : error;
	});
	return names.every((name) => IGNORED_FILES.has(name));
}

/** Whether a platform uses the directory. The check does not change the directory. */
async function isHeld(path: string): Promise<boolean> {
	if (!(await readdir(path)).includes(LOCK_FILE)) return false;
	try {
		(await claimDataDirectory(path)).release();
		return false;
	} catch (error) {
		return error instanceof AppError && error.code === "DATA_DIR_IN_USE";
	}
}

/** Claims an empty directory. */
async function claimEmpty(path: string): Promise<DataDirectory> {
	await requireFilled(path);
	if (!(await isEmpty(path))) throw (await isHeld(path)) ? inUse(path) : notEmpty(path);
	const claimed = await claimDataDirectory(path).catch((error: unknown) => {
		throw error instanceof AppError && error.code === "DATA_DIR_IN_USE" ? inUse(path, error) : error;
	});
	if (await isEmpty(path)) return claimed;
	claimed.release();
	throw notEmpty(path);
}

/** Removes what was written to a directory. */
async function removeIncomplete(path: string): Promise<void> {
	const draft = `${DATABASE_FILE}.new`;
	const drafts = [draft, `${draft}-wal`, `${draft}-shm`, `${draft}-journal`];
	for (const name of ["blobs", KV_FOLDER, LOGS_FOLDER, "incoming", NODE_FILE, ...drafts])
		await rm(join(path, name), { recursive: true, force: true });
	await unmarkFilling(path);
}

/** Copies all blobs. @param put stores a blob, and checks that it can be read again */
async function putBlobs(
	origin: Origin,
	{ blobs }: Contents,
	put: (owner: string, bytes: Uint8Array) => Promise<void>,
): Promise<void> {
	for (const [hash, owners] of blobs) {
		const bytes = await origin.readBlob({ hash, owners });
		for (const owner of owners) await put(owner, bytes);
	}
}

function blobLost(path: string, hash: string): AppError {
	return new AppError({
		code: "STORE_CHANGED",
		message: `The blob ${hash} is not in ${path} any more, right after it was written.`,
		hint: "Nothing is left of what was written. Check the disk, and that nothing else uses the directory.",
		exit: EXIT.integrity,
	});
}

/** Fills a data directory. */
async function fillDirectory(origin: Origin, path: string): Promise<Contents> {
	const draft = join(path, `${DATABASE_FILE}.new`);
	try {
		await markFilling(path);
		await origin.putLog(draft);
		const contents = contentsOf(draft);
		await origin.putFiles(path, contents);
		const blobs = await BlobFiles.open(path);
		await putBlobs(origin, contents, async (owner, bytes) => {
			const hash = await blobs.put(owner, bytes);
			if ((await blobs.get(owner, hash)) === undefined) throw blobLost(path, hash);
		});
		adoptSnapshot(draft);
		await syncFile(draft);
		await origin.confirm(draft);
		await rename(draft, join(path, DATABASE_FILE));
		await unmarkFilling(path);
		return contents;
	} catch (error) {
		await removeIncomplete(path);
		throw error;
	}
}

/** Fills a store in etcd, and a data directory with what a platform keeps beside such a store. */
async function fillShared(
	origin: Origin,
	path: string,
	{ store, url }: { readonly store: NamedStore; readonly url: StoreUrl & { kind: "etcd" } },
): Promise<Contents> {
	const { Filling } = await import("../store/etcd/filling.ts");
	using filling = await Filling.begin(url, store);
	const draft = join(path, `${DATABASE_FILE}.new`);
	try {
		await markFilling(path);
		await origin.putLog(draft);
		const contents = contentsOf(draft);
		await origin.putFiles(path, contents);
		await filling.putLog(readSnapshot(draft));
		await putBlobs(origin, contents, (owner, bytes) => filling.putBlob(owner, bytes));
		await origin.confirm(draft);
		await rm(draft);
		await nodeOf(path);
		// Before the prefix becomes a store, since a platform can be started then.
		await unmarkFilling(path);
		await filling.end();
		return contents;
	} catch (error) {
		if (await filling.abandon()) await removeIncomplete(path);
		throw error;
	}
}

/**
 * Fills an empty target.
 * @throws AppError `DATA_DIR_NOT_EMPTY`, `DATA_DIR_IN_USE`, `STORE_INCOMPLETE` (exit 5), `DATA_DIR_UNUSABLE` (exit 1);
 * and as `Filling` and the origin. Nothing is left behind then, except if etcd stops answering.
 */
export async function fillTarget(origin: Origin, { dataDirectory: path, store }: Target): Promise<Contents> {
	const url = store && parseStoreUrl(store.url);
	const claimed = await claimEmpty(path);
	try {
		if (store === undefined || url?.kind !== "etcd") return await fillDirectory(origin, path);
		return await fillShared(origin, path, { store, url });
	} finally {
		claimed.release();
	}
}
