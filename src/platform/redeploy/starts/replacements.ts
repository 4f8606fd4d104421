/** Counts the replacements of a function's stuck processes, and computes the delay of the next process. */
import type { StuckReport } from "../../runtime/runtime.ts";
import type { ReconcileOptions } from "../reconcile-options.ts";
import { Backoff } from "./backoff.ts";

/** After this time without a replacement, the delay starts from zero again. */
const CALM_MS = 10 * 60_000;

export interface Replaced {
	/** The number of replacements since the platform started. */
	readonly count: number;
	/** The time of the last replacement, in milliseconds since 1970. */
	readonly atMs: number;
	/** The reason of the last replacement. */
	readonly reason: StuckReport["reason"];
	/** A description of that reason, as the end of a sentence about the function. */
	readonly why: string;
}

export class Replacements {
	readonly #backoff = new Backoff();
	#last: Replaced | undefined;
	#lastMonotonicMs = Number.NEGATIVE_INFINITY;

	/** The last replacement, with the number of replacements. Undefined if there was none. */
	get last(): Replaced | undefined {
		return this.#last;
	}

	/** Counts a replacement. @returns the delay before the next process is started, in milliseconds */
	note({ reason, why }: StuckReport, nowMs: number, monotonicMs: number): number {
		if (monotonicMs - this.#lastMonotonicMs >= CALM_MS) this.#backoff.reset();
		const { delayMs } = this.#backoff;
		this.#backoff.failed();
		this.#lastMonotonicMs = monotonicMs;
		this.#last = { count: (this.#last?.count ?? 0) + 1, atMs: nowMs, reason, why };
		return delayMs;
	}
}

/** The message for the function's log. */
export function replacedMessage({ count, why }: Replaced, delayMs: number): string {
	const when = delayMs === 0 ? "at once" : `in ${delayMs / 1000} s`;
	return `The function's process is replaced (replacement ${count} since the platform started): ${why}. The next process starts ${when}.`;
}

/** Reports a replacement in the platform's log and metrics. */
export function reportReplaced(
	{ app, log, metrics }: Pick<ReconcileOptions, "app" | "log" | "metrics">,
	name: string,
	{ count, reason, why }: Replaced,
): void {
	metrics.replaced({ app: app.id, function: name }, reason);
	log.warn({ app: app.id, function: name, count, why }, "a stuck process of a function is replaced");
}
