/**
 * Blobs as files of one directory, named by their hash. Files and not rows: a row of 5 MB blocks the event
 * loop, which also carries the functions' requests, for 30 to 90 ms; a file is written beside it.
 */
import { mkdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { parseBlobHash } from "../../protocol/blob-hash.ts";
import { blobHashOf } from "../threads/compute.ts";
import { syncDirectory, writeDurably } from "./durable.ts";

/** The name of a blob's file; it also tells apart what differs only in case, for file systems that do not. */
export function blobFileName(hash: string): string | undefined {
	const bytes = parseBlobHash(hash);
	return bytes === undefined ? undefined : Buffer.from(bytes).toString("hex");
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
	try {
		const content = await readFile(path);
		return new Uint8Array(content.buffer, content.byteOffset, content.length);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		throw error;
	}
}

/** What could not be read or written, as an error that names the file. */
function blobFault(path: string, error: unknown): AppError {
	const code = (error as NodeJS.ErrnoException).code ?? "unknown";
	const full = code === "ENOSPC" || code === "EDQUOT";
	return new AppError({
		code: full ? "STORE_FULL" : "STORE_UNUSABLE",
		message: `The blob ${path} cannot be read or written (${code}).`,
		hint: full
			? "Make room on the disk and try again."
			: "Check the disk and the permissions of the data directory.",
		exit: EXIT.failure,
		cause: error,
	});
}

export class BlobFiles {
	readonly #directory: string;
	readonly #incoming: string;
	readonly #writes = new Set<Promise<unknown>>();

	private constructor(directory: string, incoming: string) {
		this.#directory = directory;
		this.#incoming = incoming;
	}

	/** Opens `blobs` in a data directory that nobody else uses; throws away what a crash left unfinished. */
	static async open(dataDirectory: string): Promise<BlobFiles> {
		const directory = join(dataDirectory, "blobs");
		const incoming = join(dataDirectory, "incoming");
		try {
			await rm(incoming, { recursive: true, force: true });
			await mkdir(directory, { recursive: true, mode: 0o700 });
			await mkdir(incoming, { mode: 0o700 });
			await syncDirectory(dataDirectory);
		} catch (error) {
			throw blobFault(directory, error);
		}
		return new BlobFiles(directory, incoming);
	}

	/** See `Store.putBlob`. A stored copy that went bad is replaced. */
	async put(bytes: Uint8Array): Promise<string> {
		const hash = await blobHashOf(bytes);
		const name = blobFileName(hash) as string;
		const write = this.#write(name, bytes);
		this.#writes.add(write);
		try {
			await write;
		} catch (error) {
			throw blobFault(join(this.#directory, name), error);
		} finally {
			this.#writes.delete(write);
		}
		return hash;
	}

	async #write(name: string, bytes: Uint8Array): Promise<void> {
		const stored = await readIfThere(join(this.#directory, name));
		if (stored !== undefined && Buffer.from(stored.buffer, stored.byteOffset, stored.length).equals(bytes)) {
			// Whoever renamed it may not have come to its sync yet.
			await syncDirectory(this.#directory);
			return;
		}
		await writeDurably(this.#incoming, this.#directory, name, bytes);
	}

	/**
	 * See `Store.getBlob`.
	 * @throws AppError `BLOB_DAMAGED` (exit 7) where the bytes are not those of the hash
	 */
	async get(hash: string): Promise<Uint8Array | undefined> {
		const name = blobFileName(hash);
		if (name === undefined) return undefined;
		const path = join(this.#directory, name);
		const bytes = await readIfThere(path).catch((error: unknown) => {
			throw blobFault(path, error);
		});
		if (bytes !== undefined && (await blobHashOf(bytes)) !== hash) {
			throw new AppError({
				code: "BLOB_DAMAGED",
				message: `The blob ${path} does not have the content that its name promises.`,
				hint: "Check the disk; deploying the function again, or a backup, puts the file right.",
				exit: EXIT.integrity,
			});
		}
		return bytes;
	}

	/** See `Store.missingBlobs`. */
	async missing(hashes: readonly string[]): Promise<string[]> {
		const missing: string[] = [];
		for (const hash of hashes) {
			const name = blobFileName(hash);
			const there = name !== undefined && (await stat(join(this.#directory, name)).catch(() => undefined));
			if (!there) missing.push(hash);
		}
		return missing;
	}

	/** Resolves once no write is under way. */
	async settle(): Promise<void> {
		await Promise.allSettled(this.#writes);
	}
}
