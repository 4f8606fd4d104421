/**
 * Blobs as files, `blobs/OWNER/HASH`.
 *
 * Blobs are files and not rows: writing a row of 5 MB blocks the event loop, which also serves functions, for 30 to 90
 * ms. Each owner has a folder, so that an owner cannot read another owner's blob by its hash, and all blobs of an owner
 * are removed with the folder. Earlier versions have all blobs in one folder, `blobs/HASH`, also in what they restored.
 * `keepOnly` moves these to their owners.
 */
import { randomUUID } from "node:crypto";
import { copyFile, link, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { parseBlobHash } from "../../protocol/blob-hash.ts";
import { blobHashOf } from "../threads/compute.ts";
import { type Blobs, blobFolder, ownerGone } from "./blobs.ts";
import { syncDirectory, writeDurably } from "./durable.ts";

/** The time after which the folder for incomplete files of another process counts as left behind: one day without a write. */
const DRAFT_MS_MAX = 86_400_000;

/** The name of a blob's file. Hexadecimal, so that it also works on file systems that ignore case. */
export function blobFileName(hash: string): string | undefined {
	const bytes = parseBlobHash(hash);
	return bytes === undefined ? undefined : Buffer.from(bytes).toString("hex");
}

async function readIfPresent(path: string): Promise<Uint8Array | undefined> {
	try {
		const content = await readFile(path);
		return new Uint8Array(content.buffer, content.byteOffset, content.length);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		throw error;
	}
}

/** The error of a failed read or write. It names the file. */
function blobFault(path: string, error: unknown): AppError {
	const code = (error as NodeJS.ErrnoException).code ?? "unknown";
	const full = code === "ENOSPC" || code === "EDQUOT";
	return new AppError({
		code: full ? "STORE_FULL" : "STORE_UNUSABLE",
		message: `The blob ${path} cannot be read or written (${code}).`,
		hint: full
			? "Free space on the disk and try again."
			: "Check the disk and the permissions of the data directory.",
		exit: EXIT.failure,
		cause: error,
	});
}

/** Removes the folders of processes that ended. */
async function removeOld(folder: string): Promise<void> {
	for (const name of await readdir(folder).catch(() => [])) {
		const path = join(folder, name);
		const found = await stat(path).catch(() => undefined);
		if (found !== undefined && Date.now() - found.mtimeMs > DRAFT_MS_MAX)
			await rm(path, { recursive: true, force: true });
	}
}

export class BlobFiles implements Blobs {
	readonly #directory: string;
	readonly #incoming: string;
	readonly #writes = new Set<Promise<unknown>>();
	/** Deleted owners. No blob is stored for them any more. */
	readonly #dropped = new Set<string>();

	private constructor(directory: string, incoming: string) {
		this.#directory = directory;
		this.#incoming = incoming;
	}

	/**
	 * Opens `blobs` in a directory, and removes files that a crash left incomplete.
	 * @param options `isShared`: other processes may use the directory. Otherwise this process has claimed it.
	 */
	static async open(directory: string, options: { readonly isShared?: boolean } = {}): Promise<BlobFiles> {
		const [blobs, drafts] = [join(directory, "blobs"), join(directory, "incoming")];
		const incoming = options.isShared ? join(drafts, randomUUID()) : drafts;
		try {
			if (options.isShared) await removeOld(drafts);
			else await rm(drafts, { recursive: true, force: true });
			await mkdir(blobs, { recursive: true, mode: 0o700 });
			await mkdir(incoming, { recursive: true, mode: 0o700 });
			await syncDirectory(directory);
		} catch (error) {
			throw blobFault(blobs, error);
		}
		return new BlobFiles(blobs, incoming);
	}

	/** See `Store.putBlob`. A damaged stored copy is replaced. */
	async put(owner: string, bytes: Uint8Array): Promise<string> {
		const folder = this.#folder(owner);
		const hash = await blobHashOf(bytes);
		// Directly before the write begins, because deletions wait for the writes that have begun.
		if (this.#dropped.has(owner)) throw ownerGone();
		const name = blobFileName(hash) as string;
		const write = this.#write(folder, name, bytes);
		this.#writes.add(write);
		try {
			await write;
		} catch (error) {
			throw blobFault(join(folder, name), error);
		} finally {
			this.#writes.delete(write);
		}
		return hash;
	}

	async #write(folder: string, name: string, bytes: Uint8Array): Promise<void> {
		const stored = await readIfPresent(join(folder, name));
		if (stored !== undefined && Buffer.from(stored.buffer, stored.byteOffset, stored.length).equals(bytes)) {
			// Another write may have renamed the file but not synced the folder yet.
			await syncDirectory(folder);
			return;
		}
		await this.#makeFolder(folder);
		// Another process may have taken it for one that was left behind.
		await mkdir(this.#incoming, { recursive: true, mode: 0o700 });
		await writeDurably(this.#incoming, folder, name, bytes);
	}

	async #makeFolder(folder: string): Promise<void> {
		const made = await mkdir(folder, { recursive: true, mode: 0o700 });
		if (made !== undefined) await syncDirectory(this.#directory);
	}

	#folder(owner: string): string {
		return join(this.#directory, blobFolder(owner));
	}

	/**
	 * See `Store.getBlob`.
	 * @throws AppError `BLOB_DAMAGED` (exit 7) if the bytes do not match the hash
	 */
	async get(owner: string, hash: string): Promise<Uint8Array | undefined> {
		const name = blobFileName(hash);
		if (name === undefined) return undefined;
		const path = join(this.#folder(owner), name);
		const bytes = await readIfPresent(path).catch((error: unknown) => {
			throw blobFault(path, error);
		});
		if (bytes !== undefined && (await blobHashOf(bytes)) !== hash) {
			throw new AppError({
				code: "BLOB_DAMAGED",
				message: `The blob ${path} does not match the hash in its name.`,
				hint: "Check the disk. Deploy the function again, or restore a backup, to replace the file.",
				exit: EXIT.integrity,
			});
		}
		return bytes;
	}

	/** See `Store.missingBlobs`. */
	async missing(owner: string, hashes: readonly string[]): Promise<string[]> {
		const folder = this.#folder(owner);
		const missing: string[] = [];
		for (const hash of hashes) {
			const name = blobFileName(hash);
			const isPresent = name !== undefined && (await stat(join(folder, name)).catch(() => undefined));
			if (!isPresent) missing.push(hash);
		}
		return missing;
	}

	/** See `Store.removeBlobs`. */
	async remove(owner: string, hashes: Iterable<string>): Promise<void> {
		const folder = this.#folder(owner);
		for (const hash of hashes) {
			const name = blobFileName(hash);
			if (name !== undefined) await this.#remove(join(folder, name));
		}
	}

	/** See `Store.dropBlobs`. */
	async drop(owner: string): Promise<void> {
		this.#dropped.add(owner);
		await this.settle();
		await this.#remove(this.#folder(owner));
	}

	async #remove(path: string): Promise<void> {
		await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
			throw blobFault(path, error);
		});
	}

	/** See `Store.keepOnlyBlobs`. A crash during this loses no blob, because blobs without an owner are removed last. */
	async keepOnly(kept: ReadonlyMap<string, ReadonlySet<string>>): Promise<void> {
		const names = new Map<string, Set<string>>();
		for (const [owner, hashes] of kept)
			names.set(blobFolder(owner), new Set([...hashes].flatMap((hash) => blobFileName(hash) ?? [])));
		const present = await readdir(this.#directory, { withFileTypes: true });
		const ownerless = new Set(present.flatMap((entry) => (entry.isFile() ? entry.name : [])));
		for (const [folder, wanted] of names) await this.#adopt(join(this.#directory, folder), wanted, ownerless);
		for (const { name } of present) {
			const path = join(this.#directory, name);
			const wanted = names.get(name);
			if (wanted === undefined) await this.#remove(path);
			else
				for (const file of await readdir(path)) if (!wanted.has(file)) await this.#remove(join(path, file));
		}
	}

	/** Moves to an owner's folder those blobs without an owner that it keeps. */
	async #adopt(folder: string, wanted: ReadonlySet<string>, ownerless: ReadonlySet<string>): Promise<void> {
		const names = [...wanted].filter((name) => ownerless.has(name));
		if (names.length === 0) return;
		await this.#makeFolder(folder);
		for (const name of names) {
			const [from, to] = [join(this.#directory, name), join(folder, name)];
			await link(from, to).catch(async (error: NodeJS.ErrnoException) => {
				// Not every file system has hard links.
				if (error.code !== "EEXIST") await copyFile(from, to);
			});
		}
		await syncDirectory(folder);
	}

	/** Resolves once no write is in progress. */
	async settle(): Promise<void> {
		await Promise.allSettled(this.#writes);
	}
}
