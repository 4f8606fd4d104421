/** A bound of so much a second (a token bucket): what is saved up can be spent at once. */

export interface BudgetOptions {
	readonly perSecond: number;
	/** What can be saved up; so much is there at the beginning. */
	readonly burst: number;
	readonly now: () => number;
}

export class Budget {
	readonly #options: BudgetOptions;
	#left: number;
	#atMs: number;

	constructor(options: BudgetOptions) {
		this.#options = options;
		this.#left = options.burst;
		this.#atMs = options.now();
	}

	/** What can be spent now; a whole number, 0 at the least. */
	get left(): number {
		const { burst, now, perSecond } = this.#options;
		const nowMs = now();
		this.#left = Math.min(burst, this.#left + ((nowMs - this.#atMs) / 1000) * perSecond);
		this.#atMs = nowMs;
		return Math.max(0, Math.floor(this.#left));
	}

	/** Spends; more than there is makes debts, which come off what comes next. */
	spend(amount: number): void {
		this.#left -= amount;
	}
}
