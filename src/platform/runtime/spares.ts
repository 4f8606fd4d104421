/**
 * Processes that wait ready-made, with no function in them yet. To start one takes most of the time of a start; a function
 * that gets one serves in a tenth of it.
 */
/** A process that is nobody's, and what belongs to it. */
interface Waiting {
	readonly process: { readonly exited: Promise<unknown> };
}

/** Nothing else may need the machine: a start that just ended has requests waiting. */
const QUIET_MS = 500;
/** Where one cannot be made, the next try comes later. */
const FAILED_MS = 60_000;

export interface SparesOptions<Spare> {
	/** How many wait at once. */
	readonly countMax: number;
	/** What one would be started with at this moment: only a function that would be started with the same may have it. */
	readonly terms: () => string;
	/** Starts one. */
	readonly make: () => Promise<Spare>;
	/** Ends one that is no longer wanted. */
	readonly discard: (spare: Spare) => Promise<void>;
}

export class Spares<Spare extends Waiting> {
	readonly #options: SparesOptions<Spare>;
	readonly #waiting: { readonly spare: Spare; readonly terms: string }[] = [];
	#timer: NodeJS.Timeout | undefined;
	#making: Promise<void> | undefined;
	#isClosed = false;

	constructor(options: SparesOptions<Spare>) {
		this.#options = options;
		this.refill();
	}

	/** One that was started so, which is the caller's from then on. */
	take(terms: string): Spare | undefined {
		this.#discardOutdated();
		const [first] = this.#waiting;
		if (first?.terms !== terms) return undefined;
		this.#waiting.shift();
		return first.spare;
	}

	/** What a machine's addresses have changed for cannot be given to anybody. */
	#discardOutdated(): void {
		const terms = this.#options.terms();
		while (this.#waiting[0] !== undefined && this.#waiting[0].terms !== terms) {
			const { spare } = this.#waiting.shift() as { spare: Spare };
			void this.#options.discard(spare);
		}
	}

	/** Sees to it that there are as many as there should be, once nothing was started for a moment. */
	refill(delayMs = QUIET_MS): void {
		clearTimeout(this.#timer);
		if (this.#isClosed || this.#waiting.length >= this.#options.countMax) return;
		this.#timer = setTimeout(() => {
			this.#making ??= this.#make().finally(() => {
				this.#making = undefined;
			});
		}, delayMs).unref();
	}

	async #make(): Promise<void> {
		let terms: string;
		let spare: Spare;
		try {
			terms = this.#options.terms();
			spare = await this.#options.make();
		} catch {
			this.refill(FAILED_MS);
			return;
		}
		if (this.#isClosed) return await this.#options.discard(spare);
		this.#waiting.push({ spare, terms });
		void spare.process.exited.then(() => this.#lose(spare));
		this.refill();
	}

	/** One that ended while it waited. */
	#lose(spare: Spare): void {
		const index = this.#waiting.findIndex((waiting) => waiting.spare === spare);
		if (index < 0) return;
		this.#waiting.splice(index, 1);
		this.refill(FAILED_MS);
	}

	/** Ends those that wait. */
	async close(): Promise<void> {
		this.#isClosed = true;
		clearTimeout(this.#timer);
		await this.#making;
		await Promise.all(this.#waiting.splice(0).map(({ spare }) => this.#options.discard(spare)));
	}
}
