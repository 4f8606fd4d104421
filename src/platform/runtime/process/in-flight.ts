/** How many requests a process is serving, and when it was last asked something. */
import { Hold } from "./hold.ts";

export class InFlight {
	lastActiveMs = performance.now();
	#count = 0;
	/** When the last request came. */
	#calledMs = performance.now();
	readonly #onIdle: () => void;
	readonly #hold = new Hold({ count: () => this.#add(), calledMs: () => this.#calledMs });

	/** @param onIdle called each time the last one is over */
	constructor(onIdle: () => void) {
		this.#onIdle = onIdle;
	}

	get count(): number {
		return this.#count;
	}

	/** Counts one request in. The returned function counts it out again, once. */
	begin(): () => void {
		this.#calledMs = performance.now();
		return this.#add();
	}

	/** Notes whether the function has work that goes on after its responses: it counts as a request, for a while. */
	hold(isHeld: boolean): void {
		this.#hold.set(isHeld);
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
