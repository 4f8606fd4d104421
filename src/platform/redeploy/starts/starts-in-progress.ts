import type { StartOutcome } from "../supervisor-port.ts";

/** The starts of a function. */
export class StartsInProgress {
	#count = 0;
	#last: Promise<StartOutcome> | undefined;
	readonly #onSettled: () => void;
	readonly #cancelled = new AbortController();

	/** @param onSettled called when a start has succeeded or failed */
	constructor(onSettled: () => void) {
		this.#onSettled = onSettled;
	}

	/** Whether a start has not ended yet. */
	get isAny(): boolean {
		return this.#count > 0;
	}

	/** The last start, which may have ended. */
	get last(): Promise<StartOutcome> | undefined {
		return this.#last;
	}

	/** Aborts when the platform, or the app, closes. */
	get signal(): AbortSignal {
		return this.#cancelled.signal;
	}

	/** Ends all starts, now and from now on. */
	cancel(): void {
		this.#cancelled.abort();
	}

	/** Counts a start until it settles. @returns its outcome */
	add(begun: () => Promise<StartOutcome>): Promise<StartOutcome> {
		this.#count++;
		this.#last = begun().finally(() => {
			this.#count--;
			this.#onSettled();
		});
		return this.#last;
	}
}
