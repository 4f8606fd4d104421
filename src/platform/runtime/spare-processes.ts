/**
 * A pool of spare processes, which have no function yet. The start of a process takes most of the time of a
 * function's start: with a spare process, a function serves in a tenth of that time.
 */
/** A spare process and its resources. */
interface Waiting {
	readonly process: { readonly exited: Promise<unknown> };
}

/** The time after the last start before an empty pool is refilled. The requests that waited for the start go first. */
const QUIET_MS = 50;
/**
 * The same while the pool has processes. Other nodes on this machine, and other functions, may start theirs because of
 * the same change.
 */
const CALM_MS = 200;
/** The delay before the next attempt if a start fails. */
const FAILED_MS = 60_000;

export interface SpareProcessesOptions<Spare> {
	/** The size of the pool. */
	readonly countMax: number;
	/** The key of a process that would be started now. Only a function whose own key is the same may get it. */
	readonly compatibilityKey: () => string;
	/** Starts a spare process. */
	readonly start: () => Promise<Spare>;
	/** Ends a spare process that is no longer needed. */
	readonly discard: (spare: Spare) => Promise<void>;
}

export class SpareProcesses<Spare extends Waiting> {
	readonly #options: SpareProcessesOptions<Spare>;
	readonly #waiting: { readonly spare: Spare; readonly terms: string }[] = [];
	#timer: NodeJS.Timeout | undefined;
	#starting: Promise<void> | undefined;
	/** The number of functions that are starting now. */
	#functionStarts = 0;
	#isClosed = false;

	constructor(options: SpareProcessesOptions<Spare>) {
		this.#options = options;
		this.refill();
	}

	/** Runs the start of a function. The pool is not refilled before all of them have ended. */
	async during<T>(start: () => Promise<T>): Promise<T> {
		this.#functionStarts++;
		try {
			return await start();
		} finally {
			this.#functionStarts--;
			this.refill();
		}
	}

	/** Takes a spare process with this key from the pool; undefined if there is none. */
	take(terms: string): Spare | undefined {
		this.#discardOutdated();
		const [first] = this.#waiting;
		if (first?.terms !== terms) return undefined;
		this.#waiting.shift();
		return first.spare;
	}

	/** Discards processes with an outdated key, for example after a change of the machine's addresses. */
	#discardOutdated(): void {
		const terms = this.#options.compatibilityKey();
		while (this.#waiting[0] !== undefined && this.#waiting[0].terms !== terms) {
			const { spare } = this.#waiting.shift() as { spare: Spare };
			void this.#options.discard(spare);
		}
	}

	/** Refills the pool when no function was started for this time. */
	refill(delayMs = this.#waiting.length > 0 ? CALM_MS : QUIET_MS): void {
		clearTimeout(this.#timer);
		if (this.#isClosed || this.#waiting.length >= this.#options.countMax) return;
		this.#timer = setTimeout(() => {
			// The end of the last start calls this method again.
			if (this.#functionStarts > 0) return;
			this.#starting ??= this.#start().finally(() => {
				this.#starting = undefined;
			});
		}, delayMs).unref();
	}

	async #start(): Promise<void> {
		let terms: string;
		let spare: Spare;
		try {
			terms = this.#options.compatibilityKey();
			spare = await this.#options.start();
		} catch {
			this.refill(FAILED_MS);
			return;
		}
		if (this.#isClosed) return await this.#options.discard(spare);
		this.#waiting.push({ spare, terms });
		void spare.process.exited.then(() => this.#onExit(spare));
		this.refill();
	}

	/** Removes a spare process that exited. */
	#onExit(spare: Spare): void {
		const index = this.#waiting.findIndex((waiting) => waiting.spare === spare);
		if (index < 0) return;
		this.#waiting.splice(index, 1);
		this.refill(FAILED_MS);
	}

	/** Ends all spare processes. */
	async close(): Promise<void> {
		this.#isClosed = true;
		clearTimeout(this.#timer);
		await this.#starting;
		await Promise.all(this.#waiting.splice(0).map(({ spare }) => this.#options.discard(spare)));
	}
}
