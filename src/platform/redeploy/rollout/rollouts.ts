/**
 * Coordinates the nodes of a platform while changes are rolled out: one node at a time tries a change, and a node that
 * has lost the store for too long starts nothing.
 */
import { cutOff } from "../../faults/cut-off.ts";
import type { Instance } from "../../runtime/runtime.ts";
import type { Store } from "../../store/store.ts";

/** A node that is killed holds its leases this long. */
const TTL_MS = 10_000;
const RENEW_MS = 3_000;
const TOLD_AFTER_MS = 100;

export interface RolloutsOptions {
	readonly store: Pick<Store, "lease" | "release">;
	/** Called when a lease of `ttlMs` will soon be taken. */
	readonly prepareLease: (ttlMs: number) => void;
	/** This node's name. */
	readonly node: string;
	/**
	 * The number of the time in which this node knows the present values, so that it may give them to functions. Undefined:
	 * it does not.
	 */
	readonly term: () => number | undefined;
	readonly schedule: (task: () => void, delayMs: number) => () => void;
	/** Called some time after this node begins, or ends, to try functions of an app. */
	readonly onChange: () => void;
}

export class Rollouts {
	readonly #options: RolloutsOptions;
	/** The leases of this node. Work of this node under the same name is not excluded by the store. */
	readonly #held = new Set<string>();
	/** The leases that are being released. */
	readonly #releasing = new Map<string, Promise<void>>();
	#isChangeDue = false;

	constructor(options: RolloutsOptions) {
		this.#options = options;
	}

	/**
	 * Starts a process, if this node may do so then and until the process is ready.
	 * @throws AppError `NODE_CUT_OFF` (exit 6); what `start` throws
	 */
	async start<T extends { readonly instance: Instance }>(start: () => Promise<T>): Promise<T> {
		const term = this.#options.term();
		if (term === undefined) throw cutOff();
		const started = await start();
		if (this.#options.term() === term) return started;
		// It may have values that were replaced while this node did not know that.
		void started.instance.stop({ graceMs: 0 });
		throw cutOff();
	}

	/** Call it when this node begins, or ends, to try functions of an app. A short trial is not worth telling. */
	changed(): void {
		if (this.#isChangeDue) return;
		this.#isChangeDue = true;
		this.#options.schedule(() => {
			this.#isChangeDue = false;
			this.#options.onChange();
		}, TOLD_AFTER_MS);
	}

	/** Call it when this node will soon do work exclusively. */
	expect(): void {
		this.#options.prepareLease(TTL_MS);
	}

	/**
	 * Does work while no other node does work of this name.
	 * @returns undefined if other work of this name is in progress
	 */
	async exclusively<T>(name: string, work: () => Promise<T>): Promise<{ readonly result: T } | undefined> {
		const { node, store } = this.#options;
		if (this.#held.has(name)) return undefined;
		this.#held.add(name);
		try {
			await this.#releasing.get(name);
			if (!(await store.lease(name, node, TTL_MS))) return undefined;
			const end = this.#renew(name);
			try {
				return { result: await work() };
			} finally {
				end();
				this.#release(name);
			}
		} finally {
			this.#held.delete(name);
		}
	}

	/** Nobody waits for it, except the next work of this name. */
	#release(name: string): void {
		const { node, store } = this.#options;
		const released = store.release(name, node).catch(() => undefined);
		this.#releasing.set(name, released);
		void released.then(() => this.#releasing.delete(name));
	}

	#renew(name: string): () => void {
		const { node, schedule, store } = this.#options;
		let cancel = () => {};
		const next = () => {
			cancel = schedule(() => {
				// A renewal that fails is repeated. What the work records does not depend on the lease.
				void store.lease(name, node, TTL_MS).catch(() => undefined);
				next();
			}, RENEW_MS);
		};
		next();
		return () => cancel();
	}
}
