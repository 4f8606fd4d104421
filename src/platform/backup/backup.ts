/**
 * Backs up a platform, even while it runs: a snapshot of the log from its database or from etcd, the Deno KV stores of
 * apps, and the blobs of deployed functions. A backup contains no identity, no secret in plaintext and no logs of functions.
 */
import { lstat, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { cryptoReady, randomBytes } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import type { NamedStore } from "../configuration/store-access.ts";
import { blobFileName } from "../store/blob-files.ts";
import { syncDirectory, syncFile } from "../store/durable.ts";
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
import { Gone, openSource, type Source, type WantedBlob } from "./sources.ts";

export interface BackupOptions {
	/** The data directory of the platform, which may be running. */
	readonly dataDirectory: string;
	/** The store. Undefined: it is in the data directory. */
	readonly store?: NamedStore | undefined;
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

export interface WrittenBackup extends BackupSummary {
	/** Why the platform could not be told of the backup, which is complete. Undefined if it was. */
	readonly unrecorded?: string;
}

/** The most characters of a directory's name that are recorded. */
const NAME_CHARACTERS = 100;
/** The most attempts if something that the snapshot needs is deleted during the backup. */
const ATTEMPTS_MAX = 5;

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

async function requireAbsent(target: string): Promise<void> {
	const present = await lstat(target).catch(() => undefined);
	if (present !== undefined) throw backupExists(target);
}

async function writeSynced(path: string, content: Uint8Array | string): Promise<void> {
	await writeFile(path, content, { flag: "wx", mode: 0o600, flush: true });
}

/** @throws as `Source.readBlob` */
async function copyBlob(source: Source, blob: WantedBlob, draft: string): Promise<BackupFile> {
	const bytes = await source.readBlob(blob);
	const path = `${BLOBS_FOLDER}/${blobFileName(blob.hash)}`;
	await writeSynced(join(draft, path), bytes);
	return { path, ...(await digestOf(join(draft, path))) };
}

/** Fills a new directory with a snapshot and its blobs. */
async function fill(draft: string, source: Source): Promise<{ contents: Contents; files: BackupFile[] }> {
	await mkdir(draft, { mode: 0o700 });
	await mkdir(join(draft, BLOBS_FOLDER), { mode: 0o700 });
	const snapshot = join(draft, SNAPSHOT_FILE);
	await source.snapshot(snapshot);
	await syncFile(snapshot);
	const contents = contentsOf(snapshot);
	const files: BackupFile[] = [{ path: SNAPSHOT_FILE, ...(await digestOf(snapshot)) }];
	// Blobs are copied after the snapshot, because a blob is stored before any entry that names it.
	files.push(...(await copyStores(source.kvDirectory, contents.lifetimes, draft)));
	for (const [hash, owners] of [...contents.blobs].sort(([a], [b]) => (a < b ? -1 : 1)))
		files.push(await copyBlob(source, { hash, owners }, draft));
	return { contents, files };
}

/** As `fill`, but takes a new snapshot if something that it needs was deleted, as a blob is with its function. */
async function fillWithRetries(draft: string, source: Source) {
	for (let attempt = 1; ; attempt++) {
		try {
			return await fill(draft, source);
		} catch (error) {
			if (!(error instanceof Gone)) throw error;
			if (attempt === ATTEMPTS_MAX) throw error.fault;
			await rm(draft, { recursive: true });
		}
	}
}

/** Tells the platform of a complete backup. If that fails, the backup is as good. */
async function record(
	source: Source,
	{ apps, backup, bytes, createdMs, functions }: BackupSummary,
): Promise<Pick<WrittenBackup, "unrecorded">> {
	try {
		const { sha256: manifest } = await digestOf(join(backup, MANIFEST_FILE));
		const name = [...basename(backup)].slice(0, NAME_CHARACTERS).join("");
		await source.addRecord({ createdMs, name, bytes, apps, functions, manifest });
		return {};
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		return { unrecorded: code ?? message };
	}
}

/**
 * Writes a backup. It gets its final name when it is complete. A platform may take changes and deployments in the
 * meantime.
 * @throws AppError as `openSource`; `BACKUP_EXISTS` (exit 5), `BACKUP_UNWRITABLE` (exit 1), `STORE_DAMAGED`,
 * `BLOB_DAMAGED`, `BLOB_MISSING` (exit 7)
 */
export async function backupPlatform(options: BackupOptions): Promise<WrittenBackup> {
	await cryptoReady;
	const { nowMs: createdMs, version } = options;
	const target = resolve(options.target);
	using source = await openSource(resolve(options.dataDirectory), options.store);
	await requireAbsent(target);
	const random = Buffer.from(randomBytes(9)).toString("hex");
	const draft = join(dirname(target), `.${basename(target)}.${random}.tmp`);
	try {
		const { contents, files } = await fillWithRetries(draft, source);
		const { apps, functions } = contents;
		const manifest = { coffer: version, createdMs, apps, functions, files };
		await writeSynced(join(draft, MANIFEST_FILE), formatManifest(manifest));
		for (const folder of [join(draft, BLOBS_FOLDER), draft]) await syncDirectory(folder);
		await requireAbsent(target);
		await rename(draft, target);
		await syncDirectory(dirname(target));
		const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
		const summary = { backup: target, createdMs, apps, functions, files: files.length, bytes };
		return { ...summary, ...(await record(source, summary)) };
	} catch (error) {
		await rm(draft, { recursive: true, force: true });
		throw translateError(target, error);
	}
}
