/** The seal that a store has, and those that it had. So a moment of the past is recognised. */

const EARLIER_MAX = 10_000;

export class KnownSeals {
	readonly #earlier = new Set<string>();
	#present: string | undefined;

	/** The seal that the store had when this process last read or wrote it. */
	get present(): string | undefined {
		return this.#present;
	}

	/** Notes that the store has this seal now. */
	note(seal: string | undefined): void {
		if (this.#present !== undefined && this.#present !== seal) this.#earlier.add(this.#present);
		for (const earlier of this.#earlier) {
			if (this.#earlier.size <= EARLIER_MAX) break;
			this.#earlier.delete(earlier);
		}
		this.#present = seal;
	}

	/** Whether the store had this seal before. A store that has had a seal is never without one. */
	isEarlier(seal: string | undefined): boolean {
		return seal === undefined ? this.#present !== undefined : this.#earlier.has(seal);
	}
}
