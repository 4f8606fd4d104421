/** A rate limit: a token bucket. Tokens that are saved up can be spent at once. */

export interface TokenBucketOptions {
	readonly perSecond: number;
	/** The capacity. The bucket is full at the beginning. */
	readonly burst: number;
	readonly now: () => number;
}

export class TokenBucket {
	readonly #options: TokenBucketOptions;
	#tokens: number;
	#atMs: number;

	constructor(options: TokenBucketOptions) {
		this.#options = options;
		this.#tokens = options.burst;
		this.#atMs = options.now();
	}

	/** The number of tokens that can be spent now: a whole number, at least 0. */
	get available(): number {
		const { burst, now, perSecond } = this.#options;
		const nowMs = now();
		this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#atMs) / 1000) * perSecond);
		this.#atMs = nowMs;
		return Math.max(0, Math.floor(this.#tokens));
	}

	/** Spends tokens. If more are spent than available, the debt is paid from future tokens. */
	spend(amount: number): void {
		this.#tokens -= amount;
	}
}
