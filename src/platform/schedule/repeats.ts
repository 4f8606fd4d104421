/** Repeats runs after delays. The delays end when the platform closes. */
export class Repeats {
	readonly #schedule: (task: () => void, delayMs: number) => () => void;
	readonly #stops = new Set<() => void>();
	#isClosed = false;

	/** @param schedule runs a task later, and returns a function that cancels it */
	constructor(schedule: (task: () => void, delayMs: number) => () => void) {
		this.#schedule = schedule;
	}

	/**
	 * Runs a task, and repeats it as long as it returns a delay.
	 * @param task returns after how many milliseconds it is repeated; undefined if it is not
	 */
	async run(task: (attempt: number) => Promise<number | undefined>): Promise<void> {
		for (let attempt = 0; !this.#isClosed; attempt++) {
			const delayMs = await task(attempt);
			if (delayMs === undefined) return;
			await this.#pause(delayMs);
		}
	}

	#pause(delayMs: number): Promise<void> {
		if (this.#isClosed) return Promise.resolve();
		return new Promise((resolve) => {
			const end = () => {
				cancel();
				this.#stops.delete(end);
				resolve();
			};
			const cancel = this.#schedule(end, delayMs);
			this.#stops.add(end);
		});
	}

	/** Ends all delays. Nothing is repeated any more. */
	close(): void {
		this.#isClosed = true;
		for (const stop of [...this.#stops]) stop();
	}
}
