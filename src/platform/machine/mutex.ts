/** Mutual exclusion within one process. */

/** Runs tasks one after the other, in the order of the calls. */
export class Mutex {
	#last: Promise<unknown> = Promise.resolve();

	/** Runs the task once all earlier ones have settled. @returns what the task returns or throws */
	run<T>(task: () => Promise<T>): Promise<T> {
		const result = this.#last.then(task);
		this.#last = result.catch(() => undefined);
		return result;
	}
}

/** Runs at most `countMax` tasks at the same time. Further tasks wait in order. */
export class Limiter {
	readonly #waiting: (() => void)[] = [];
	#free: number;

	constructor(countMax: number) {
		this.#free = Math.max(1, countMax);
	}

	/** Runs the task once a slot is free. @returns what the task returns or throws */
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
