/**
 * Lets a bounded number of tasks run at once, fairly divided between owners: those who wait take turns, however many
 * tasks each of them has. A task that goes on for long does not keep the others waiting for ever: after a while it
 * counts no longer against what all share, but still against what its owner may have.
 */

export interface FairLimiterOptions {
	/** How many tasks may run at once, those that have gone on for long not counted. */
	readonly countMax: number;
	/** How many tasks of one owner may run at once, however long they have gone on. */
	readonly perOwnerMax: number;
	/** After so long a task has gone on for long. */
	readonly longMs: number;
	/** Runs a task later; the returned function takes that back. */
	readonly schedule: (task: () => void, delayMs: number) => () => void;
}

interface Owner {
	running: number;
	/** Begin those that wait, the first one first. */
	readonly waiting: (() => void)[];
}

export class FairLimiter {
	readonly #options: FairLimiterOptions;
	/** Those of whom something runs or waits, in the order in which they take turns. */
	readonly #owners = new Map<string, Owner>();
	/** Running tasks that have not gone on for long. */
	#short = 0;

	constructor(options: FairLimiterOptions) {
		this.#options = options;
	}

	/** Runs an owner's task when it is its turn. @returns what the task returns or throws */
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

	/** Counts a task in; the returned function counts it out. */
	#begin(name: string, owner: Owner): () => void {
		const { longMs, schedule } = this.#options;
		owner.running++;
		this.#short++;
		let isShort = true;
		const leave = () => {
			if (isShort) this.#short--;
			isShort = false;
		};
		const cancel = schedule(() => {
			leave();
			this.#next();
		}, longMs);
		return () => {
			cancel();
			leave();
			owner.running--;
			if (owner.running === 0 && owner.waiting.length === 0) this.#owners.delete(name);
			this.#next();
		};
	}

	/** Begins what may begin. */
	#next(): void {
		const { countMax, perOwnerMax } = this.#options;
		for (const [name, owner] of this.#owners) {
			if (this.#short >= countMax) return;
			if (owner.running >= perOwnerMax) continue;
			const begin = owner.waiting.shift();
			if (begin === undefined) continue;
			// Its next turn comes after everybody else's; the loop comes to it again, too.
			this.#owners.delete(name);
			this.#owners.set(name, owner);
			begin();
		}
	}
}
