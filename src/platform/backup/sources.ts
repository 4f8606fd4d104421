/** Where the parts of a backup or a migration come from. A platform may use them meanwhile. */
import { constants, existsSync } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { blobHash } from "../../protocol/blob-hash.ts";
import type { BackupRecord } from "../../protocol/nodes.ts";
import { isS3Url } from "../configuration/s3-url.ts";
import type { NamedStore } from "../configuration/store-access.ts";
import { parseStoreUrl, type StoreUrl } from "../configuration/store-url.ts";
import { addRecordFile } from "../store/backups/files.ts";
import { blobFileName } from "../store/blob-files.ts";
import { blobFolder } from "../store/blobs.ts";
import { hashOf } from "../store/moment.ts";
import { DATABASE_FILE, NODE_FILE, requireFilled } from "../store/private-directory.ts";
import { openBlobs } from "../store/s3/open-blobs.ts";
import { readSnapshot, takeSnapshot, writeSnapshot } from "../store/snapshot.ts";

export interface WantedBlob {
	readonly hash: string;
	/** Ids of the lifetimes of the apps that have it. */
	readonly owners: ReadonlySet<string>;
}

export interface Source extends Disposable {
	/** Contains the Deno KV stores of apps. Undefined if they stay where they are. */
	readonly kvDirectory: string | undefined;
	/** Writes the log at one moment to a new file. @throws Gone */
	snapshot(target: string): Promise<void>;
	/** The hash of the log as it is now. @throws Gone */
	hash(): Promise<string>;
	/** Whether a platform uses the store. A directory is claimed instead of asked. */
	isInUse(): Promise<boolean>;
	/** Records a complete backup where the platform sees it. @throws the system's error; AppError as `EtcdClient.call` */
	addRecord(record: BackupRecord): Promise<void>;
	/** The bytes of a blob. @throws Gone; AppError `BLOB_DAMAGED` (exit 7) */
	readBlob(blob: WantedBlob): Promise<Uint8Array>;
}

/** Something that a snapshot needs does not exist any more. A new snapshot may not need it. */
export class Gone extends Error {
	/** The error if that happens again and again. */
	readonly fault: AppError;

	constructor(fault: AppError) {
		super(fault.message);
		this.fault = fault;
	}
}

function storeElsewhere(dataDirectory: string): AppError {
	return new AppError({
		code: "STORE_ELSEWHERE",
		message: `The store of the platform in ${dataDirectory} is in etcd, and --store is missing.`,
		hint: "Give --store and the other flags of the store as to 'coffer platform start'.",
		exit: EXIT.usage,
	});
}

function notDataDirectory(dataDirectory: string, cause?: unknown): AppError {
	return new AppError({
		code: "DATA_DIR_NOT_FOUND",
		message: `${dataDirectory} is not the data directory of a platform, or this user may not read it.`,
		hint: "Give the platform's data directory with --data, and run this as the platform's user.",
		exit: EXIT.notFound,
		cause,
	});
}

/** @param place what lacks the blob, as the subject of a sentence */
function blobMissing(place: string, hash: string): Gone {
	return new Gone(
		new AppError({
			code: "BLOB_MISSING",
			message: `${place} lacks the blob ${hash}, which a function needs to start.`,
			hint: "Nothing was copied. Deploy the function again to store the blob again.",
			exit: EXIT.integrity,
		}),
	);
}

/**
 * Reads a blob from the folder of one of its owners, or from the folder for blobs without an owner. `BlobFiles` is not
 * used, because it removes what a platform is writing. @throws Gone; AppError `BLOB_DAMAGED` (exit 7)
 */
async function readBlobFile(directory: string, { hash, owners }: WantedBlob): Promise<Uint8Array> {
	const name = blobFileName(hash) ?? "";
	for (const folder of [...[...owners].map(blobFolder), "."]) {
		const source = join(directory, "blobs", folder, name);
		const bytes = await readFile(source).catch((error: NodeJS.ErrnoException) => {
			if (error.code === "ENOENT" || name === "") return undefined;
			throw error;
		});
		if (bytes === undefined) continue;
		if (blobHash(bytes) === hash) return bytes;
		throw new AppError({
			code: "BLOB_DAMAGED",
			message: `The blob ${source} does not match the hash in its name.`,
			hint: "Nothing was copied. Deploy the function again to replace the file.",
			exit: EXIT.integrity,
		});
	}
	throw blobMissing(`The directory ${directory}`, hash);
}

async function directorySource(directory: string): Promise<Source> {
	const database = join(directory, DATABASE_FILE);
	await requireFilled(directory);
	await access(database, constants.R_OK).catch((cause: unknown) => {
		throw existsSync(join(directory, NODE_FILE))
			? storeElsewhere(directory)
			: notDataDirectory(directory, cause);
	});
	return {
		kvDirectory: directory,
		snapshot: async (target) => takeSnapshot(database, target),
		hash: async () => await hashOf(readSnapshot(database)),
		isInUse: async () => false,
		addRecord: (record) => addRecordFile(directory, record),
		readBlob: (blob) => readBlobFile(directory, blob),
		[Symbol.dispose]: () => {},
	};
}

async function sharedSource(
	dataDirectory: string | undefined,
	url: StoreUrl & { kind: "etcd" },
	store: NamedStore,
): Promise<Source> {
	if (dataDirectory !== undefined) {
		await requireFilled(dataDirectory);
		if (!existsSync(join(dataDirectory, NODE_FILE))) throw notDataDirectory(dataDirectory);
	}
	const { SharedReader } = await import("../store/etcd/moment.ts");
	const { isCompacted } = await import("../store/etcd/api/faults.ts");
	const place = store.access?.blobs;
	const bucket = place !== undefined && isS3Url(place) ? await openBlobs(place) : undefined;
	const reader = await SharedReader.open(url, store);
	const current = async <T>(work: () => Promise<T>): Promise<T> => {
		try {
			return await work();
		} catch (error) {
			throw isCompacted(error) ? new Gone(error) : error;
		}
	};
	return {
		kvDirectory: dataDirectory,
		snapshot: (target) => current(async () => await writeSnapshot(target, await reader.moment())),
		hash: () => current(async () => await hashOf(await reader.moment())),
		isInUse: () => reader.isInUse(),
		addRecord: (record) => reader.addRecord(record),
		readBlob: async ({ hash, owners }) => {
			if (place !== undefined && bucket === undefined) return await readBlobFile(place, { hash, owners });
			for (const owner of owners) {
				const bytes = await (bucket ?? reader.blobs).get(owner, hash);
				if (bytes !== undefined) return bytes;
			}
			throw blobMissing(bucket === undefined ? `The store under ${url.prefix} in etcd` : "The bucket", hash);
		},
		[Symbol.dispose]: () => reader[Symbol.dispose](),
	};
}

/**
 * Opens what a backup or a migration reads.
 * @param dataDirectory undefined: only the log and the blobs of a store in etcd are read
 * @param store undefined: the store is in the data directory
 * @throws AppError `STORE_ELSEWHERE` (exit 2), `DATA_DIR_NOT_FOUND`, `STORE_NOT_FOUND` (exit 4), `STORE_INCOMPLETE`
 * (exit 5); and as `SharedReader.open`
 */
export async function openSource(
	dataDirectory: string | undefined,
	store: NamedStore | undefined,
): Promise<Source> {
	const url = store && parseStoreUrl(store.url);
	if (store !== undefined && url?.kind === "etcd") return await sharedSource(dataDirectory, url, store);
	return await directorySource(resolve(url?.kind === "sqlite" ? url.directory : (dataDirectory ?? "")));
}
