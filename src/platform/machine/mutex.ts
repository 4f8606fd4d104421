/**
 * Taking turns within one process.
 */

/** Runs what it is given one after the other, in order of the calls. */
export class Mutex {
	#last: Promise<unknown> = Promise.resolve();

	/** Runs the task once everything before it has settled. @returns what the task returns or throws */
	run<T>(task: () => Promise<T>): Promise<T> {
		const mine = this.#last.then(task);
		this.#last = mine.catch(() => undefined);
		return mine;
	}
}

/** Lets at most `countMax` tasks run at once; further ones wait in order. */
export class Limiter {
	readonly #waiting: (() => void)[] = [];
	#free: number;

	constructor(countMax: number) {
		this.#free = Math.max(1, countMax);
	}

	/** Runs the task when there is room for it. @returns what the task returns or throws */
	async run<T>(task: () => Promise<T>): Promise<T> {
		if (this.#free > 0) this.#free--;
		else await new Promise<void>((resolve) => this.#waiting.push(resolve));
		try {
			return await task();
		} finally {
			const next = this.#waiting.shift();
			if (next === undefined) this.#free++;
			else next();
		}
	}
}
