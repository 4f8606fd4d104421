/**
 * The limits on a process's output. Above the limit on bytes and on reads, the process has to wait. Above the
 * limit on lines, lines are dropped: an empty line is one byte, so waiting for each could stop a process for
 * minutes.
 */

import type { RateLimit } from "./paced-reader.ts";
import type { Amount } from "./read-scheduler.ts";
import { TokenBucket } from "./token-bucket.ts";

const KIB = 1024;
const LINES = { perSecond: 1_000, burst: 2_000 };
const BYTES = { perSecond: 512 * KIB, burst: 1_024 * KIB };
/** If the process is read less often, each read returns more, so a limit on reads causes no long waits. */
const READS = { perSecond: 100, burst: 100 };
/** A shorter delay is not reported, and a delay is reported at most once in `SLOWED_AGAIN_MS`. */
const SLOWED_REPORT_MS = 1_000;
const SLOWED_AGAIN_MS = 60_000;
/** The delay from the first dropped line to the report of their number. */
const DROPPED_REPORT_MS = 1_000;

export interface OutputRateLimitOptions {
	/** Adds a line from the platform to the function's log. */
	readonly report: (message: string) => void;
	readonly now: () => number;
	/** Runs a task later. */
	readonly schedule: (task: () => void, delayMs: number) => void;
}

export class OutputRateLimit implements RateLimit {
	readonly #options: OutputRateLimitOptions;
	readonly #lines: TokenBucket;
	readonly #bytes: TokenBucket;
	readonly #reads: TokenBucket;
	#dropped = { lines: 0, bytes: 0 };
	/** When the process began to wait for bytes; undefined if it does not wait. */
	#slowedSinceMs: number | undefined;
	/** The total time that the process has waited, and the part of it that was reported. */
	#slowedMs = 0;
	#reportedSlowedMs = 0;
	#reportedAtMs = Number.NEGATIVE_INFINITY;

	constructor(options: OutputRateLimitOptions) {
		const { now } = options;
		this.#options = options;
		this.#lines = new TokenBucket({ ...LINES, now });
		this.#bytes = new TokenBucket({ ...BYTES, now });
		this.#reads = new TokenBucket({ ...READS, now });
	}

	bytes(): number {
		const bytes = this.#bytes.available;
		this.#noteSlowed(bytes < 1);
		return this.#reads.available < 1 ? 0 : bytes;
	}

	lines(): number {
		return this.#lines.available;
	}

	spend({ bytes, lines, reads }: Amount & { readonly reads: number }): void {
		this.#lines.spend(lines);
		this.#bytes.spend(bytes);
		this.#reads.spend(reads);
	}

	drop({ bytes, lines }: Amount): void {
		if (this.#dropped.lines === 0) this.#options.schedule(() => this.reportDropped(), DROPPED_REPORT_MS);
		this.#dropped.lines += lines;
		this.#dropped.bytes += bytes;
	}

	/** Reports dropped lines that are not yet reported. */
	reportDropped(): void {
		const { bytes, lines } = this.#dropped;
		if (lines === 0) return;
		this.#dropped = { lines: 0, bytes: 0 };
		const most = LINES.perSecond.toLocaleString("en");
		this.#options.report(
			`${lines.toLocaleString("en")} lines (${bytes.toLocaleString("en")} bytes) were dropped here: the limit is ${most} lines per second and process.`,
		);
	}

	#noteSlowed(isSlowed: boolean): void {
		const nowMs = this.#options.now();
		if (this.#slowedSinceMs !== undefined) this.#slowedMs += nowMs - this.#slowedSinceMs;
		this.#slowedSinceMs = isSlowed ? nowMs : undefined;
		if (this.#slowedMs - this.#reportedSlowedMs < SLOWED_REPORT_MS) return;
		if (nowMs - this.#reportedAtMs < SLOWED_AGAIN_MS) return;
		this.#reportedAtMs = nowMs;
		this.#reportedSlowedMs = this.#slowedMs;
		this.#options.report(
			`The function is slowed down: a process that writes more than ${BYTES.perSecond / KIB} KiB per second has to wait. ` +
				`It has waited ${Math.round(this.#slowedMs / 1000)} s in all since it was started.`,
		);
	}
}
