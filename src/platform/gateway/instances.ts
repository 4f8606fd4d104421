/**
 * Finds the instance that serves a function now, prevents its stop during the request, and keeps a pool of connections
 * to it.
 */
import { FaultBoundary } from "../faults/error-boundary.ts";
import { budgetOf, descriptorLimit, type FunctionLimits } from "../http/descriptors.ts";
import type { ServingInstance } from "../runtime/runtime.ts";
import { Connector } from "./connect.ts";
import { ConnectionPool } from "./http-client/connection-pool.ts";
import { PROBLEMS, type Problem, startProblem } from "./problem.ts";

/**
 * The instance that serves a function now. Starts one if none is running.
 * @returns undefined if the function cannot be started
 * @throws if the start failed; AppError `PLATFORM_FULL` if the platform has no capacity for another instance
 */
export type FindInstance<Found extends ServingInstance = ServingInstance> = (
	app: string,
	name: string,
) => Found | undefined | Promise<Found | undefined>;

/** An instance that counts one request as in flight, and the connections to it. */
export interface Lease<Found extends ServingInstance = ServingInstance> {
	readonly instance: Found;
	readonly pool: ConnectionPool;
}

/** During a redeploy, the instance that was found may already refuse requests; the next search finds its successor. */
const LEASE_ATTEMPTS = 4;

export class Instances<Found extends ServingInstance = ServingInstance> {
	readonly #find: FindInstance<Found>;
	readonly #faults: FaultBoundary;
	readonly connector: Connector;
	readonly #connectionsMax: number;
	readonly #pools = new Map<Found, ConnectionPool>();

	/**
	 * @param faults handles exceptions of callbacks; by default one that logs nothing
	 * @param limits by default derived from this process's limit on open files
	 */
	constructor(
		find: FindInstance<Found>,
		faults: FaultBoundary = new FaultBoundary("function"),
		limits: FunctionLimits = budgetOf(descriptorLimit(), 0).functions,
	) {
		this.#find = find;
		this.#faults = faults;
		this.connector = new Connector(faults, limits);
		this.#connectionsMax = limits.perFunctionConnectionsMax;
	}

	/**
	 * Counts a request as in flight at the function's instance. Returns a promise only if the instance is not known
	 * at once.
	 * @param onAcquired called as soon as the request is counted, with the function that counts it out again, so that
	 *   the caller can count it out whatever fails afterwards
	 * @returns a problem if no instance accepts the request
	 */
	lease(
		app: string,
		name: string,
		onAcquired: (release: () => void) => void,
	): Lease<Found> | Problem | Promise<Lease<Found> | Problem> {
		const found = this.#found(app, name);
		if (found instanceof Promise) return this.#leaseLater(app, name, onAcquired, found);
		return this.#take(found, onAcquired) ?? this.#leaseLater(app, name, onAcquired);
	}

	async #leaseLater(
		app: string,
		name: string,
		onAcquired: (release: () => void) => void,
		first?: Promise<Found | undefined>,
	): Promise<Lease<Found> | Problem> {
		for (let attempt = 0; attempt < LEASE_ATTEMPTS; attempt++) {
			let instance: Found | undefined;
			try {
				instance = await (attempt === 0 && first !== undefined ? first : this.#find(app, name));
			} catch (error) {
				return startProblem(error);
			}
			const lease = this.#take(instance, onAcquired);
			if (lease !== undefined) return lease;
		}
		return PROBLEMS.notRunning;
	}

	#found(app: string, name: string): ReturnType<FindInstance<Found>> {
		try {
			return this.#find(app, name);
		} catch (error) {
			return Promise.reject(error);
		}
	}

	/** Undefined if there is no instance, or if it accepts no more requests. */
	#take(instance: Found | undefined, onAcquired: (release: () => void) => void): Lease<Found> | undefined {
		const release = instance?.acquire();
		if (instance === undefined || release === undefined) return undefined;
		try {
			// If the count never decreased, the function could neither become idle nor be replaced. So a failed release is
			// retried once.
			onAcquired(() => this.#faults.run(release, release));
			return { instance, pool: this.#pool(instance) };
		} catch (error) {
			release();
			throw error;
		}
	}

	#pool(instance: Found): ConnectionPool {
		const known = this.#pools.get(instance);
		if (known !== undefined) return known;
		const pool = new ConnectionPool(instance, {
			connector: this.connector,
			faults: this.#faults,
			connectionsMax: this.#connectionsMax,
		});
		this.#pools.set(instance, pool);
		this.#faults.run(async () => {
			await instance.exited;
			this.#pools.delete(instance);
			pool.destroy();
		});
		return pool;
	}

	/** Closes every connection at once. */
	close(): void {
		for (const pool of this.#pools.values()) pool.destroy();
	}
}
