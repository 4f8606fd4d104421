/**
 * The store in etcd: streams and leases, and blobs if they have no place of their own. Several platforms may have it
 * open.
 */
import { cryptoReady } from "../../../crypto.ts";
import type { BackupRecord } from "../../../protocol/nodes.ts";
import type { Blobs } from "../blobs.ts";
import type { SharedStore, StoreMoment } from "../several-nodes.ts";
import type { AppendResult, SealChange, StreamEnd, StreamEntry, StreamHead, StreamName } from "../store.ts";
import { Watchers } from "../watchers.ts";
import { EtcdClient } from "./api/client.ts";
import { closed } from "./api/faults.ts";
import { readRecordKeys } from "./backup-records.ts";
import { EtcdBlobs } from "./blobs.ts";
import { EtcdCheckpoints } from "./checkpoints.ts";
import { type Claim, claimStore } from "./claim.ts";
import { Contents } from "./contents.ts";
import { claimPrefix } from "./format.ts";
import { Keys } from "./keys.ts";
import { EtcdLeases } from "./leases.ts";
import type { EtcdOptions, NodeName } from "./options.ts";
import { Streams } from "./streams.ts";
import type { Pair } from "./transactions.ts";
import { Announcements } from "./watch/announcements.ts";
import { watchDeletedEntries } from "./watch/deleted-entries.ts";
import { HeadWatch } from "./watch/head-watch.ts";
import { Moments } from "./watch/moments.ts";

class EtcdStore implements SharedStore {
	readonly checkpoints: EtcdCheckpoints;
	readonly node: string | undefined;
	readonly #client: EtcdClient;
	readonly #keys: Keys;
	readonly #streams: Streams;
	readonly #blobs: Blobs;
	readonly #leases: EtcdLeases;
	readonly #heads: HeadWatch;
	readonly #deletions: HeadWatch;
	readonly #watchers = new Watchers();
	readonly #announcements: Announcements;
	readonly #moments: Moments;
	#watchFault: unknown;
	/** Ends what else belongs to the open store. */
	#onClose: () => Promise<void>;
	#closing: Promise<void> | undefined;

	constructor(client: EtcdClient, keys: Keys, blobs: Blobs | undefined, node: NodeName | undefined) {
		this.node = node?.name;
		this.#onClose = async () => node?.onClosed();
		const contents = new Contents(client, keys);
		[this.#client, this.#keys, this.#leases] = [client, keys, new EtcdLeases(client, keys)];
		this.checkpoints = new EtcdCheckpoints(() => this.#open().#client, keys);
		this.#streams = new Streams(client, keys, contents);
		this.#moments = new Moments(client, keys, this.#streams);
		this.#blobs = blobs ?? new EtcdBlobs(client, keys, contents);
		this.#announcements = new Announcements(client, keys);
		this.#heads = new HeadWatch(client, keys.heads(""), {
			onBegin: () => {
				this.#watchers.announce();
				this.#moments.onBegin();
			},
			onChange: (key, pair) => this.#onHead(key, pair),
			// The reader finds out that its stream was deleted.
			onDelete: (key) => this.#onHead(key, undefined),
			onFault: (error) => {
				this.#watchFault = error;
				this.#watchers.announce();
				this.#moments.onFault(error);
			},
		});
		this.#deletions = watchDeletedEntries(client, keys, this.#moments);
	}

	/** Claims the store, until it is closed. @throws AppError `STORE_IN_USE` (exit 1) */
	async claim(claim: Claim): Promise<void> {
		const end = await claimStore(this.#leases, claim);
		this.#onClose = async () => {
			await end();
			claim.onClosed();
		};
	}

	async append(
		stream: StreamName,
		expectedRevision: number,
		body: string,
		seal?: SealChange,
	): Promise<AppendResult> {
		return await this.#open().#streams.append(stream, expectedRevision, body, seal);
	}

	async read(stream: StreamName, afterRevision: number, limit?: number): Promise<StreamEntry[]> {
		return await this.#open().#streams.read(stream, afterRevision, limit);
	}

	watch(stream: StreamName, afterRevision: number, signal: AbortSignal): AsyncIterable<StreamEntry> {
		this.#open();
		this.#watchFault = undefined;
		this.#heads.start();
		/** The revision of etcd at which the stream was created, once it exists. */
		let created = 0;
		return this.#watchers.follow(stream, afterRevision, signal, async (revision, limit) => {
			if (this.#closing !== undefined) return [];
			if (this.#watchFault !== undefined) throw this.#watchFault;
			try {
				const page = await this.#streams.page(stream, revision, limit);
				if (created !== 0 && page.created !== created) return undefined;
				created = page.created;
				return page.entries;
			} catch (error) {
				if (this.#closing !== undefined) return [];
				throw error;
			}
		});
	}

	moments(signal: AbortSignal): AsyncIterable<StoreMoment> {
		this.#open().#heads.start();
		this.#deletions.start();
		return this.#moments.read(signal);
	}

	#onHead(key: Uint8Array, pair: Pair | undefined): void {
		const stream = this.#streams.nameOf(key);
		this.#watchers.announce(stream);
		this.#moments.onHead(stream, pair);
	}

	async announce(name: string, text: string, ttlMs: number): Promise<void> {
		await this.#open().#announcements.announce(name, text, ttlMs);
	}

	async replaceAnnouncement(name: string, text: string): Promise<boolean> {
		return await this.#open().#announcements.replace(name, text);
	}

	async withdraw(name: string): Promise<void> {
		await this.#open().#announcements.withdraw(name);
	}

	announcements(signal: AbortSignal): AsyncIterable<ReadonlyMap<string, string>> {
		return this.#open().#announcements.watch(signal);
	}

	async backups(): Promise<BackupRecord[]> {
		this.#open();
		return await readRecordKeys(this.#client, this.#keys);
	}

	async streams(prefix: string): Promise<StreamName[]> {
		return await this.#open().#streams.names(prefix);
	}

	async deleteStreams(prefix: string, seal?: SealChange, at?: StreamEnd): Promise<boolean> {
		return await this.#open().#streams.delete(prefix, seal, at);
	}

	readSeal = async () => await this.#open().#streams.readSeal();

	async heads(): Promise<StreamHead[]> {
		return await this.#open().#streams.heads();
	}

	async putBlob(owner: string, bytes: Uint8Array): Promise<string> {
		return await this.#open().#blobs.put(owner, bytes);
	}

	async getBlob(owner: string, hash: string): Promise<Uint8Array | undefined> {
		return await this.#open().#blobs.get(owner, hash);
	}

	async missingBlobs(owner: string, hashes: readonly string[]): Promise<string[]> {
		return await this.#open().#blobs.missing(owner, hashes);
	}

	async removeBlobs(owner: string, hashes: readonly string[]): Promise<void> {
		await this.#open().#blobs.remove(owner, hashes);
	}

	async keepOnlyBlobs(kept: ReadonlyMap<string, ReadonlySet<string>>): Promise<void> {
		await this.#open().#blobs.keepOnly(kept);
	}

	async dropBlobs(owner: string): Promise<void> {
		await this.#open().#blobs.drop(owner);
	}

	async lease(name: string, holder: string, ttlMs: number): Promise<boolean> {
		return await this.#open().#leases.take(name, holder, ttlMs);
	}

	prepareLease(ttlMs: number): void {
		this.#open().#leases.prepare(ttlMs);
	}

	async release(name: string, holder: string): Promise<void> {
		await this.#open().#leases.release(name, holder);
	}

	/** Ends all watches and calls, and waits for blobs that are being written to files. */
	async [Symbol.asyncDispose](): Promise<void> {
		this.#closing ??= this.#close();
		await this.#closing;
	}

	async #close(): Promise<void> {
		this.#watchers.end();
		await this.#blobs.settle();
		await this.#onClose();
		this.#client.close();
	}

	/** This store. @throws AppError `STORE_CLOSED` (exit 1) */
	#open(): this {
		if (this.#closing !== undefined) throw closed();
		return this;
	}
}

/**
 * Opens the store under a prefix in etcd, and creates it if there is none.
 * @throws AppError as `EtcdClient.call`; `STORE_FOREIGN`, `STORE_TOO_NEW`, `STORE_IN_USE` (exit 1), `STORE_INCOMPLETE` (exit 5),
 * `STORE_DAMAGED`, `STORE_EMPTIED` (exit 7)
 */
export async function openEtcdStore({
	blobs,
	claim,
	isKnown,
	node,
	prefix,
	...access
}: EtcdOptions): Promise<SharedStore> {
	await cryptoReady;
	const client = new EtcdClient(access);
	const keys = new Keys(prefix);
	try {
		await claimPrefix(client, keys, isKnown);
		await new Contents(client, keys).sweep();
		const store = new EtcdStore(client, keys, blobs, node);
		if (claim !== undefined) await store.claim(claim);
		return store;
	} catch (error) {
		client.close();
		throw error;
	}
}
