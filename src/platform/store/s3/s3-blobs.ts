/**
 * Blobs in a bucket, as `PREFIX/blobs/OWNER/HASH`.
 *
 * Several platforms may use the bucket at the same time. An object is complete when it appears, its name is the hash of its
 * bytes, and nothing else is in it: so it does not matter who stores it, and how often.
 */
import { AppError, EXIT } from "../../../errors.ts";
import { blobHashOf } from "../../threads/compute.ts";
import { blobFileName } from "../blob-files.ts";
import { type Blobs, blobFolder, ownerGone } from "../blobs.ts";
import { S3Client, type S3Options } from "./s3-client.ts";
import { elementOf } from "./s3-faults.ts";

/** Requests at the same time. */
const REQUESTS_MAX = 16;
const FOLDER = "blobs/";

/** Does some work for each item, for a few at the same time. */
async function forEach<Item>(items: Iterable<Item>, work: (item: Item) => Promise<unknown>): Promise<void> {
	const rest = items[Symbol.iterator]();
	const take = async () => {
		for (let next = rest.next(); next.done !== true; next = rest.next()) await work(next.value);
	};
	await Promise.all(Array.from({ length: REQUESTS_MAX }, take));
}

export class S3Blobs implements Blobs {
	readonly #client: S3Client;
	readonly #prefix: string;
	readonly #writes = new Set<Promise<unknown>>();
	/** Owners that this process has deleted. No blob is stored for them any more. */
	readonly #dropped = new Set<string>();

	private constructor(options: S3Options) {
		this.#client = new S3Client(options);
		this.#prefix = options.prefix;
	}

	/** Checks that the bucket can be used. Changes nothing. @throws as `S3Client.request` */
	static async open(options: S3Options): Promise<S3Blobs> {
		const blobs = new S3Blobs(options);
		await blobs.#client.request("GET", "", {
			query: { "max-keys": "1", prefix: options.prefix },
		});
		return blobs;
	}

	/** See `Store.putBlob`. A damaged stored copy is replaced. */
	async put(owner: string, bytes: Uint8Array): Promise<string> {
		const folder = this.#folder(owner);
		// The caller may change its bytes once this has begun.
		const own = bytes.slice();
		const hash = await blobHashOf(own);
		// Directly before the write begins, because deletions wait for the writes that have begun.
		if (this.#dropped.has(owner)) throw ownerGone();
		const write = this.#client.request("PUT", folder + blobFileName(hash), { body: own });
		this.#writes.add(write);
		try {
			await write;
		} finally {
			this.#writes.delete(write);
		}
		return hash;
	}

	/**
	 * See `Store.getBlob`.
	 * @throws AppError `BLOB_DAMAGED` (exit 7) if the bytes do not match the hash; and as `S3Client.request`
	 */
	async get(owner: string, hash: string): Promise<Uint8Array | undefined> {
		const [folder, name] = [this.#folder(owner), blobFileName(hash)];
		if (name === undefined) return undefined;
		const bytes = await this.#client.request("GET", folder + name);
		if (bytes === undefined || (await blobHashOf(bytes)) === hash) return bytes;
		throw new AppError({
			code: "BLOB_DAMAGED",
			message: `The blob ${folder}${name} in the bucket ${this.#client.place} does not match the hash in its name.`,
			hint: "Deploy the function again, or restore a backup, to replace it.",
			exit: EXIT.integrity,
		});
	}

	/** See `Store.missingBlobs`. */
	async missing(owner: string, hashes: readonly string[]): Promise<string[]> {
		const folder = this.#folder(owner);
		const present = new Set<string>();
		await forEach(new Set(hashes), async (hash) => {
			const name = blobFileName(hash);
			if (name === undefined) return;
			if ((await this.#client.request("HEAD", folder + name)) !== undefined) present.add(hash);
		});
		return hashes.filter((hash) => !present.has(hash));
	}

	/** See `Store.removeBlobs`. */
	async remove(owner: string, hashes: Iterable<string>): Promise<void> {
		const folder = this.#folder(owner);
		const names = [...hashes].flatMap((hash) => blobFileName(hash) ?? []);
		await forEach(names, (name) => this.#client.request("DELETE", folder + name));
	}

	/** See `Store.dropBlobs`. */
	async drop(owner: string): Promise<void> {
		const folder = this.#folder(owner);
		this.#dropped.add(owner);
		await this.settle();
		for await (const keys of this.#list(folder))
			await forEach(keys, (key) => this.#client.request("DELETE", key));
	}

	/** See `Store.keepOnlyBlobs`. Objects whose names are not those of blobs stay. */
	async keepOnly(kept: ReadonlyMap<string, ReadonlySet<string>>): Promise<void> {
		const wanted = new Set<string>();
		for (const [owner, hashes] of kept)
			for (const hash of hashes) wanted.add(`${this.#folder(owner)}${blobFileName(hash)}`);
		for await (const keys of this.#list(FOLDER)) {
			const rest = keys.filter((key) => /^blobs\/[0-9a-f]{32}\/[0-9a-f]{64}$/.test(key) && !wanted.has(key));
			await forEach(rest, (key) => this.#client.request("DELETE", key));
		}
	}

	/** Resolves once no write is in progress. */
	async settle(): Promise<void> {
		await Promise.allSettled(this.#writes);
	}

	#folder(owner: string): string {
		return `${FOLDER}${blobFolder(owner)}/`;
	}

	/**
	 * The keys below a folder, in pages, without the prefix of the store. Keys of blobs contain nothing that XML writes in
	 * another way. The first version of the listing is used, since not every service can go on with a page of the second.
	 */
	async *#list(folder: string): AsyncGenerator<string[], void, void> {
		for (let marker: string | undefined; ; ) {
			const query = { prefix: this.#prefix + folder, ...(marker !== undefined && { marker }) };
			const xml = Buffer.from((await this.#client.request("GET", "", { query })) ?? []).toString("utf8");
			const keys = [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = ""]) => key);
			yield keys.map((key) => key.slice(this.#prefix.length));
			marker = elementOf(xml, "IsTruncated") === "true" ? keys.at(-1) : undefined;
			if (marker === undefined) return;
		}
	}
}
