/** Exponential backoff: the delay before the next attempt doubles after each failure, up to a maximum. */
const FIRST_MS = 500;
const MAX_MS = 60_000;

export class Backoff {
	#failures = 0;
	#failedMs = 0;

	/** The delay before the next attempt in milliseconds. 0 if nothing has failed. */
	get delayMs(): number {
		return this.#failures === 0 ? 0 : Math.min(FIRST_MS * 2 ** (this.#failures - 1), MAX_MS);
	}

	/** Whether the delay after the last failure has not passed yet. @param nowMs on the clock of `failed` */
	isDelayed(nowMs: number): boolean {
		return nowMs - this.#failedMs < this.delayMs;
	}

	/** @param nowMs the time in milliseconds, for `isDelayed` */
	failed(nowMs = 0): void {
		this.#failures++;
		this.#failedMs = nowMs;
	}

	reset(): void {
		this.#failures = 0;
	}
}
