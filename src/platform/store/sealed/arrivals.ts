/** The moments of a shared store that have arrived and are not taken over yet, oldest first. */
import { setTimeout as delay } from "node:timers/promises";
import type { StoreMoment } from "../several-nodes.ts";

export class Arrivals {
	readonly #moments: StoreMoment[] = [];
	#onArrival = () => {};

	add(moment: StoreMoment): void {
		this.#moments.push(moment);
		this.#onArrival();
	}

	/** Takes all. */
	take(): StoreMoment[] {
		return this.#moments.splice(0);
	}

	/** Resolves when the next moment arrives, or after a time. */
	async next(timeoutMs: number): Promise<void> {
		const arrival = new Promise<void>((resolve) => {
			this.#onArrival = resolve;
		});
		await Promise.race([arrival, delay(timeoutMs, undefined, { ref: false })]);
	}
}
