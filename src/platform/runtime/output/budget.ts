/** A bound of lines and bytes a second (a token bucket): what is saved up can be spent at once. */
import type { Amount } from "./turns.ts";

export interface BudgetOptions {
	readonly perSecond: Amount;
	/** What can be saved up; so much is there at the beginning. */
	readonly burst: Amount;
	readonly now?: () => number;
}

export class Budget {
	readonly #options: BudgetOptions;
	readonly #now: () => number;
	#lines: number;
	#bytes: number;
	#atMs: number;

	constructor(options: BudgetOptions) {
		this.#options = options;
		this.#now = options.now ?? (() => performance.now());
		({ lines: this.#lines, bytes: this.#bytes } = options.burst);
		this.#atMs = this.#now();
	}

	/** What can be spent now; whole numbers, 0 at the least. */
	get left(): Amount {
		const { burst, perSecond } = this.#options;
		const nowMs = this.#now();
		const seconds = (nowMs - this.#atMs) / 1000;
		this.#atMs = nowMs;
		this.#lines = Math.min(burst.lines, this.#lines + seconds * perSecond.lines);
		this.#bytes = Math.min(burst.bytes, this.#bytes + seconds * perSecond.bytes);
		return { lines: Math.max(0, Math.floor(this.#lines)), bytes: Math.max(0, Math.floor(this.#bytes)) };
	}

	/** Spends; more than there is makes debts, which come off what comes next. */
	spend({ lines, bytes }: Amount): void {
		this.#lines -= lines;
		this.#bytes -= bytes;
	}
}
