/**
 * Error boundaries. Whatever a client or a function does, code that reacts to it may throw: because the platform has a
 * mistake, or because the machine ran out of something. Each listener has one boundary, through which all of its
 * callbacks and tasks run. It turns an exception into a line of the platform's log, a count
 * (`coffer_internal_errors_total`), and the end of what the exception was about, so that none ends the process.
 */
import { describeError } from "./error-description.ts";
import type { Log } from "./log.ts";

/** Whose callbacks failed. `process`: nobody's; the exception reached the process itself. */
export const FAULT_ORIGINS = ["gateway", "control", "function", "process"] as const;
export type FaultOrigin = (typeof FAULT_ORIGINS)[number];

/** Ends what an exception was about: closes its connection, or answers in its place. */
export type GiveUp = (error: unknown) => unknown;

/** More lines than that in a minute say nothing new; the count goes on. */
const LINES_MAX = 20;
const WINDOW_MS = 60_000;

function isPromise(value: unknown): value is PromiseLike<unknown> {
	return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

export class FaultBoundary {
	readonly #origin: FaultOrigin;
	readonly #log: Log | undefined;
	#count = 0;
	#lines = 0;
	#sinceMs = Number.NEGATIVE_INFINITY;

	/** @param log exceptions are counted alone where it is left out */
	constructor(origin: FaultOrigin, log?: Log) {
		this.#origin = origin;
		this.#log = log;
	}

	/** How many exceptions there were. */
	get count(): number {
		return this.#count;
	}

	/**
	 * Runs a task. Never throws.
	 * @param work what it throws, and what the promise that it returns is rejected with, is noted
	 * @param giveUp called then, with the exception
	 */
	run(work: () => unknown, giveUp?: GiveUp): void {
		try {
			const result = work();
			if (isPromise(result)) result.then(undefined, (error: unknown) => this.#caught(error, giveUp));
		} catch (error) {
			this.#caught(error, giveUp);
		}
	}

	/** A callback that never throws. @param giveUp as of `run`, with what the callback was called with */
	callback<Args extends readonly unknown[]>(
		work: (...args: Args) => unknown,
		giveUp?: (error: unknown, ...args: Args) => unknown,
	): (...args: Args) => void {
		// As `run` does it, without a closure for each call: each request calls several of these.
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

	/** Counts and logs an exception. Never throws. */
	note(error: unknown): void {
		this.#count++;
		try {
			const nowMs = performance.now();
			if (nowMs - this.#sinceMs >= WINDOW_MS) [this.#sinceMs, this.#lines] = [nowMs, 0];
			if (this.#lines++ >= LINES_MAX) return;
			this.#log?.error(
				{ listener: this.#origin, ...describeError(error) },
				"an internal error was contained",
			);
		} catch {
			// The log itself failed. It is counted, and there is nowhere else to say it.
		}
	}

	#caught(error: unknown, giveUp: GiveUp | undefined): void {
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

	/** How many exceptions each boundary has contained. */
	counts(): Record<FaultOrigin, number> {
		const counts = FAULT_ORIGINS.map((origin) => [origin, this[origin].count] as const);
		return Object.fromEntries(counts) as Record<FaultOrigin, number>;
	}

	/**
	 * From now on, an exception that no boundary contains is noted, and the process goes on. Why it may:
	 * docs/decisions/0035-exceptions-are-contained.md.
	 * @returns ends it
	 */
	guardProcess(): () => void {
		const onException = (error: unknown) => this.process.note(error);
		process.on("uncaughtException", onException);
		return () => process.off("uncaughtException", onException);
	}
}
