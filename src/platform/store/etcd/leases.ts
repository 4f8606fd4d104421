/** Leases: keys that etcd removes when their time has passed, by its own clock. */
import { fromUtf8, utf8 } from "../../../bytes.ts";
import type { EtcdClient } from "./api/client.ts";
import { isLeaseGone } from "./api/faults.ts";
import { GRANT, REVOKE } from "./api/messages.ts";
import type { Keys } from "./keys.ts";
import { get, isUnchanged, isValue, type Pair, put, readKey, remove, transact } from "./transactions.ts";

/** A lease that this process has. */
interface Held {
	readonly id: bigint;
	readonly holder: string;
	readonly seconds: number;
}

/** How long a lease that was granted ahead may wait. */
const AHEAD_MS = 1_000;

const secondsOf = (ttlMs: number) => Math.max(1, Math.ceil(ttlMs / 1000));

export class EtcdLeases {
	readonly #client: EtcdClient;
	readonly #keys: Keys;
	readonly #held = new Map<string, Held>();
	/** A lease of etcd that was granted before it is known what for. */
	#ahead:
		| { readonly granted: Promise<{ id: bigint }>; readonly seconds: number; readonly atMs: number }
		| undefined;

	constructor(client: EtcdClient, keys: Keys) {
		this.#client = client;
		this.#keys = keys;
	}

	/** See `Store.lease`. etcd counts whole seconds, so a lease may last up to a second longer, and etcd has a minimum. */
	async take(name: string, holder: string, ttlMs: number): Promise<boolean> {
		const seconds = secondsOf(ttlMs);
		const key = this.#keys.lease(name);
		const held = this.#held.get(name);
		if (held !== undefined && held.holder === holder && held.seconds === seconds) {
			const isAlive = await this.#client.keepAlive(held.id);
			// Another holder may have the key if the lease had ended.
			if (isAlive && (await readKey(this.#client, key))?.lease === held.id) return true;
		}
		return await this.#grant(name, holder, seconds);
	}

	async #grant(name: string, holder: string, seconds: number): Promise<boolean> {
		for (;;) {
			try {
				return await this.#grantOnce(name, holder, seconds);
			} catch (error) {
				if (!isLeaseGone(error)) throw error;
			}
		}
	}

	async #grantOnce(name: string, holder: string, seconds: number): Promise<boolean> {
		const key = this.#keys.lease(name);
		const id = await this.#newId(seconds);
		for (let present: Pair | undefined; ; ) {
			if (present !== undefined && fromUtf8(present.value) !== holder) {
				await this.#client.call(REVOKE, { id });
				return false;
			}
			const { pairs, succeeded } = await transact(this.#client, {
				when: [isUnchanged(key, present?.modRevision ?? 0)],
				do: [put(key, utf8(holder), id)],
				otherwise: [get(key)],
			});
			if (succeeded) {
				this.#held.set(name, { id, holder, seconds });
				return true;
			}
			// If an attempt succeeded without an answer, this is its own key.
			present = pairs[0]?.[0];
		}
	}

	async #newId(seconds: number): Promise<bigint> {
		const ahead = this.#ahead;
		this.#ahead = undefined;
		const isFresh = ahead?.seconds === seconds && performance.now() - ahead.atMs < AHEAD_MS;
		const granted = isFresh ? await ahead.granted.catch(() => undefined) : undefined;
		return (granted ?? (await this.#client.call(GRANT, { seconds }))).id;
	}

	/** See `SharedStore.prepareLease`. A lease that nobody takes ends by itself. */
	prepare(ttlMs: number): void {
		const seconds = secondsOf(ttlMs);
		// Taken later, it has less time left.
		const granted = this.#client.call(GRANT, { seconds: seconds + AHEAD_MS / 1000 });
		granted.catch(() => undefined);
		this.#ahead = { granted, seconds, atMs: performance.now() };
	}

	/** See `Store.release`. */
	async release(name: string, holder: string): Promise<void> {
		const key = this.#keys.lease(name);
		this.#held.delete(name);
		await transact(this.#client, {
			when: [isValue(key, utf8(holder))],
			do: [remove({ key })],
		});
	}
}
