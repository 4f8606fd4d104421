/**
 * Reading from many functions on one thread. What they write is dealt with in turns: a turn has a bounded number of
 * lines and bytes, which the functions that have something waiting share in slices, one after the other (round robin).
 * So the thread has time for everything else, and a function that writes without end delays no other one's lines by
 * more than a slice for each function that waits.
 */

/** How much of a stream. */
export interface Amount {
	/** A read from the system counts as a line: it costs as much, however little it brings. */
	readonly lines: number;
	readonly bytes: number;
}

/** Something of which parts wait to be dealt with. */
export interface Source {
	/** Whether anything waits. */
	readonly isWaiting: boolean;
	/**
	 * Deals with the first part of what waits.
	 * @param most how much that may be; both are 1 at the least
	 * @returns how much it was; 0 bytes where the source has a bound of its own and has reached it for this turn
	 */
	take(most: Amount): Amount;
}

export interface TurnsOptions {
	/** A turn begins so many milliseconds after the one before, at the soonest. */
	readonly intervalMs: number;
	/** What all sources together may have of one turn. */
	readonly perTurn: Amount;
	/** What one source may have until the next one's turn. */
	readonly perSlice: Amount;
	readonly now?: () => number;
	/** Runs a task later. */
	readonly schedule?: (task: () => void, delayMs: number) => void;
}

export class Turns {
	readonly #options: TurnsOptions;
	readonly #now: () => number;
	readonly #schedule: (task: () => void, delayMs: number) => void;
	/** In the order in which they get a slice. */
	readonly #queue = new Set<Source>();
	/** Those that may have no more in this turn, by a bound of their own. */
	readonly #held = new Set<Source>();
	#left: { lines: number; bytes: number };
	#beganMs = Number.NEGATIVE_INFINITY;
	#isRunning = false;
	#isScheduled = false;

	constructor(options: TurnsOptions) {
		this.#options = options;
		this.#left = { ...options.perTurn };
		this.#now = options.now ?? (() => performance.now());
		this.#schedule = options.schedule ?? ((task, delayMs) => void setTimeout(task, delayMs).unref());
	}

	/** Enters a source for which something has come; where the turn has room for it, it is dealt with at once. */
	add(source: Source): void {
		if (this.#held.has(source)) return;
		this.#queue.add(source);
		if (this.#isRunning) return;
		if (this.#now() - this.#beganMs >= this.#options.intervalMs) this.#begin();
		this.#run();
	}

	#begin(): void {
		this.#beganMs = this.#now();
		this.#left = { ...this.#options.perTurn };
		for (const source of this.#held) this.#queue.add(source);
		this.#held.clear();
	}

	#run(): void {
		this.#isRunning = true;
		try {
			this.#deal();
		} finally {
			// Whatever a source may throw, the others have their turns.
			this.#isRunning = false;
			if (this.#queue.size + this.#held.size > 0) this.#scheduleNext();
		}
	}

	#deal(): void {
		const { perSlice } = this.#options;
		while (this.#left.lines >= 1 && this.#left.bytes >= 1) {
			const [source] = this.#queue;
			if (source === undefined) break;
			this.#queue.delete(source);
			if (!source.isWaiting) continue;
			const taken = source.take({
				lines: Math.min(perSlice.lines, this.#left.lines),
				bytes: Math.min(perSlice.bytes, this.#left.bytes),
			});
			this.#left.lines -= taken.lines;
			this.#left.bytes -= taken.bytes;
			if (!source.isWaiting) continue;
			(taken.bytes > 0 ? this.#queue : this.#held).add(source);
		}
	}

	#scheduleNext(): void {
		if (this.#isScheduled) return;
		this.#isScheduled = true;
		const delayMs = Math.max(0, this.#beganMs + this.#options.intervalMs - this.#now());
		this.#schedule(() => {
			this.#isScheduled = false;
			this.#begin();
			this.#run();
		}, delayMs);
	}
}
