/**
 * Error boundaries: one exception ends one request or one process, and never the platform.
 *
 * Code that reacts to clients and functions can throw, because of a mistake in the platform or because the machine has
 * run out of a resource. Each listener has one boundary, and all of its callbacks and tasks run through it. The
 * boundary turns an exception into a line of the platform's log, a count (`coffer_internal_errors_total`) and a call
 * that ends the request or process concerned.
 */
import { describeError } from "./error-description.ts";
import type { Log } from "./log.ts";

/** Where an exception came from. `process`: no boundary contained it, and it reached the process itself. */
export const FAULT_ORIGINS = ["gateway", "control", "function", "process"] as const;
export type FaultOrigin = (typeof FAULT_ORIGINS)[number];

/** Ends the failed work: closes its connection, or sends an error in place of the answer. */
export type FailureHandler = (error: unknown) => unknown;

/** The most lines in one minute. Further exceptions are only counted. */
const LINES_MAX = 20;
const WINDOW_MS = 60_000;

function isPromise(value: unknown): value is PromiseLike<unknown> {
	return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

export class FaultBoundary {
	readonly #origin: FaultOrigin;
	readonly #log: Log | undefined;
	readonly #onNote: () => void;
	#count = 0;
	#lines = 0;
	#sinceMs = Number.NEGATIVE_INFINITY;

	/**
	 * @param log where to write exceptions. Without it they are only counted
	 * @param onNote called with each exception that is counted
	 */
	constructor(origin: FaultOrigin, log?: Log, onNote: () => void = () => {}) {
		this.#origin = origin;
		this.#log = log;
		this.#onNote = onNote;
	}

	/** The number of exceptions that this boundary has contained. */
	get count(): number {
		return this.#count;
	}

	/**
	 * Runs a task. Never throws.
	 * @param work may throw, or return a promise that rejects: both are contained
	 * @param giveUp called with the exception
	 */
	run(work: () => unknown, giveUp?: FailureHandler): void {
		try {
			const result = work();
			if (isPromise(result)) result.then(undefined, (error: unknown) => this.#caught(error, giveUp));
		} catch (error) {
			this.#caught(error, giveUp);
		}
	}

	/**
	 * Wraps a callback so that it never throws. @param giveUp as for `run`, and gets the callback's arguments
	 * too
	 */
	callback<Args extends readonly unknown[]>(
		work: (...args: Args) => unknown,
		giveUp?: (error: unknown, ...args: Args) => unknown,
	): (...args: Args) => void {
		// The same as `run`, but without a closure for each call: each request calls several of these.
		return (...args) => {
			const caught = (error: unknown) => this.#caught(error, giveUp && (() => giveUp(error, ...args)));
			try {
				const result = work(...args);
				if (isPromise(result)) result.then(undefined, caught);
			} catch (error) {
				caught(error);
			}
		};
	}

	/** Counts an exception that the same boundary in another process of the platform has contained and logged. */
	noteElsewhere(): void {
		this.#count++;
	}

	/** Counts and logs an exception. Never throws. */
	note(error: unknown): void {
		this.#count++;
		try {
			this.#onNote();
			const nowMs = performance.now();
			if (nowMs - this.#sinceMs >= WINDOW_MS) [this.#sinceMs, this.#lines] = [nowMs, 0];
			if (this.#lines++ >= LINES_MAX) return;
			this.#log?.error(
				{ listener: this.#origin, ...describeError(error) },
				"an internal error was contained",
			);
		} catch {
			// The log itself failed. The exception is only counted, because it cannot be reported elsewhere.
		}
	}

	#caught(error: unknown, giveUp: FailureHandler | undefined): void {
		this.note(error);
		if (giveUp === undefined) return;
		try {
			const result = giveUp(error);
			if (isPromise(result)) result.then(undefined, (second: unknown) => this.note(second));
		} catch (second) {
			this.note(second);
		}
	}
}

/** The boundaries of one platform. */
export class Faults {
	readonly gateway: FaultBoundary;
	readonly control: FaultBoundary;
	readonly function: FaultBoundary;
	readonly process: FaultBoundary;

	constructor(log: Log) {
		this.gateway = new FaultBoundary("gateway", log);
		this.control = new FaultBoundary("control", log);
		this.function = new FaultBoundary("function", log);
		this.process = new FaultBoundary("process", log);
	}

	/** The number of exceptions that each boundary has contained. */
	counts(): Record<FaultOrigin, number> {
		const counts = FAULT_ORIGINS.map((origin) => [origin, this[origin].count] as const);
		return Object.fromEntries(counts) as Record<FaultOrigin, number>;
	}

	/**
	 * Contains exceptions that reach the process itself: counts and logs them, and lets the process continue.
	 * docs/decisions/0035-exceptions-are-contained.md has the reasons.
	 * @returns a function that ends this
	 */
	guardProcess(): () => void {
		const onException = (error: unknown) => this.process.note(error);
		process.on("uncaughtException", onException);
		return () => process.off("uncaughtException", onException);
	}
}
