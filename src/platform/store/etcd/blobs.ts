/** The blobs of a store in etcd. */
import { AppError, EXIT } from "../../../errors.ts";
import { parseBlobHash } from "../../../protocol/blob-hash.ts";
import { blobHashOf } from "../../threads/compute.ts";
import { type Blobs, blobFolder, ownerGone } from "../blobs.ts";
import type { EtcdClient } from "./api/client.ts";
import { type Contents, parseContent } from "./contents.ts";
import type { Keys } from "./keys.ts";
import {
	isUnchanged,
	OPERATIONS_MAX,
	type Operation,
	pages,
	put,
	readKey,
	remove,
	transact,
} from "./transactions.ts";

export class EtcdBlobs implements Blobs {
	readonly #client: EtcdClient;
	readonly #keys: Keys;
	readonly #contents: Contents;
	/** Owners that this process has deleted. No blob is stored for them any more. */
	readonly #dropped = new Set<string>();

	constructor(client: EtcdClient, keys: Keys, contents: Contents) {
		this.#client = client;
		this.#keys = keys;
		this.#contents = contents;
	}

	/** See `Store.putBlob`. A damaged stored copy is replaced. */
	async put(owner: string, bytes: Uint8Array): Promise<string> {
		blobFolder(owner);
		// The caller may change its bytes once this has begun.
		const hash = await blobHashOf(bytes);
		const key = this.#keys.blob(owner, hash);
		for (;;) {
			if (this.#dropped.has(owner)) throw ownerGone();
			const present = await readKey(this.#client, key);
			const stored = present && (await this.#bytesOf(owner, present.value));
			if (stored !== undefined && (await blobHashOf(stored)) === hash) return hash;
			const prepared = await this.#contents.prepare(bytes, (id) => this.#keys.blobParts(owner, id));
			const old = present && parseContent(present.value);
			const { succeeded, pairs } = await transact(this.#client, {
				when: [isUnchanged(key, present?.modRevision ?? 0), ...prepared.conditions],
				do: [put(key, prepared.value), ...prepared.operations, ...this.#removedParts(owner, old?.id)],
				otherwise: [{ range: { key } }],
			});
			const found = pairs[0]?.[0];
			if (succeeded || (found && parseContent(found.value)?.id === prepared.id)) return hash;
			// Another writer stored the same bytes, or the owner was deleted.
			await prepared.abandon();
		}
	}

	/**
	 * See `Store.getBlob`.
	 * @throws AppError `BLOB_DAMAGED` (exit 7) if the bytes do not match the hash
	 */
	async get(owner: string, hash: string): Promise<Uint8Array | undefined> {
		blobFolder(owner);
		if (parseBlobHash(hash) === undefined) return undefined;
		const key = this.#keys.blob(owner, hash);
		for (;;) {
			const present = await readKey(this.#client, key);
			if (present === undefined) return undefined;
			const bytes = await this.#bytesOf(owner, present.value);
			if (bytes !== undefined && (await blobHashOf(bytes)) === hash) return bytes;
			const now = await readKey(this.#client, key);
			// It was replaced or deleted while its parts were being read.
			if (now?.modRevision !== present.modRevision) continue;
			throw new AppError({
				code: "BLOB_DAMAGED",
				message: `The blob ${hash} in etcd does not match its hash.`,
				hint: "Deploy the function again, or restore a backup, to replace it.",
				exit: EXIT.integrity,
			});
		}
	}

	/** See `Store.missingBlobs`. */
	async missing(owner: string, hashes: readonly string[]): Promise<string[]> {
		blobFolder(owner);
		const present = new Set<string>();
		const asked = [...new Set(hashes)].filter((hash) => parseBlobHash(hash) !== undefined);
		for (let at = 0; at < asked.length; at += OPERATIONS_MAX) {
			const some = asked.slice(at, at + OPERATIONS_MAX);
			const operations = some.map(
				(hash): Operation => ({ range: { key: this.#keys.blob(owner, hash), keysOnly: true } }),
			);
			const { pairs } = await transact(this.#client, { do: operations });
			for (const [index, hash] of some.entries()) if ((pairs[index] ?? []).length > 0) present.add(hash);
		}
		return hashes.filter((hash) => !present.has(hash));
	}

	/** See `Store.removeBlobs`. */
	async remove(owner: string, hashes: Iterable<string>): Promise<void> {
		blobFolder(owner);
		for (const hash of hashes) if (parseBlobHash(hash) !== undefined) await this.#remove(owner, hash);
	}

	/** See `Store.dropBlobs`. */
	async drop(owner: string): Promise<void> {
		this.#dropped.add(blobFolder(owner));
		await transact(this.#client, { do: this.#keys.blobsOf(owner).map(remove) });
	}

	/** See `Store.keepOnlyBlobs`. */
	async keepOnly(kept: ReadonlyMap<string, ReadonlySet<string>>): Promise<void> {
		for await (const { kvs } of pages(this.#client, this.#keys.blobs, { keysOnly: true })) {
			for (const { key } of kvs) {
				const [, owner, hash] = /^([0-9a-f]{32})\/([\w-]{43})$/.exec(this.#keys.nameIn("blobs/", key)) ?? [];
				if (owner === undefined || hash === undefined || kept.get(owner)?.has(hash)) continue;
				await this.#remove(owner, hash);
			}
		}
	}

	/** Nothing is in progress that the client does not end. */
	async settle(): Promise<void> {}

	async #remove(owner: string, hash: string): Promise<void> {
		const key = this.#keys.blob(owner, hash);
		for (;;) {
			const present = await readKey(this.#client, key);
			if (present === undefined) return;
			const { succeeded } = await transact(this.#client, {
				when: [isUnchanged(key, present.modRevision)],
				do: [remove({ key }), ...this.#removedParts(owner, parseContent(present.value)?.id)],
			});
			if (succeeded) return;
		}
	}

	async #bytesOf(owner: string, value: Uint8Array): Promise<Uint8Array | undefined> {
		const content = parseContent(value);
		return content && (await this.#contents.read(content, (id) => this.#keys.blobParts(owner, id)));
	}

	#removedParts(owner: string, id: string | undefined): Operation[] {
		return id === undefined ? [] : [remove(this.#keys.parts(this.#keys.blobParts(owner, id)))];
	}
}
