/**
 * Reports the refused accesses of a function. Repeated refusals of one kind are counted together, so that they cannot
 * flood the log.
 */

const REPORT_INTERVAL_MS = 60_000;
const KINDS_MAX = 64;

export class Refusals {
	readonly #report: (what: string, count: number) => void;
	readonly #nowMs: () => number;
	readonly #seen = new Map<string, { count: number; toldMs: number }>();

	/** @param report called at the first refusal of a kind, and then at most once a minute with the number since then */
	constructor(report: (what: string, count: number) => void, nowMs: () => number) {
		this.#report = report;
		this.#nowMs = nowMs;
	}

	/** @param what the refused access and the reason; refusals with the same text are of one kind */
	add(what: string): void {
		const nowMs = this.#nowMs();
		const known = this.#seen.get(what);
		if (known === undefined) {
			if (this.#seen.size >= KINDS_MAX) this.#forgetOld(nowMs);
			// If a function tries thousands of targets, only the first ones are reported.
			if (this.#seen.size >= KINDS_MAX) return;
			this.#seen.set(what, { count: 0, toldMs: nowMs });
			this.#report(what, 1);
			return;
		}
		known.count++;
		if (nowMs - known.toldMs < REPORT_INTERVAL_MS) return;
		this.#report(what, known.count);
		Object.assign(known, { count: 0, toldMs: nowMs });
	}

	#forgetOld(nowMs: number): void {
		for (const [what, { toldMs }] of this.#seen)
			if (nowMs - toldMs >= REPORT_INTERVAL_MS) this.#seen.delete(what);
	}
}
