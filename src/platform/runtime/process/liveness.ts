/**
 * Whether a function's process still does anything. It may be stopped by a signal, frozen, or busy for ever; or it takes
 * requests and answers none. None of that ends the process, so that nobody would notice.
 */
import { readFile } from "node:fs/promises";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { Stuck } from "../runtime.ts";

/** Each process is asked once in so long, over its control socket. */
export const PING_MS = 5_000;
/** So many requests, one after the other, may go unanswered until the process is given up. */
const UNANSWERED_MAX = 3;
/** A process that is stopped may be so for a moment: somebody may be looking at it. */
const STOPPED_LOOKS = 2;

function seconds(ms: number): string {
	return `${Math.round(ms / 100) / 10} s`;
}

export interface LivenessOptions {
	readonly pid: number;
	/** How long the function may take to answer a request; for so long it may also compute without a pause. */
	readonly timeoutMs: number;
	/** Sends a ping. */
	readonly ping: () => void;
	/** Called once, with what is wrong. */
	readonly onStuck: (stuck: Stuck) => void;
}

/** One process: what it was asked, and what it answered. */
export class Liveness {
	readonly #options: LivenessOptions;
	#isAwaiting = false;
	/** How long the present ping has been waiting, without the time in which the platform itself stood still. */
	#silentMs = 0;
	#stoppedLooks = 0;
	#unanswered = 0;
	#isOver = false;

	constructor(options: LivenessOptions) {
		this.#options = options;
	}

	/** The process answered a ping. */
	pong(): void {
		this.#isAwaiting = false;
	}

	/** A request's answer has begun. */
	answered(): void {
		this.#unanswered = 0;
	}

	/** A request that the function had got as a whole was not answered in time. */
	timedOut(): void {
		this.#unanswered++;
		if (this.#unanswered < UNANSWERED_MAX) return;
		const within = seconds(this.#options.timeoutMs);
		this.#giveUp("unanswered", `${this.#unanswered} requests in a row got no answer within ${within}`);
	}

	/**
	 * Looks at it, and asks again. Resolves once that is done.
	 * @param passedMs since the last look
	 * @param intervalMs at which looks are to be: where more time has passed, the platform itself stood still, and what the process said meanwhile may be unread
	 */
	async look(passedMs: number, intervalMs: number): Promise<void> {
		if (!this.#isAwaiting) {
			this.#isAwaiting = true;
			this.#silentMs = 0;
			this.#stoppedLooks = 0;
			this.#options.ping();
			return;
		}
		this.#silentMs += Math.min(passedMs, 2 * intervalMs);
		const isStopped = await isStoppedBySignal(this.#options.pid);
		// The answer may have come meanwhile.
		if (!this.#isAwaiting) return;
		this.#stoppedLooks = isStopped ? this.#stoppedLooks + 1 : 0;
		const silentFor = `for ${seconds(this.#silentMs)}`;
		if (this.#stoppedLooks >= STOPPED_LOOKS)
			this.#giveUp("stopped", `its process is stopped by a signal, and has answered nothing ${silentFor}`);
		else if (this.#silentMs >= Math.max(this.#options.timeoutMs, 2 * intervalMs))
			this.#giveUp(
				"silent",
				`its event loop has answered nothing ${silentFor}: it computes without a pause, or its process does not run`,
			);
	}

	#giveUp(reason: Stuck["reason"], why: string): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#options.onStuck({ reason, why });
	}
}

/** Whether the system says that a process is stopped by a signal; a debugger's stops are others. False where it cannot be told. */
async function isStoppedBySignal(pid: number): Promise<boolean> {
	const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
	// The program's name is in parentheses, and may hold some.
	return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) === "T";
}

/** Looks at all processes, with one timer. */
export class LivenessWatch {
	readonly #faults: FaultBoundary;
	readonly #intervalMs: number;
	readonly #processes = new Set<Liveness>();
	#timer: NodeJS.Timeout | undefined;
	#lookedMs = 0;

	/** @param faults where an exception ends one look; the next one comes all the same */
	constructor(faults: FaultBoundary, intervalMs = PING_MS) {
		this.#faults = faults;
		this.#intervalMs = intervalMs;
	}

	/** Looks at a process until `remove`. */
	add(process: Liveness): void {
		this.#processes.add(process);
		if (this.#timer !== undefined) return;
		this.#lookedMs = performance.now();
		this.#timer = setInterval(
			this.#faults.callback(() => this.#look()),
			this.#intervalMs,
		).unref();
	}

	remove(process: Liveness): void {
		this.#processes.delete(process);
		if (this.#processes.size > 0) return;
		clearInterval(this.#timer);
		this.#timer = undefined;
	}

	#look(): void {
		const nowMs = performance.now();
		const passedMs = nowMs - this.#lookedMs;
		this.#lookedMs = nowMs;
		for (const process of this.#processes) this.#faults.run(() => process.look(passedMs, this.#intervalMs));
	}
}
