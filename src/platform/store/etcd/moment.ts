/** Reads a store in etcd as of one moment, for a backup or a migration. The store is neither opened nor claimed, and its log is not changed. */
import { fromUtf8 } from "../../../bytes.ts";
import type { BackupRecord } from "../../../protocol/nodes.ts";
import type { StoreOptions } from "../../configuration/store-access.ts";
import type { StoreUrl } from "../../configuration/store-url.ts";
import { complete, type Moment, type MomentEntry } from "../moment.ts";
import type { StreamName } from "../store.ts";
import type { EtcdClient } from "./api/client.ts";
import { damaged } from "./api/faults.ts";
import { RANGE } from "./api/messages.ts";
import { addRecordKey } from "./backup-records.ts";
import { EtcdBlobs } from "./blobs.ts";
import { Contents, parseContent } from "./contents.ts";
import { requireStore } from "./format.ts";
import type { Keys } from "./keys.ts";
import { connectShared } from "./open-shared.ts";
import { parseRevision } from "./streams.ts";
import { pages, readPage } from "./transactions.ts";

/** Keys in one request. A page has at most as many times 64 KiB. */
const KEYS_PER_PAGE = 128;

function gap({ prefix }: Keys, stream: StreamName) {
	return damaged(prefix, `entries of the stream ${stream} are missing or cannot be read`);
}

async function* entriesAt(
	client: EtcdClient,
	keys: Keys,
	revision: number,
): AsyncGenerator<MomentEntry[], void, void> {
	const contents = new Contents(client, keys);
	for await (const { kvs } of pages(client, keys.entries, { limit: KEYS_PER_PAGE, revision })) {
		const portion: MomentEntry[] = [];
		for (const { key, value } of kvs) {
			const entry = keys.entryOf(key);
			const placeOf = (id: string) => keys.entryParts(entry.stream, id);
			const content = parseContent(value);
			const bytes = content && (await contents.read(content, placeOf, revision));
			const body = bytes && fromUtf8(bytes);
			if (body === undefined) throw gap(keys, entry.stream);
			portion.push({ ...entry, body });
		}
		yield portion;
	}
}

/**
 * The log as it is now. It stays the same while it is read, until etcd compacts that moment away (`isCompacted`).
 * @throws AppError `STORE_DAMAGED` (exit 7); and as `EtcdClient.call`
 */
export async function readMoment(client: EtcdClient, keys: Keys): Promise<Moment> {
	const { header, kvs } = await client.call(RANGE, { key: keys.seal });
	const revision = header?.revision ?? 0;
	const seal = kvs[0] && fromUtf8(kvs[0].value);
	const heads = new Map<StreamName, number>();
	for await (const page of pages(client, keys.heads(""), { revision })) {
		for (const pair of page.kvs) {
			const stream = keys.nameIn("heads/", pair.key);
			const last = parseRevision(pair);
			if (last === undefined) throw gap(keys, stream);
			heads.set(stream, last);
		}
	}
	const entries = () => complete(heads, entriesAt(client, keys, revision), (stream) => gap(keys, stream));
	return { seal, heads, entries };
}

/** A store in etcd that is read beside the platform that uses it. */
export class SharedReader implements Disposable {
	readonly #client: EtcdClient;
	readonly #keys: Keys;
	readonly blobs: EtcdBlobs;

	private constructor(client: EtcdClient, keys: Keys) {
		this.#client = client;
		this.#keys = keys;
		this.blobs = new EtcdBlobs(client, keys, new Contents(client, keys));
	}

	/** @throws AppError `STORE_NOT_FOUND` (exit 4), `STORE_TOO_NEW` (exit 1); and as `connectShared`, `EtcdClient.call` */
	static async open(url: StoreUrl & { kind: "etcd" }, options: StoreOptions): Promise<SharedReader> {
		const { client, keys } = await connectShared(url, options);
		try {
			await requireStore(client, keys);
			return new SharedReader(client, keys);
		} catch (error) {
			client.close();
			throw error;
		}
	}

	/** Whether a platform uses the store: each one holds a lease, or shows itself to other nodes, while it runs. */
	async isInUse(): Promise<boolean> {
		for (const range of [this.#keys.leases, this.#keys.announcements]) {
			const { kvs } = await readPage(this.#client, range, { limit: 1, keysOnly: true });
			if (kvs.length > 0) return true;
		}
		return false;
	}

	/** Adds the record of a backup. It is the only thing that a backup writes. @throws AppError as `EtcdClient.call` */
	async addRecord(record: BackupRecord): Promise<void> {
		await addRecordKey(this.#client, this.#keys, record);
	}

	/** See `readMoment`. */
	async moment(): Promise<Moment> {
		return await readMoment(this.#client, this.#keys);
	}

	[Symbol.dispose](): void {
		this.#client.close();
	}
}
