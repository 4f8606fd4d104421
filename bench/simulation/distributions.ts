/** Random numbers of the distributions that the simulation assumes. */
import type { Random } from "../../test/torture/random.ts";

/** More than 0, at most 1, so that its logarithm is finite. */
function positive(random: Random): number {
	return 1 - random.below(1);
}

/** The time until the next event of a Poisson process. @param rate events per unit of time; 0: it never happens */
export function exponential(random: Random, rate: number): number {
	return rate > 0 ? -Math.log(positive(random)) / rate : Number.POSITIVE_INFINITY;
}

function normal(random: Random): number {
	return Math.sqrt(-2 * Math.log(positive(random))) * Math.cos(2 * Math.PI * random.below(1));
}

/** Lognormal with a mean. @param sigma the standard deviation of the logarithm; 0: always the mean */
export function lognormal(random: Random, mean: number, sigma: number): number {
	return mean * Math.exp(sigma * normal(random) - (sigma * sigma) / 2);
}

/** A whole number that is at least 1, geometric with a mean. */
export function atLeastOne(random: Random, mean: number): number {
	if (mean <= 1) return 1;
	return 1 + Math.floor(Math.log(positive(random)) / Math.log(1 - 1 / mean));
}

/** Picks an index with a probability in proportion to its weight. */
export class Weighted {
	readonly #sums: Float64Array;
	readonly total: number;

	constructor(weights: readonly number[]) {
		this.#sums = new Float64Array(weights.length);
		let sum = 0;
		for (const [index, weight] of weights.entries()) {
			sum += weight;
			this.#sums[index] = sum;
		}
		this.total = sum;
	}

	pick(random: Random): number {
		const wanted = random.below(this.total);
		let [low, high] = [0, this.#sums.length - 1];
		while (low < high) {
			const middle = (low + high) >> 1;
			if ((this.#sums[middle] ?? 0) > wanted) high = middle;
			else low = middle + 1;
		}
		return low;
	}
}
