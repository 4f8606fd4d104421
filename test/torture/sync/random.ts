/** Pseudo-random numbers, the same for the same seed (mulberry32). */
export class Random {
	#state: number;

	constructor(seed: number) {
		this.#state = seed >>> 0;
	}

	/** At least 0, less than 1. */
	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	}

	/** A whole number, at least 0, less than the limit. */
	below(limit: number): number {
		return Math.floor(this.next() * limit);
	}

	chance(probability: number): boolean {
		return this.next() < probability;
	}

	/** One of a list, which must not be empty. */
	pick<T>(list: readonly T[]): T {
		return list[this.below(list.length)] as T;
	}

	/** One of a list by weight: the list holds pairs. */
	weighted<T>(list: readonly (readonly [weight: number, item: T])[]): T {
		let rest = this.next() * list.reduce((sum, [weight]) => sum + weight, 0);
		for (const [weight, item] of list) {
			rest -= weight;
			if (rest < 0) return item;
		}
		return (list.at(-1) as readonly [number, T])[1];
	}
}
