/** Counts times in buckets, each a twentieth wider than the one before, so that quantiles are exact to 5 %. */
const GROWTH = 1.05;
const SMALLEST_MS = 0.001;
const BUCKETS = 600;

export class Quantiles {
	readonly #counts = new Float64Array(BUCKETS);
	#count = 0;
	#sum = 0;

	get count(): number {
		return this.#count;
	}

	/** NaN if nothing was added. */
	get mean(): number {
		return this.#sum / this.#count;
	}

	add(ms: number): void {
		const bucket = ms <= SMALLEST_MS ? 0 : Math.ceil(Math.log(ms / SMALLEST_MS) / Math.log(GROWTH));
		const index = Math.min(BUCKETS - 1, bucket);
		this.#counts[index] = (this.#counts[index] ?? 0) + 1;
		this.#count++;
		this.#sum += ms;
	}

	/** Adds what another has counted. */
	merge(other: Quantiles): void {
		for (const [index, count] of other.#counts.entries())
			this.#counts[index] = (this.#counts[index] ?? 0) + count;
		this.#count += other.#count;
		this.#sum += other.#sum;
	}

	/** The upper end of the bucket in which the quantile is. NaN if nothing was added. @param part between 0 and 1 */
	at(part: number): number {
		if (this.#count === 0) return Number.NaN;
		let left = part * this.#count;
		for (const [index, count] of this.#counts.entries()) {
			left -= count;
			if (left <= 0) return index === 0 ? 0 : SMALLEST_MS * GROWTH ** index;
		}
		return Number.NaN;
	}
}
