/**
 * Learns which streams change, by one watch over the heads of all streams.
 *
 * The watch tells only that a stream has grown. Readers then read its entries from their own position. So nothing is
 * missed if the watch breaks off, or if etcd has compacted the time in between: once a new watch has begun, every reader
 * looks for new entries.
 */
import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "../../../../errors.ts";
import type { EtcdClient } from "../api/client.ts";
import { GrpcFault, STATUS } from "../api/grpc.ts";
import { DELETED, FILTER, RANGE, WATCH } from "../api/messages.ts";
import { decode, encode } from "../api/wire.ts";
import type { KeyRange } from "../keys.ts";
import type { Pair } from "../transactions.ts";

/** How often a watch without events asks for a sign of life. */
const ASK_MS = 3_000;
/** How long a watch may be silent. */
const SILENCE_MS = 8_000;
const PAUSE_MS = 200;

export interface HeadListener {
	/** A watch has begun. Anything may have changed before. */
	onBegin(): void;
	/** @param pair the key with its new value */
	onChange(key: Uint8Array, pair: Pair): void;
	/** @param revision the revision of etcd at which it was deleted */
	onDelete(key: Uint8Array, revision: number): void;
	/** The watch cannot go on: the platform may not read the keys any more, for example. */
	onFault(error: unknown): void;
}

export class HeadWatch {
	readonly #client: EtcdClient;
	readonly #range: KeyRange;
	readonly #filters: readonly number[];
	readonly #listener: HeadListener;
	#running: Promise<void> | undefined;
	#ended: AbortSignal;

	/** @param onlyDeletions whether to leave out what is put */
	constructor(client: EtcdClient, range: KeyRange, listener: HeadListener, onlyDeletions = false) {
		this.#client = client;
		this.#ended = client.closing;
		this.#range = range;
		this.#listener = listener;
		this.#filters = onlyDeletions ? [FILTER.noPut] : [];
	}

	/** Begins to watch, unless it has begun. It ends when the client closes, or the signal aborts. */
	start(signal?: AbortSignal): void {
		this.#ended =
			signal === undefined ? this.#client.closing : AbortSignal.any([signal, this.#client.closing]);
		this.#running ??= this.#run().catch((error: unknown) => {
			this.#running = undefined;
			if (!this.#ended.aborted) this.#listener.onFault(error);
		});
	}

	async #run(): Promise<void> {
		while (!this.#ended.aborted) {
			try {
				await this.#watchOnce();
			} catch (error) {
				if (!(error instanceof GrpcFault)) throw error;
			}
			await delay(PAUSE_MS, undefined, { signal: this.#ended }).catch(() => undefined);
			await this.#findMember();
		}
	}

	/** Waits until a member answers. A longer outage is not the end of the watch. @throws AppError that no retry removes */
	async #findMember(): Promise<void> {
		while (!this.#ended.aborted) {
			try {
				await this.#client.call(RANGE, { ...this.#range, countOnly: true });
				return;
			} catch (error) {
				if (!(error instanceof AppError) || error.code !== "STORE_UNREACHABLE") throw error;
			}
		}
	}

	/** Watches over one connection, until it fails. */
	async #watchOnce(): Promise<void> {
		const { connection, metadata } = await this.#client.connection();
		if (this.#ended.aborted) return;
		const fault = await new Promise<GrpcFault>((resolve) => {
			let lastMs = performance.now();
			const stream = connection.stream(
				WATCH.path,
				// A member without a leader ends the watch, instead of being silent.
				{ ...metadata, hasleader: "true" },
				{
					onMessage: (message) => {
						lastMs = performance.now();
						if (!this.#take(message)) stream.close();
					},
					onEnd: (ended) => {
						clearInterval(timer);
						this.#ended.removeEventListener("abort", close);
						resolve(ended);
					},
				},
			);
			const close = () => stream.close();
			this.#ended.addEventListener("abort", close);
			const timer = setInterval(() => {
				if (performance.now() - lastMs > SILENCE_MS) connection.close();
				else stream.send(encode(WATCH.request, { progress: {} }));
			}, ASK_MS);
			stream.send(encode(WATCH.request, { create: { ...this.#range, filters: this.#filters } }));
		});
		if (fault.status === STATUS.UNAUTHENTICATED) this.#client.dropToken();
		else if (!this.#ended.aborted) this.#client.leave(connection);
		throw fault;
	}

	/** @returns false if etcd has ended the watch */
	#take(message: Uint8Array): boolean {
		const { canceled, created, events } = decode(WATCH.response, message);
		if (created && !canceled) this.#listener.onBegin();
		for (const { kv, type } of events) {
			if (kv === undefined) continue;
			if (type === DELETED) this.#listener.onDelete(kv.key, kv.modRevision);
			else this.#listener.onChange(kv.key, kv);
		}
		return !canceled;
	}
}
