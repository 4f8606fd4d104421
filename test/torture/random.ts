/** Pseudo-random numbers, the same for the same seed. */
export interface Random {
	/** At least 0, less than the limit. */
	below(limit: number): number;
	/** A whole number, at least 0, less than the limit. */
	int(limit: number): number;
	chance(probability: number): boolean;
	/** @throws RangeError if there are no items */
	pick<T>(items: readonly T[]): T;
	/** One of a list by weight. @throws RangeError if there are no items */
	weighted<T>(items: readonly (readonly [weight: number, item: T])[]): T;
}

/** Mulberry32: 32 bits of state, good enough for random choices. */
export function randomFrom(seed: number): Random {
	let state = seed >>> 0;
	const next = (): number => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
	const pick = <T>(items: readonly T[]): T => {
		const item = items[int(items.length)];
		if (item === undefined) throw new RangeError("Nothing to pick from.");
		return item;
	};
	const weighted = <T>(items: readonly (readonly [weight: number, item: T])[]): T => {
		let rest = next() * items.reduce((sum, [weight]) => sum + weight, 0);
		const found = items.find(([weight]) => {
			rest -= weight;
			return rest < 0;
		});
		const pair = found ?? items.at(-1);
		if (pair === undefined) throw new RangeError("Nothing to pick from.");
		return pair[1];
	};
	const int = (limit: number) => Math.floor(next() * limit);
	return {
		below: (limit) => next() * limit,
		int,
		chance: (probability) => next() < probability,
		pick,
		weighted,
	};
}
