/**
 * Counts the times of responses. Times that are almost the same are counted together, with three digits. They are rounded
 * up, so that a time above a limit of the metrics' buckets stays above it: the limits have fewer digits. Pure.
 */

/** A key is the number of a class and a number of its units, of which a class has at most 1,000. */
const KEYS = 1_001;
/** The first classes have times below 1, 10 and 100 ms, in units of 1, 10 and 100 µs. */
const UNITS_PER_MS = [1_000, 100, 10];
/** The next ones have times below 1, 10, … seconds. The last class has no end. */
const MS_PER_UNIT = [1, 10, 100, 1_000, 10_000, 100_000];
const FRACTIONS = UNITS_PER_MS.length;
const LAST = FRACTIONS + MS_PER_UNIT.length - 1;

/** A whole number for a time: unlike a fraction, a map finds it without a computation. */
function keyOf(ms: number): number {
	let index = 0;
	for (let limit = 1; ms >= limit && index < LAST; limit *= 10) index++;
	const perMs = UNITS_PER_MS[index];
	const units = perMs === undefined ? ms / (MS_PER_UNIT[index - FRACTIONS] ?? 1) : ms * perMs;
	return index * KEYS + Math.ceil(units);
}

function msOf(key: number): number {
	const index = Math.min(LAST, Math.floor(key / KEYS));
	const units = key - index * KEYS;
	const perMs = UNITS_PER_MS[index];
	return perMs === undefined ? units * (MS_PER_UNIT[index - FRACTIONS] ?? 1) : units / perMs;
}

export class Times {
	readonly #counts = new Map<number, number>();

	/** @param ms the time of one response */
	add(ms: number): void {
		const key = keyOf(ms);
		this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
	}

	/** The times, and how many responses took as long. */
	list(): [ms: number, count: number][] {
		return [...this.#counts].map(([key, count]) => [msOf(key), count]);
	}
}
