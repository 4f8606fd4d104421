/**
 * Restores a data directory from a backup. Everything is checked before anything is written. The database is put in
 * place last, so a directory that has a database is complete.
 */
import { constants } from "node:fs";
import { copyFile, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { cryptoReady } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { KV_FOLDER } from "../kv/kv-files.ts";
import { BlobFiles, blobFileName } from "../store/blob-files.ts";
import { claimDataDirectory } from "../store/data-directory.ts";
import { syncDirectory } from "../store/durable.ts";
import { DATABASE_FILE, type DataDirectory, LOCK_FILE } from "../store/private-directory.ts";
import { adoptSnapshot } from "../store/snapshot.ts";
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

async function putDatabase(backup: string, manifest: Manifest, path: string): Promise<void> {
	const draft = join(path, `${DATABASE_FILE}.new`);
	await copyFile(join(backup, SNAPSHOT_FILE), draft, constants.COPYFILE_EXCL);
	const handle = await open(draft, "r+");
	try {
		await handle.chmod(0o600);
		const { sha256 } = await digestOf(draft);
		if (sha256 !== manifest.files.find((file) => file.path === SNAPSHOT_FILE)?.sha256)
			throw backupDamaged(backup, `${SNAPSHOT_FILE} changed while it was being read`);
		checkComplete(backup, manifest, draft);
		adoptSnapshot(draft);
		await handle.sync();
	} finally {
		await handle.close();
	}
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

/**
 * Restores a backup to a data directory. A platform with the identity of the backup can start on it.
 * @throws AppError `BACKUP_NOT_FOUND` (exit 4), `BACKUP_DAMAGED` (exit 7), `BACKUP_TOO_NEW` (exit 1),
 * `DATA_DIR_NOT_EMPTY`, `DATA_DIR_IN_USE` (exit 5), `DATA_DIR_UNUSABLE` (exit 1). Nothing is left behind
 * then.
 */
export async function restorePlatform(options: RestoreOptions): Promise<RestoreSummary> {
	await cryptoReady;
	const backup = resolve(options.backup);
	const path = resolve(options.dataDirectory);
	const manifest = await readBackup(backup);
	const claimed = await claimEmpty(path);
	try {
		await putBlobs(backup, manifest, path);
		await putStores(backup, manifest, path);
		await putDatabase(backup, manifest, path);
	} catch (error) {
		await removeIncomplete(path);
		throw error;
	} finally {
		claimed.release();
	}
	const { apps, createdMs, files, functions } = manifest;
	const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
	return { backup, dataDirectory: path, createdMs, apps, functions, files: files.length, bytes };
}
