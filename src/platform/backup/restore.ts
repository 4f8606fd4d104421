/** Restores a data directory, or a store in etcd, from a backup. The files of the backup are checked before anything is written. */
import { constants } from "node:fs";
import { chmod, copyFile, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { cryptoReady } from "../../crypto.ts";
import { blobHash } from "../../protocol/blob-hash.ts";
import type { NamedStore } from "../configuration/store-access.ts";
import { parseStoreUrl } from "../configuration/store-url.ts";
import { blobFileName } from "../store/blob-files.ts";
import type { BackupSummary } from "./backup.ts";
import { contentsOf } from "./contents.ts";
import { putStores } from "./kv-stores.ts";
import {
	BLOBS_FOLDER,
	backupDamaged,
	digestOf,
	type Manifest,
	readBackup,
	SNAPSHOT_FILE,
} from "./manifest.ts";
import { fillTarget, type Origin } from "./targets.ts";

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

/** Copies the snapshot of a backup, and checks the copy. */
async function copySnapshot(backup: string, manifest: Manifest, target: string): Promise<void> {
	await copyFile(join(backup, SNAPSHOT_FILE), target, constants.COPYFILE_EXCL);
	await chmod(target, 0o600);
	const { sha256 } = await digestOf(target);
	if (sha256 !== manifest.files.find((file) => file.path === SNAPSHOT_FILE)?.sha256)
		throw backupDamaged(backup, `${SNAPSHOT_FILE} changed while it was being read`);
	checkComplete(backup, manifest, target);
}

/** Checks that the database matches the manifest, and that the backup has each blob that the database needs. */
function checkComplete(backup: string, manifest: Manifest, snapshot: string): void {
	const { apps, functions, blobs } = contentsOf(snapshot);
	const paths = new Set(manifest.files.map((file) => file.path));
	const isWhole = [...blobs.keys()].every((hash) => paths.has(`${BLOBS_FOLDER}/${blobFileName(hash)}`));
	if (apps !== manifest.apps || functions !== manifest.functions || !isWhole)
		throw backupDamaged(backup, "its database and its other files do not belong together");
}

/** A backup whose files have been checked against its manifest. */
function originOf(backup: string, manifest: Manifest): Origin {
	return {
		putLog: (file) => copySnapshot(backup, manifest, file),
		putFiles: (directory) => putStores(backup, manifest, directory),
		readBlob: async ({ hash }) => {
			const bytes = await readFile(join(backup, BLOBS_FOLDER, blobFileName(hash) ?? ""));
			if (blobHash(bytes) === hash) return bytes;
			throw backupDamaged(backup, `the blob ${hash} does not match the hash in its name`);
		},
		// The files were checked before.
		confirm: async () => {},
	};
}

/**
 * Restores a backup to a data directory, and to a store in etcd if one is given. A platform with the identity of the backup can start on it.
 * @throws AppError `BACKUP_NOT_FOUND` (exit 4), `BACKUP_DAMAGED` (exit 7), `BACKUP_TOO_NEW` (exit 1),
 * and as `fillTarget`
 */
export async function restorePlatform(options: RestoreOptions): Promise<RestoreSummary> {
	await cryptoReady;
	const backup = resolve(options.backup);
	const { store } = options;
	const url = store && parseStoreUrl(store.url);
	const path = resolve(url?.kind === "sqlite" ? url.directory : options.dataDirectory);
	const manifest = await readBackup(backup);
	await fillTarget(originOf(backup, manifest), { dataDirectory: path, store });
	const { apps, createdMs, files, functions } = manifest;
	const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
	return { backup, dataDirectory: path, createdMs, apps, functions, files: files.length, bytes };
}
