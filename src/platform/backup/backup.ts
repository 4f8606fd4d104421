/**
 * Backs up a data directory, even while a platform uses it: a snapshot of the database, the Deno KV stores of
 * apps, and the blobs of deployed functions. A backup contains no identity, no secret in plaintext and no logs of functions.
 */
import { constants, existsSync } from "node:fs";
import { access, lstat, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { cryptoReady, randomBytes } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { blobHash } from "../../protocol/blob-hash.ts";
import { blobFileName } from "../store/blob-files.ts";
import { blobFolder } from "../store/blobs.ts";
import { syncDirectory, syncFile } from "../store/durable.ts";
import { DATABASE_FILE, NODE_FILE } from "../store/private-directory.ts";
import { takeSnapshot } from "../store/snapshot.ts";
import { type Contents, contentsOf } from "./contents.ts";
import { copyStores } from "./kv-stores.ts";
import {
	type BackupFile,
	BLOBS_FOLDER,
	digestOf,
	formatManifest,
	MANIFEST_FILE,
	SNAPSHOT_FILE,
} from "./manifest.ts";

export interface BackupOptions {
	/** Contains the store. A platform may be running on it. */
	readonly dataDirectory: string;
	/** The directory to create. */
	readonly target: string;
	readonly version: string;
	/** Milliseconds since 1970. */
	readonly nowMs: number;
}

export interface BackupSummary {
	/** Absolute. */
	readonly backup: string;
	readonly createdMs: number;
	readonly apps: number;
	readonly functions: number;
	readonly files: number;
	readonly bytes: number;
}

/** The most attempts if a blob of the snapshot is deleted during the backup. */
const ATTEMPTS_MAX = 5;

/** A blob of the snapshot does not exist any more. */
class BlobGone extends Error {}

function translateError(target: string, error: unknown): unknown {
	if (error instanceof AppError) return error;
	const { code } = error as NodeJS.ErrnoException;
	if (code === undefined) return error;
	if (code === "EEXIST" || code === "ENOTEMPTY" || code === "ENOTDIR") return backupExists(target);
	return new AppError({
		code: "BACKUP_UNWRITABLE",
		message: `The backup ${target} cannot be written (${code}).`,
		hint: "Nothing was left behind. Choose a directory that this user may write to and that has enough free space.",
		exit: EXIT.failure,
		cause: error,
	});
}

function backupExists(target: string): AppError {
	return new AppError({
		code: "BACKUP_EXISTS",
		message: `${target} exists already. A backup never overwrites anything.`,
		hint: "Give a directory that does not exist yet.",
		exit: EXIT.conflict,
	});
}

function storeElsewhere(dataDirectory: string): AppError {
	return new AppError({
		code: "STORE_ELSEWHERE",
		message: `The store of the platform in ${dataDirectory} is in etcd, which this command does not read.`,
		hint: "Back up the etcd cluster (etcdctl snapshot save) and the data directory.",
		exit: EXIT.usage,
	});
}

async function requireStore(dataDirectory: string): Promise<string> {
	const database = join(dataDirectory, DATABASE_FILE);
	try {
		await access(database, constants.R_OK);
		return database;
	} catch (cause) {
		if (existsSync(join(dataDirectory, NODE_FILE))) throw storeElsewhere(dataDirectory);
		throw new AppError({
			code: "DATA_DIR_NOT_FOUND",
			message: `${dataDirectory} is not the data directory of a platform, or this user may not read it.`,
			hint: "Give the platform's data directory with --data, and run this as the platform's user.",
			exit: EXIT.notFound,
			cause,
		});
	}
}

async function requireAbsent(target: string): Promise<void> {
	const present = await lstat(target).catch(() => undefined);
	if (present !== undefined) throw backupExists(target);
}

async function writeSynced(path: string, content: Uint8Array | string): Promise<void> {
	await writeFile(path, content, { flag: "wx", mode: 0o600, flush: true });
}

interface WantedBlob {
	readonly hash: string;
	/** Ids of the lifetimes of the apps that have it. */
	readonly owners: ReadonlySet<string>;
}

/**
 * Reads a blob from the folder of one of its owners, or from the folder for blobs without an owner. @throws
 * BlobGone
 */
async function readBlob(dataDirectory: string, { hash, owners }: WantedBlob) {
	const name = blobFileName(hash) ?? "";
	for (const folder of [...[...owners].map(blobFolder), "."]) {
		const source = join(dataDirectory, "blobs", folder, name);
		const bytes = await readFile(source).catch((error: NodeJS.ErrnoException) => {
			if (error.code === "ENOENT" || name === "") return undefined;
			throw error;
		});
		if (bytes !== undefined) return { bytes, name, source };
	}
	throw new BlobGone(hash);
}

/** @throws BlobGone; AppError `BLOB_DAMAGED` (exit 7) */
async function copyBlob(dataDirectory: string, blob: WantedBlob, draft: string): Promise<BackupFile> {
	const { bytes, name, source } = await readBlob(dataDirectory, blob);
	if (blobHash(bytes) !== blob.hash) {
		throw new AppError({
			code: "BLOB_DAMAGED",
			message: `The blob ${source} does not match the hash in its name.`,
			hint: "Nothing was backed up. Deploy the function again to replace the file.",
			exit: EXIT.integrity,
		});
	}
	const path = `${BLOBS_FOLDER}/${name}`;
	await writeSynced(join(draft, path), bytes);
	return { path, ...(await digestOf(join(draft, path))) };
}

/** Fills a new directory with a snapshot and its blobs. */
async function fill(
	draft: string,
	dataDirectory: string,
	database: string,
): Promise<{ contents: Contents; files: BackupFile[] }> {
	await mkdir(draft, { mode: 0o700 });
	await mkdir(join(draft, BLOBS_FOLDER), { mode: 0o700 });
	const snapshot = join(draft, SNAPSHOT_FILE);
	takeSnapshot(database, snapshot);
	await syncFile(snapshot);
	const contents = contentsOf(snapshot);
	const files: BackupFile[] = [{ path: SNAPSHOT_FILE, ...(await digestOf(snapshot)) }];
	// Blobs are copied after the snapshot, because a blob is stored before any entry that names it.
	files.push(...(await copyStores(dataDirectory, contents.lifetimes, draft)));
	for (const [hash, owners] of [...contents.blobs].sort(([a], [b]) => (a < b ? -1 : 1)))
		files.push(await copyBlob(dataDirectory, { hash, owners }, draft));
	return { contents, files };
}

/** As `fill`, but takes a new snapshot if a blob was deleted together with its function. */
async function fillWithRetries(draft: string, dataDirectory: string, database: string) {
	for (let attempt = 1; ; attempt++) {
		try {
			return await fill(draft, dataDirectory, database);
		} catch (error) {
			if (!(error instanceof BlobGone)) throw error;
			if (attempt === ATTEMPTS_MAX) throw blobsMissing(dataDirectory, error);
			await rm(draft, { recursive: true });
		}
	}
}

function blobsMissing(dataDirectory: string, cause: BlobGone): AppError {
	return new AppError({
		code: "BLOB_MISSING",
		message: `The data directory ${dataDirectory} lacks the blob ${cause.message}, which a function needs to start.`,
		hint: "Nothing was backed up. Deploy the function again to store the blob again.",
		exit: EXIT.integrity,
		cause,
	});
}

/**
 * Writes a backup. It gets its final name when it is complete. A platform may take changes and deployments in the
 * meantime.
 * @throws AppError `STORE_ELSEWHERE` (exit 2), `DATA_DIR_NOT_FOUND` (exit 4), `BACKUP_EXISTS` (exit 5), `BACKUP_UNWRITABLE` (exit 1),
 * `STORE_DAMAGED`, `BLOB_DAMAGED`, `BLOB_MISSING` (exit 7)
 */
export async function backupPlatform(options: BackupOptions): Promise<BackupSummary> {
	await cryptoReady;
	const { nowMs: createdMs, version } = options;
	const dataDirectory = resolve(options.dataDirectory);
	const target = resolve(options.target);
	const database = await requireStore(dataDirectory);
	await requireAbsent(target);
	const random = Buffer.from(randomBytes(9)).toString("hex");
	const draft = join(dirname(target), `.${basename(target)}.${random}.tmp`);
	try {
		const { contents, files } = await fillWithRetries(draft, dataDirectory, database);
		const { apps, functions } = contents;
		const manifest = { coffer: version, createdMs, apps, functions, files };
		await writeSynced(join(draft, MANIFEST_FILE), formatManifest(manifest));
		for (const folder of [join(draft, BLOBS_FOLDER), draft]) await syncDirectory(folder);
		await requireAbsent(target);
		await rename(draft, target);
		await syncDirectory(dirname(target));
		const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
		return { backup: target, createdMs, apps, functions, files: files.length, bytes };
	} catch (error) {
		await rm(draft, { recursive: true, force: true });
		throw translateError(target, error);
	}
}
