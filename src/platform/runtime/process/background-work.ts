/**
 * Work that a function continues after its responses (`waitUntil`). It counts as a request, but only for a
 * limited time after the last real request. Otherwise a function could keep its capacity forever without being
 * called.
 */

/** The time after the last request for which background work counts as a request. */
const BACKGROUND_WORK_MAX_MS = 150_000;

export interface BackgroundWorkOptions {
	/** Counts the process as busy. The returned function ends that. */
	readonly count: () => () => void;
	/** When the last request arrived, in the milliseconds of `performance.now()`. */
	readonly lastRequestMs: () => number;
	readonly now?: () => number;
	/** Runs a task later. The returned function cancels it. */
	readonly schedule?: (task: () => void, delayMs: number) => () => void;
}

function scheduleUnref(task: () => void, delayMs: number): () => void {
	const timer = setTimeout(task, delayMs).unref();
	return () => clearTimeout(timer);
}

/** Tracks background work with at most one timer, however often such work begins and ends. */
export class BackgroundWork {
	readonly #options: BackgroundWorkOptions;
	readonly #now: () => number;
	readonly #schedule: (task: () => void, delayMs: number) => () => void;
	#release: (() => void) | undefined;
	#cancel: (() => void) | undefined;

	constructor(options: BackgroundWorkOptions) {
		this.#options = options;
		this.#now = options.now ?? (() => performance.now());
		this.#schedule = options.schedule ?? scheduleUnref;
	}

	/** Records whether there is background work. */
	set(isPending: boolean): void {
		if (!isPending) this.#end();
		else if (this.#release === undefined && this.#remainingMs > 0) {
			this.#release = this.#options.count();
			this.#scheduleEnd();
		}
	}

	get #remainingMs(): number {
		return this.#options.lastRequestMs() + BACKGROUND_WORK_MAX_MS - this.#now();
	}

	#scheduleEnd(): void {
		this.#cancel = this.#schedule(() => {
			// Another request may have arrived in the meantime.
			if (this.#remainingMs > 0) this.#scheduleEnd();
			else this.#end();
		}, this.#remainingMs);
	}

	#end(): void {
		this.#cancel?.();
		this.#cancel = undefined;
		// If the release throws, it is kept and retried with the next message.
		this.#release?.();
		this.#release = undefined;
	}
}
