/**
 * The checkpoints of a store in etcd. A text has one key for each MiB, since etcd limits the size of a request. A writer
 * that is interrupted, or two at once, leave parts that do not belong together. So the reader has to check the text.
 */
import { concat, fromUtf8, utf8 } from "../../../bytes.ts";
import type { Checkpoint, Checkpoints, StoredCheckpoint, StreamName } from "../store.ts";
import type { EtcdClient } from "./api/client.ts";
import { after, type KeyRange, type Keys } from "./keys.ts";
import { exists, type Pair, put, readPage, remove, transact } from "./transactions.ts";

/** etcd accepts requests of 1.5 MiB by default. */
const PART_BYTES = 1024 * 1024;
/** Keys in one answer. The client accepts answers of 64 MiB. */
const KEYS_PER_PAGE = 48;

export class EtcdCheckpoints implements Checkpoints {
	readonly #open: () => EtcdClient;
	readonly #keys: Keys;

	/** @param open returns the client. It throws once the store is closed. */
	constructor(open: () => EtcdClient, keys: Keys) {
		this.#open = open;
		this.#keys = keys;
	}

	async write(checkpoints: readonly Checkpoint[]): Promise<void> {
		for (const { stream, text } of checkpoints) await this.#write(stream, utf8(text));
	}

	async #write(stream: StreamName, bytes: Uint8Array): Promise<void> {
		const parts = Math.max(1, Math.ceil(bytes.length / PART_BYTES));
		for (let part = 0; part < parts; part++) {
			const slice = bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
			const isLast = part === parts - 1;
			const { succeeded } = await transact(this.#open(), {
				// So that nothing is left of a stream that was deleted.
				when: [exists(this.#keys.head(stream))],
				do: [
					put(this.#keys.checkpoint(stream, part), slice),
					...(isLast ? [remove(this.#keys.checkpointFrom(stream, parts))] : []),
				],
			});
			if (!succeeded) return;
		}
	}

	async *read(prefix: string): AsyncGenerator<StoredCheckpoint, void, void> {
		let current: { stream: StreamName; parts: Uint8Array[] } | undefined;
		for await (const { key, value } of this.#pairs(this.#keys.checkpoints(prefix))) {
			const stream = this.#keys.checkpointOf(key);
			if (current?.stream !== stream) {
				if (current !== undefined) yield textOf(current);
				current = { stream, parts: [] };
			}
			current.parts.push(value);
		}
		if (current !== undefined) yield textOf(current);
	}

	/** Each page as of its own moment: the reader may take longer than etcd keeps a moment. */
	async *#pairs(all: KeyRange): AsyncGenerator<Pair, void, void> {
		for (let rest: KeyRange | undefined = all; rest !== undefined; ) {
			const { kvs, more } = await readPage(this.#open(), rest, { limit: KEYS_PER_PAGE });
			yield* kvs;
			const last = kvs.at(-1);
			rest = more && last !== undefined ? after(last.key, all) : undefined;
		}
	}

	async remove(stream: StreamName): Promise<void> {
		await transact(this.#open(), { do: [remove(this.#keys.checkpointFrom(stream, 0))] });
	}
}

function textOf({ parts, stream }: { stream: StreamName; parts: readonly Uint8Array[] }): StoredCheckpoint {
	return { stream, text: fromUtf8(concat(...parts)) };
}
