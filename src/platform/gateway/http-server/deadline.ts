/** The time limits of a client's connection. One of them applies at a time. */
import { KEEP_ALIVE_MS } from "./response-head.ts";

/** A connection of which nothing can be read, because too much waits on it, is closed after this time. */
const STUCK_MS = 10_000;

/**
 * `head`: the first byte of a connection or of a head has arrived, or the connection is new. `request`: a body arrives.
 * `answer`: the client waits, for which the gateway has other limits. `stuck`: the client waits, and its next requests
 * fill the connection. `idle`: between two requests.
 */
export type Phase = "head" | "request" | "answer" | "stuck" | "idle";

export interface DeadlineTimes {
	readonly headMs: number;
	readonly requestMs: number;
}

export class Deadline {
	readonly #times: DeadlineTimes;
	/** `performance.now()` */
	#atMs = Number.POSITIVE_INFINITY;
	phase: Phase | undefined;

	/** The first phase is `head`. */
	constructor(times: DeadlineTimes) {
		this.#times = times;
		this.begin("head");
	}

	/** Begins a phase, unless it has begun. */
	begin(phase: Phase): void {
		if (phase === this.phase) return;
		this.phase = phase;
		this.#atMs = phase === "answer" ? Number.POSITIVE_INFINITY : performance.now() + this.#ms(phase);
	}

	/** Forgets the phase: the next one begins in any case. */
	restart(): void {
		this.phase = undefined;
	}

	hasPassed(nowMs: number): boolean {
		return nowMs >= this.#atMs;
	}

	#ms(phase: Exclude<Phase, "answer">): number {
		if (phase === "idle") return KEEP_ALIVE_MS;
		if (phase === "stuck") return STUCK_MS;
		return phase === "head" ? this.#times.headMs : this.#times.requestMs;
	}
}
