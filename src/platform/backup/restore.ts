/**
 * Restores a data directory, or a store in etcd, from a backup. The files of the backup are checked before anything is
 * written. The database is put in place last, so a directory that has a database is complete. The same holds for etcd,
 * with the key that makes a prefix a store.
 */
import { constants } from "node:fs";
import { chmod, copyFile, readdir, readFile, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { cryptoReady } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { blobHash } from "../../protocol/blob-hash.ts";
import type { NamedStore } from "../configuration/store-access.ts";
import { parseStoreUrl, type StoreUrl } from "../configuration/store-url.ts";
import { KV_FOLDER } from "../kv/kv-files.ts";
import { BlobFiles, blobFileName } from "../store/blob-files.ts";
import { claimDataDirectory } from "../store/data-directory.ts";
import { syncDirectory, syncFile } from "../store/durable.ts";
import { DATABASE_FILE, type DataDirectory, LOCK_FILE } from "../store/private-directory.ts";
import { adoptSnapshot, readSnapshot } from "../store/snapshot.ts";
import type { BackupSummary } from "./backup.ts";
import { contentsOf } from "./contents.ts";
import { isStore, putStores } from "./kv-stores.ts";
import {
	BLOBS_FOLDER,
	backupDamaged,
	digestOf,
	type Manifest,
	readBackup,
	SNAPSHOT_FILE,
} from "./manifest.ts";

export interface RestoreOptions {
	readonly backup: string;
	/** Empty, or does not exist yet. */
	readonly dataDirectory: string;
	/** Where to restore the log and the blobs. Undefined: to the data directory. */
	readonly store?: NamedStore | undefined;
}

export interface RestoreSummary extends BackupSummary {
	/** Absolute. */
	readonly dataDirectory: string;
}

/** Files that an empty directory may contain: the `lost+found` of a mounted disk, and the lock of this process. */
const IGNORED_FILES = new Set(["lost+found", LOCK_FILE, `${LOCK_FILE}-journal`]);

function inUse(path: string, cause?: unknown): AppError {
	return new AppError({
		code: "DATA_DIR_IN_USE",
		message: `A platform runs on the data directory ${path}.`,
		hint: "Nothing was restored. Give another directory, or stop that platform and move its data away.",
		exit: EXIT.conflict,
		cause,
	});
}

function notEmpty(path: string): AppError {
	return new AppError({
		code: "DATA_DIR_NOT_EMPTY",
		message: `The data directory ${path} is not empty. Restoring never overwrites anything.`,
		hint: "Nothing was restored. Give a directory that is empty or does not exist yet.",
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
	if (!(await isEmpty(path))) throw (await isHeld(path)) ? inUse(path) : notEmpty(path);
	const claimed = await claimDataDirectory(path).catch((error: unknown) => {
		throw error instanceof AppError && error.code === "DATA_DIR_IN_USE" ? inUse(path, error) : error;
	});
	if (await isEmpty(path)) return claimed;
	claimed.release();
	throw notEmpty(path);
}

async function putBlobs(backup: string, { files }: Manifest, path: string): Promise<void> {
	const blobs = await BlobFiles.open(path);
	for (const file of files.filter((one) => one.path !== SNAPSHOT_FILE && !isStore(one))) {
		const hash = await blobs.putOwnerless(await readFile(join(backup, file.path)));
		if (file.path !== `${BLOBS_FOLDER}/${blobFileName(hash)}`)
			throw backupDamaged(backup, `${file.path} does not match the hash in its name`);
	}
}

/** Copies the snapshot to the data directory, and checks it. @returns the path of the copy */
async function copySnapshot(backup: string, manifest: Manifest, path: string): Promise<string> {
	const draft = join(path, `${DATABASE_FILE}.new`);
	await copyFile(join(backup, SNAPSHOT_FILE), draft, constants.COPYFILE_EXCL);
	await chmod(draft, 0o600);
	const { sha256 } = await digestOf(draft);
	if (sha256 !== manifest.files.find((file) => file.path === SNAPSHOT_FILE)?.sha256)
		throw backupDamaged(backup, `${SNAPSHOT_FILE} changed while it was being read`);
	checkComplete(backup, manifest, draft);
	return draft;
}

async function putDatabase(backup: string, manifest: Manifest, path: string): Promise<void> {
	const draft = await copySnapshot(backup, manifest, path);
	adoptSnapshot(draft);
	await syncFile(draft);
	await rename(draft, join(path, DATABASE_FILE));
	await syncDirectory(path);
}

/** Checks that the database matches the manifest, and that the backup has each blob that the database needs. */
function checkComplete(backup: string, manifest: Manifest, snapshot: string): void {
	const { apps, functions, blobs } = contentsOf(snapshot);
	const paths = new Set(manifest.files.map((file) => file.path));
	const isWhole = [...blobs.keys()].every((hash) => paths.has(`${BLOBS_FOLDER}/${blobFileName(hash)}`));
	if (apps !== manifest.apps || functions !== manifest.functions || !isWhole)
		throw backupDamaged(backup, "its database and its other files do not belong together");
}

/** Removes the files of an incomplete restore. */
async function removeIncomplete(path: string): Promise<void> {
	const draft = `${DATABASE_FILE}.new`;
	const names = ["blobs", KV_FOLDER, "incoming", draft, `${draft}-wal`, `${draft}-shm`, `${draft}-journal`];
	for (const name of names) await rm(join(path, name), { recursive: true, force: true });
}

/** Fills a data directory. */
async function fillDirectory(backup: string, manifest: Manifest, path: string): Promise<void> {
	try {
		await putBlobs(backup, manifest, path);
		await putStores(backup, manifest, path);
		await putDatabase(backup, manifest, path);
	} catch (error) {
		await removeIncomplete(path);
		throw error;
	}
}

/** Fills a store in etcd, and a data directory with the Deno KV stores of apps. */
async function fillShared(
	backup: string,
	manifest: Manifest,
	path: string,
	{ store, url }: { readonly store: NamedStore; readonly url: StoreUrl & { kind: "etcd" } },
): Promise<void> {
	const { Filling } = await import("../store/etcd/filling.ts");
	using filling = await Filling.begin(url, store);
	try {
		const snapshot = await copySnapshot(backup, manifest, path);
		await putStores(backup, manifest, path);
		await filling.putLog(readSnapshot(snapshot));
		for (const [hash, owners] of contentsOf(snapshot).blobs) {
			const bytes = await readFile(join(backup, BLOBS_FOLDER, blobFileName(hash) ?? ""));
			if (blobHash(bytes) !== hash)
				throw backupDamaged(backup, `the blob ${hash} does not match the hash in its name`);
			for (const owner of owners) await filling.putBlob(owner, bytes);
		}
		await rm(snapshot);
		await filling.end();
	} catch (error) {
		if (await filling.abandon()) await removeIncomplete(path);
		throw error;
	}
}

/**
 * Restores a backup to a data directory, and to a store in etcd if one is given. A platform with the identity of the backup can start on it.
 * @throws AppError `BACKUP_NOT_FOUND` (exit 4), `BACKUP_DAMAGED` (exit 7), `BACKUP_TOO_NEW` (exit 1),
 * `DATA_DIR_NOT_EMPTY`, `DATA_DIR_IN_USE` (exit 5), `DATA_DIR_UNUSABLE` (exit 1); and as `Filling`. Nothing is
 * left behind then, except if etcd stops answering.
 */
export async function restorePlatform(options: RestoreOptions): Promise<RestoreSummary> {
	await cryptoReady;
	const backup = resolve(options.backup);
	const { store } = options;
	const url = store && parseStoreUrl(store.url);
	const path = resolve(url?.kind === "sqlite" ? url.directory : options.dataDirectory);
	const manifest = await readBackup(backup);
	const claimed = await claimEmpty(path);
	try {
		if (store !== undefined && url?.kind === "etcd") await fillShared(backup, manifest, path, { store, url });
		else await fillDirectory(backup, manifest, path);
	} finally {
		claimed.release();
	}
	const { apps, createdMs, files, functions } = manifest;
	const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
	return { backup, dataDirectory: path, createdMs, apps, functions, files: files.length, bytes };
}
