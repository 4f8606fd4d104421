/** The last entries of streams with the seal of the same moment, again after each change. */
import type { StoreMoment } from "../../several-nodes.ts";
import type { StreamHead } from "../../store.ts";
import type { EtcdClient } from "../api/client.ts";
import type { Keys } from "../keys.ts";
import { type Streams, textOf } from "../streams.ts";
import { get, type Pair, transact } from "../transactions.ts";
import { type ChangedKeys, PendingChanges } from "./pending-changes.ts";

/** Streams in one read: two operations each, and one for the seal. */
const STREAMS_MAX = 45;
/** Attempts to read streams that change. */
const ATTEMPTS_MAX = 20;

export class Moments {
	readonly #client: EtcdClient;
	readonly #keys: Keys;
	readonly #streams: Streams;
	/** The changes that each reader has not taken yet. */
	readonly #readers = new Set<PendingChanges>();

	constructor(client: EtcdClient, keys: Keys, streams: Streams) {
		this.#client = client;
		this.#keys = keys;
		this.#streams = streams;
	}

	/** A watch has begun: anything may have changed before. */
	onBegin(): void {
		for (const pending of this.#readers) pending.all();
	}

	/** @param pair the stream's head. Undefined: the stream was deleted. */
	onHead(stream: string, pair: Pair | undefined): void {
		for (const pending of this.#readers) pending.changed(stream, pair);
	}

	onFault(error: unknown): void {
		for (const pending of this.#readers) pending.failed(error);
	}

	/** See `SharedStore.moments`. The watch of the heads must run. */
	async *read(signal: AbortSignal): AsyncGenerator<StoreMoment, void, void> {
		const pending = new PendingChanges();
		this.#readers.add(pending);
		const ended = AbortSignal.any([signal, this.#client.closing]);
		const end = () => pending.end();
		ended.addEventListener("abort", end);
		if (ended.aborted) end();
		try {
			for (;;) {
				const changed = await pending.take();
				if (changed === undefined) return;
				const isAll = changed === "all" || changed.size > STREAMS_MAX;
				const moment = await (isAll ? this.#all() : this.#of(changed));
				if (ended.aborted) return;
				if (moment === undefined) pending.all();
				else yield moment;
			}
		} finally {
			ended.removeEventListener("abort", end);
			this.#readers.delete(pending);
		}
	}

	/** Undefined if the streams change too quickly. */
	async #all(): Promise<StoreMoment | undefined> {
		for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
			const seal = await this.#streams.readSeal();
			const heads = await this.#streams.heads();
			if ((await this.#streams.readSeal()) === seal) return { isComplete: true, heads, removed: [], seal };
		}
		return undefined;
	}

	/** Undefined if the streams change too quickly. */
	async #of(changed: ChangedKeys): Promise<StoreMoment | undefined> {
		const names = [...changed.keys()];
		let revisions = names.map((name) => this.#streams.revisionOf(changed.get(name)));
		for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
			const entries = names.map((name, index) =>
				get(this.#keys.entry(name, Math.max(1, revisions[index] ?? 1))),
			);
			const operations = [...names.map((name) => get(this.#keys.head(name))), ...entries];
			const { pairs } = await transact(this.#client, { do: [get(this.#keys.seal), ...operations] });
			const present = names.map((_, index) => this.#streams.revisionOf(pairs[1 + index]?.[0]));
			const isRead = present.every((revision, index) => revision === 0 || revision === revisions[index]);
			revisions = present;
			if (!isRead) continue;
			const last = pairs.slice(1 + names.length).map(([pair]) => pair);
			const heads = await this.#headsOf(names, revisions, last);
			const removed = names.filter((_, index) => revisions[index] === 0);
			return heads && { isComplete: false, heads, removed, seal: textOf(pairs[0]?.[0]) };
		}
		return undefined;
	}

	/** Undefined if a stream has been deleted since. */
	async #headsOf(
		names: readonly string[],
		revisions: readonly number[],
		last: readonly (Pair | undefined)[],
	): Promise<StreamHead[] | undefined> {
		const heads: StreamHead[] = [];
		for (const [index, stream] of names.entries()) {
			const revision = revisions[index] ?? 0;
			if (revision === 0) continue;
			const pair = last[index];
			const body = pair && (await this.#streams.bodyOf(stream, pair));
			if (body === undefined) return undefined;
			heads.push({ stream, revision, body });
		}
		return heads;
	}
}
