/**
 * Reads from many functions on one thread. Their data is processed in rounds. A round has a limit on lines and bytes,
 * which the functions with waiting data share in slices, one after the other (round robin). So the thread has time for
 * other work, and a function that writes endlessly delays another function's lines by at most one slice for each
 * waiting function.
 */

/** An amount of a stream's data. */
export interface Amount {
	/** A read from the system counts as one line, because it costs as much, even if it returns few bytes. */
	readonly lines: number;
	readonly bytes: number;
}

/** A stream whose data waits to be processed. */
export interface Source {
	/** Whether data waits. */
	readonly isWaiting: boolean;
	/**
	 * Processes the first part of the waiting data.
	 * @param most the limit of this slice; both numbers are at least 1
	 * @returns the amount that was processed; 0 bytes if the source has reached its own rate limit
	 */
	take(most: Amount): Amount;
}

export interface ReadSchedulerOptions {
	/** The shortest time between the starts of two rounds, in milliseconds. */
	readonly intervalMs: number;
	/** The limit of one round, for all sources together. */
	readonly perRound: Amount;
	/** The limit of one source until the next source is served. */
	readonly perSlice: Amount;
	readonly now?: () => number;
	/** Runs a task later. */
	readonly schedule?: (task: () => void, delayMs: number) => void;
}

export class ReadScheduler {
	readonly #options: ReadSchedulerOptions;
	readonly #now: () => number;
	readonly #schedule: (task: () => void, delayMs: number) => void;
	/** The sources with waiting data, in the order in which they are served. */
	readonly #queue = new Set<Source>();
	/** The sources that have reached their own rate limits and wait for the next round. */
	readonly #held = new Set<Source>();
	#remaining: { lines: number; bytes: number };
	#roundStartMs = Number.NEGATIVE_INFINITY;
	#isRunning = false;
	#isScheduled = false;

	constructor(options: ReadSchedulerOptions) {
		this.#options = options;
		this.#remaining = { ...options.perRound };
		this.#now = options.now ?? (() => performance.now());
		this.#schedule = options.schedule ?? ((task, delayMs) => void setTimeout(task, delayMs).unref());
	}

	/** Adds a source that has new data. If the round's limit is not reached, the data is processed at once. */
	add(source: Source): void {
		if (this.#held.has(source)) return;
		this.#queue.add(source);
		if (this.#isRunning) return;
		if (this.#now() - this.#roundStartMs >= this.#options.intervalMs) this.#beginRound();
		this.#run();
	}

	#beginRound(): void {
		this.#roundStartMs = this.#now();
		this.#remaining = { ...this.#options.perRound };
		for (const source of this.#held) this.#queue.add(source);
		this.#held.clear();
	}

	#run(): void {
		this.#isRunning = true;
		try {
			this.#serve();
		} finally {
			// If a source throws, the others are still served.
			this.#isRunning = false;
			if (this.#queue.size + this.#held.size > 0) this.#scheduleNext();
		}
	}

	#serve(): void {
		const { perSlice } = this.#options;
		while (this.#remaining.lines >= 1 && this.#remaining.bytes >= 1) {
			const [source] = this.#queue;
			if (source === undefined) break;
			this.#queue.delete(source);
			if (!source.isWaiting) continue;
			const taken = source.take({
				lines: Math.min(perSlice.lines, this.#remaining.lines),
				bytes: Math.min(perSlice.bytes, this.#remaining.bytes),
			});
			this.#remaining.lines -= taken.lines;
			this.#remaining.bytes -= taken.bytes;
			if (!source.isWaiting) continue;
			(taken.bytes > 0 ? this.#queue : this.#held).add(source);
		}
	}

	#scheduleNext(): void {
		if (this.#isScheduled) return;
		this.#isScheduled = true;
		const delayMs = Math.max(0, this.#roundStartMs + this.#options.intervalMs - this.#now());
		this.#schedule(() => {
			this.#isScheduled = false;
			this.#beginRound();
			this.#run();
		}, delayMs);
	}
}
