/**
 * What one process may write. Bytes and reads above the bound wait, and the process with them; lines above it are
 * dropped: an empty line is a byte, so that to wait for each would stop a process for minutes.
 */
import { Budget } from "./budget.ts";
import type { Allowance } from "./paced-reader.ts";
import type { Amount } from "./turns.ts";

const KIB = 1024;
const LINES = { perSecond: 1_000, burst: 2_000 };
const BYTES = { perSecond: 512 * KIB, burst: 1_024 * KIB };
/** The more seldom it is read, the more comes at once: nobody has to wait for that. */
const READS = { perSecond: 100, burst: 100 };
/** Whoever is slowed down for less than this does not notice, and it is told no more often than once in so long. */
const SLOWED_TOLD_MS = 1_000;
const SLOWED_AGAIN_MS = 60_000;
/** What was dropped is told of so long after the first line of it. */
const DROPPED_TOLD_MS = 1_000;

export interface OutputAllowanceOptions {
	/** Adds a line of the platform's own to the log. */
	readonly tell: (message: string) => void;
	readonly now: () => number;
	/** Runs a task later. */
	readonly schedule: (task: () => void, delayMs: number) => void;
}

export class OutputAllowance implements Allowance {
	readonly #options: OutputAllowanceOptions;
	readonly #lines: Budget;
	readonly #bytes: Budget;
	readonly #reads: Budget;
	#dropped = { lines: 0, bytes: 0 };
	/** Since when it has to wait for bytes; undefined where it does not. */
	#slowedSinceMs: number | undefined;
	/** How long it had to wait in all, and what of that was told. */
	#slowedMs = 0;
	#toldSlowedMs = 0;
	#toldMs = Number.NEGATIVE_INFINITY;

	constructor(options: OutputAllowanceOptions) {
		const { now } = options;
		this.#options = options;
		this.#lines = new Budget({ ...LINES, now });
		this.#bytes = new Budget({ ...BYTES, now });
		this.#reads = new Budget({ ...READS, now });
	}

	bytes(): number {
		const bytes = this.#bytes.left;
		this.#noteSlowed(bytes < 1);
		return this.#reads.left < 1 ? 0 : bytes;
	}

	lines(): number {
		return this.#lines.left;
	}

	spend({ bytes, lines, reads }: Amount & { readonly reads: number }): void {
		this.#lines.spend(lines);
		this.#bytes.spend(bytes);
		this.#reads.spend(reads);
	}

	drop({ bytes, lines }: Amount): void {
		if (this.#dropped.lines === 0) this.#options.schedule(() => this.tellDropped(), DROPPED_TOLD_MS);
		this.#dropped.lines += lines;
		this.#dropped.bytes += bytes;
	}

	/** Tells of what was dropped and not told of yet. */
	tellDropped(): void {
		const { bytes, lines } = this.#dropped;
		if (lines === 0) return;
		this.#dropped = { lines: 0, bytes: 0 };
		const most = LINES.perSecond.toLocaleString("en");
		this.#options.tell(
			`${lines.toLocaleString("en")} lines (${bytes.toLocaleString("en")} bytes) were dropped here: a process may write ${most} lines a second.`,
		);
	}

	#noteSlowed(isSlowed: boolean): void {
		const nowMs = this.#options.now();
		if (this.#slowedSinceMs !== undefined) this.#slowedMs += nowMs - this.#slowedSinceMs;
		this.#slowedSinceMs = isSlowed ? nowMs : undefined;
		if (this.#slowedMs - this.#toldSlowedMs < SLOWED_TOLD_MS) return;
		if (nowMs - this.#toldMs < SLOWED_AGAIN_MS) return;
		this.#toldMs = nowMs;
		this.#toldSlowedMs = this.#slowedMs;
		this.#options.tell(
			`The function is slowed down: a process may write ${BYTES.perSecond / KIB} KiB a second, and waits in its next write for more; ` +
				`for ${Math.round(this.#slowedMs / 1000)} s in all since it was started.`,
		);
	}
}
