/**
 * Runs a limited number of tasks at the same time and divides the slots fairly between owners: waiting owners take
 * turns, however many tasks each of them has. A long task does not block the others forever: after some time it no
 * longer counts against the shared limit, but still against the limit of its owner.
 */

export interface FairLimiterOptions {
	/** The most tasks at the same time. Long tasks do not count. */
	readonly countMax: number;
	/** The most tasks of one owner at the same time. Long tasks count. */
	readonly perOwnerMax: number;
	/** After this time a task counts as long. */
	readonly longMs: number;
	/** Runs a task later. @returns a function that cancels it */
	readonly schedule: (task: () => void, delayMs: number) => () => void;
}

interface Owner {
	running: number;
	/** Functions that start the waiting tasks, in order. */
	readonly waiting: (() => void)[];
}

export class FairLimiter {
	readonly #options: FairLimiterOptions;
	/** Owners with running or waiting tasks, in the order of their turns. */
	readonly #owners = new Map<string, Owner>();
	/** The number of running tasks that do not count as long. */
	#short = 0;

	constructor(options: FairLimiterOptions) {
		this.#options = options;
	}

	/** Runs a task in its owner's turn. @returns what the task returns or throws */
	async run<T>(name: string, task: () => Promise<T>): Promise<T> {
		const owner = this.#owners.get(name) ?? { running: 0, waiting: [] };
		this.#owners.set(name, owner);
		const end = await new Promise<() => void>((resolve) => {
			owner.waiting.push(() => resolve(this.#begin(name, owner)));
			this.#next();
		});
		try {
			return await task();
		} finally {
			end();
		}
	}

	/** Counts a task as running. @returns a function that ends this */
	#begin(name: string, owner: Owner): () => void {
		const { longMs, schedule } = this.#options;
		owner.running++;
		this.#short++;
		let isShort = true;
		const stopCounting = () => {
			if (isShort) this.#short--;
			isShort = false;
		};
		const cancel = schedule(() => {
			stopCounting();
			this.#next();
		}, longMs);
		return () => {
			cancel();
			stopCounting();
			owner.running--;
			if (owner.running === 0 && owner.waiting.length === 0) this.#owners.delete(name);
			this.#next();
		};
	}

	/** Starts tasks while slots are free. */
	#next(): void {
		const { countMax, perOwnerMax } = this.#options;
		for (const [name, owner] of this.#owners) {
			if (this.#short >= countMax) return;
			if (owner.running >= perOwnerMax) continue;
			const begin = owner.waiting.shift();
			if (begin === undefined) continue;
			// The owner moves to the end. The loop reaches it again.
			this.#owners.delete(name);
			this.#owners.set(name, owner);
			begin();
		}
	}
}
