/**
 * What a function holds its process for after its responses (`waitUntil`). It counts as a request, for a while after the
 * last one: a function must not keep its place for ever without being called.
 */

/** How long after the last request. */
const HOLD_MAX_MS = 150_000;

export interface HoldOptions {
	/** Counts the process as busy; the returned function takes that back. */
	readonly count: () => () => void;
	/** When the last request came, in the milliseconds of `performance.now()`. */
	readonly calledMs: () => number;
	readonly now?: () => number;
	/** Runs a task later; the returned function takes that back. */
	readonly schedule?: (task: () => void, delayMs: number) => () => void;
}

function scheduleUnref(task: () => void, delayMs: number): () => void {
	const timer = setTimeout(task, delayMs).unref();
	return () => clearTimeout(timer);
}

/** One timer at the most, however often the function begins and ends such work. */
export class Hold {
	readonly #options: HoldOptions;
	readonly #now: () => number;
	readonly #schedule: (task: () => void, delayMs: number) => () => void;
	#release: (() => void) | undefined;
	#cancel: (() => void) | undefined;

	constructor(options: HoldOptions) {
		this.#options = options;
		this.#now = options.now ?? (() => performance.now());
		this.#schedule = options.schedule ?? scheduleUnref;
	}

	/** Notes whether there is such work. */
	set(isHeld: boolean): void {
		if (!isHeld) this.#end();
		else if (this.#release === undefined && this.#leftMs > 0) {
			this.#release = this.#options.count();
			this.#await();
		}
	}

	get #leftMs(): number {
		return this.#options.calledMs() + HOLD_MAX_MS - this.#now();
	}

	#await(): void {
		this.#cancel = this.#schedule(() => {
			// It may have been called again meanwhile.
			if (this.#leftMs > 0) this.#await();
			else this.#end();
		}, this.#leftMs);
	}

	#end(): void {
		this.#cancel?.();
		this.#cancel = undefined;
		// Kept where it throws: it is tried again with the next message.
		this.#release?.();
		this.#release = undefined;
	}
}
