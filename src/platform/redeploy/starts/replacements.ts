/** How often a function was replaced because its process was stuck, and how long its next process has to wait. */
import type { Stuck } from "../../runtime/runtime.ts";
import type { ReconcileOptions } from "../reconcile-options.ts";
import { Backoff } from "./backoff.ts";

/** Whatever needed no replacement for so long is well again. */
const CALM_MS = 10 * 60_000;

export interface Replaced {
	/** Since the platform started. */
	readonly count: number;
	/** The last time, in milliseconds since 1970. */
	readonly atMs: number;
	/** Of the last time. */
	readonly reason: Stuck["reason"];
	/** The end of a sentence about the function. */
	readonly why: string;
}

export class Replacements {
	readonly #backoff = new Backoff();
	#last: Replaced | undefined;
	#lastMonotonicMs = Number.NEGATIVE_INFINITY;

	/** The last one, and how many there were; undefined where there was none. */
	get last(): Replaced | undefined {
		return this.#last;
	}

	/** Notes one. @returns how long to wait before the next process is started, in milliseconds */
	note({ reason, why }: Stuck, nowMs: number, monotonicMs: number): number {
		if (monotonicMs - this.#lastMonotonicMs >= CALM_MS) this.#backoff.reset();
		const { delayMs } = this.#backoff;
		this.#backoff.failed();
		this.#lastMonotonicMs = monotonicMs;
		this.#last = { count: (this.#last?.count ?? 0) + 1, atMs: nowMs, reason, why };
		return delayMs;
	}
}

/** What the function's log says. */
export function replacedMessage({ count, why }: Replaced, delayMs: number): string {
	const times = count === 1 ? "the first time" : `${count} times by now`;
	const when = delayMs === 0 ? "at once" : `in ${delayMs / 1000} s`;
	return `The function is replaced, ${times} since the platform started: ${why}. Its next process starts ${when}.`;
}

/** Tells whoever runs the platform. */
export function noteReplaced(
	{ app, log, metrics }: Pick<ReconcileOptions, "app" | "log" | "metrics">,
	name: string,
	{ count, reason, why }: Replaced,
): void {
	metrics.replaced({ app: app.id, function: name }, reason);
	log.warn({ app: app.id, function: name, count, why }, "a function that is stuck is replaced");
}
