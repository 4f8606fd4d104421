/** Leases: keys that etcd removes when their time has passed, by its own clock. */
import { fromUtf8, utf8 } from "../../../bytes.ts";
import type { EtcdClient } from "./api/client.ts";
import { isLeaseGone } from "./api/faults.ts";
import { GRANT, REVOKE } from "./api/messages.ts";
import type { Keys } from "./keys.ts";
import { isUnchanged, isValue, put, readKey, remove, transact } from "./transactions.ts";

/** A lease that this process has. */
interface Held {
	readonly id: bigint;
	readonly holder: string;
	readonly seconds: number;
}

export class EtcdLeases {
	readonly #client: EtcdClient;
	readonly #keys: Keys;
	readonly #held = new Map<string, Held>();

	constructor(client: EtcdClient, keys: Keys) {
		this.#client = client;
		this.#keys = keys;
	}

	/** See `Store.lease`. etcd counts whole seconds, so a lease may last up to a second longer, and etcd has a minimum. */
	async take(name: string, holder: string, ttlMs: number): Promise<boolean> {
		const seconds = Math.max(1, Math.ceil(ttlMs / 1000));
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
		const [{ id }, first] = await Promise.all([
			this.#client.call(GRANT, { seconds }),
			readKey(this.#client, key),
		]);
		for (let present = first; ; present = await readKey(this.#client, key)) {
			if (present !== undefined && fromUtf8(present.value) !== holder) {
				await this.#client.call(REVOKE, { id });
				return false;
			}
			const { succeeded } = await transact(this.#client, {
				when: [isUnchanged(key, present?.modRevision ?? 0)],
				do: [put(key, utf8(holder), id)],
			});
			// If an attempt succeeded without an answer, the next turn finds this holder.
			if (!succeeded) continue;
			this.#held.set(name, { id, holder, seconds });
			return true;
		}
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
