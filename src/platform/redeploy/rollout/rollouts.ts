/**
 * Coordinates the nodes of a platform while changes are rolled out: one node at a time tries a change, and a node that
 * has lost the store for too long starts nothing.
 */
import { AppError, EXIT } from "../../../errors.ts";
import type { Store } from "../../store/store.ts";

/** A node that is killed holds its leases this long. */
const TTL_MS = 10_000;
const RENEW_MS = 3_000;

export interface RolloutsOptions {
	readonly store: Pick<Store, "lease" | "release">;
	/** This node's name. */
	readonly node: string;
	/** Whether this node knows the present values, so that it may give them to functions. */
	readonly isCurrent: () => boolean;
	readonly schedule: (task: () => void, delayMs: number) => () => void;
}

export class Rollouts {
	readonly #options: RolloutsOptions;
	/** The leases of this node. Work of this node under the same name is not excluded by the store. */
	readonly #held = new Set<string>();

	constructor(options: RolloutsOptions) {
		this.#options = options;
	}

	/** @throws AppError `NODE_CUT_OFF` (exit 6) if this node may not start functions */
	checkCurrent(): void {
		if (!this.#options.isCurrent()) throw cutOff();
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
			if (!(await store.lease(name, node, TTL_MS))) return undefined;
			const end = this.#renew(name);
			try {
				return { result: await work() };
			} finally {
				end();
				await store.release(name, node).catch(() => undefined);
			}
		} finally {
			this.#held.delete(name);
		}
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

/** This node cannot reach the store. */
export function cutOff(): AppError {
	return new AppError({
		code: "NODE_CUT_OFF",
		message: "This node of the platform does not reach its store, so it does not know the present values.",
		hint: "Try again. If it lasts, use another node, and check the network between this node and etcd.",
		exit: EXIT.network,
	});
}
