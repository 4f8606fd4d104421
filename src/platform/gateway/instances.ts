/**
 * The way to the instances of functions: one that serves now, held so that it is not stopped meanwhile, and connections
 * to it that are used again.
 */
import type { Pool } from "undici";
import { FaultBoundary } from "../faults/error-boundary.ts";
import { budgetOf, descriptorLimit, type FunctionLimits } from "../http/descriptors.ts";
import type { Instance } from "../runtime/runtime.ts";
import { Connector } from "./connect.ts";
import { PROBLEMS, type Problem, startProblem } from "./problem.ts";

/**
 * The instance that serves a function now; starts one where none is running. Undefined where that cannot be done, and a
 * rejection where starting it failed: `PLATFORM_FULL` where there is no room for it.
 */
export type FindInstance = (
	app: string,
	name: string,
) => Instance | undefined | Promise<Instance | undefined>;

/** An instance that one request is counted into. */
export interface Lease {
	readonly instance: Instance;
	readonly pool: Pool;
}

/** While a function is being switched, the instance that was found takes no request; the next that is found is another. */
const LEASE_ATTEMPTS = 4;

export class Instances {
	readonly #find: FindInstance;
	readonly #faults: FaultBoundary;
	/** Makes the connections. */
	readonly connector: Connector;
	readonly #pools = new Map<Instance, Pool>();

	/**
	 * @param faults where exceptions end; one that logs nothing unless told
	 * @param limits by this process's bound on open files unless told
	 */
	constructor(
		find: FindInstance,
		faults: FaultBoundary = new FaultBoundary("function"),
		limits: FunctionLimits = budgetOf(descriptorLimit(), 0).functions,
	) {
		this.#find = find;
		this.#faults = faults;
		this.connector = new Connector(faults, limits);
	}

	/**
	 * Counts a request into the function's instance; or why that cannot be. A promise only where the instance is not
	 * known at once.
	 * @param onCounted called at once with what counts it out again, so that it is, whatever fails afterwards
	 */
	lease(
		app: string,
		name: string,
		onCounted: (release: () => void) => void,
	): Lease | Problem | Promise<Lease | Problem> {
		const found = this.#found(app, name);
		if (found instanceof Promise) return this.#leaseLater(app, name, onCounted, found);
		return this.#take(found, onCounted) ?? this.#leaseLater(app, name, onCounted);
	}

	async #leaseLater(
		app: string,
		name: string,
		onCounted: (release: () => void) => void,
		first?: Promise<Instance | undefined>,
	): Promise<Lease | Problem> {
		for (let attempt = 0; attempt < LEASE_ATTEMPTS; attempt++) {
			let instance: Instance | undefined;
			try {
				instance = await (attempt === 0 && first !== undefined ? first : this.#find(app, name));
			} catch (error) {
				return startProblem(error);
			}
			const lease = this.#take(instance, onCounted);
			if (lease !== undefined) return lease;
		}
		return PROBLEMS.notRunning;
	}

	#found(app: string, name: string): ReturnType<FindInstance> {
		try {
			return this.#find(app, name);
		} catch (error) {
			return Promise.reject(error);
		}
	}

	/** Undefined where there is no instance, or it takes no request. */
	#take(instance: Instance | undefined, onCounted: (release: () => void) => void): Lease | undefined {
		const release = instance?.acquire();
		if (instance === undefined || release === undefined) return undefined;
		try {
			// A function that was counted as busy for ever could neither rest nor be replaced, so it is tried twice.
			onCounted(() => this.#faults.run(release, release));
			return { instance, pool: this.#pool(instance) };
		} catch (error) {
			release();
			throw error;
		}
	}

	#pool(instance: Instance): Pool {
		const known = this.#pools.get(instance);
		if (known !== undefined) return known;
		const pool = this.connector.openPool(instance);
		this.#pools.set(instance, pool);
		this.#faults.run(async () => {
			await instance.exited;
			this.#pools.delete(instance);
			await pool.destroy();
		});
		return pool;
	}

	/** Cuts every connection off. */
	async close(): Promise<void> {
		await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
	}
}
