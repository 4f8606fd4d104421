/** How long to wait before the next try: twice as long after each failure, up to a bound. */
const FIRST_MS = 500;
const MAX_MS = 60_000;

export class Backoff {
	#failures = 0;

	/** @returns how long to wait before the next try, in milliseconds; 0 where nothing failed yet */
	get delayMs(): number {
		return this.#failures === 0 ? 0 : Math.min(FIRST_MS * 2 ** (this.#failures - 1), MAX_MS);
	}

	failed(): void {
		this.#failures++;
	}

	reset(): void {
		this.#failures = 0;
	}
}
