/** Counts the requests that a process is serving, and records when it was last active. */
import { BackgroundWork } from "./background-work.ts";

export class InFlightRequests {
	lastActiveMs = performance.now();
	#count = 0;
	/** When the last request arrived. */
	#lastRequestMs = performance.now();
	readonly #onIdle: () => void;
	readonly #backgroundWork = new BackgroundWork({
		count: () => this.#add(),
		lastRequestMs: () => this.#lastRequestMs,
	});

	/** @param onIdle called each time the last request ends */
	constructor(onIdle: () => void) {
		this.#onIdle = onIdle;
	}

	get count(): number {
		return this.#count;
	}

	/** Counts one request in. The returned function counts it out, once. */
	begin(): () => void {
		this.#lastRequestMs = performance.now();
		return this.#add();
	}

	/**
	 * Records whether the function has work that continues after its responses. Such work counts as a request
	 * for a limited time.
	 */
	setBackgroundWork(isHeld: boolean): void {
		this.#backgroundWork.set(isHeld);
	}

	#add(): () => void {
		this.#count++;
		this.lastActiveMs = performance.now();
		let isCounted = true;
		return () => {
			if (!isCounted) return;
			isCounted = false;
			this.#count--;
			this.lastActiveMs = performance.now();
			if (this.#count === 0) this.#onIdle();
		};
	}
}
