/**
 * Detects processes that run but do not work. A process may be stopped by a signal, frozen or in an endless loop, or it
 * may accept requests and never respond. It does not exit in any of these cases.
 */
import { readFile } from "node:fs/promises";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { StuckReport } from "../runtime.ts";

/** The interval of the pings over the control socket. */
export const PING_MS = 5_000;
/** After this many requests in a row without a response, the process is replaced. */
const UNANSWERED_MAX = 3;
/**
 * The number of checks in a row in which a process must be stopped. A person may stop a process briefly to examine it.
 */
const STOPPED_CHECKS = 2;

function seconds(ms: number): string {
	return `${Math.round(ms / 100) / 10} s`;
}

export interface LivenessOptions {
	readonly pid: number;
	/** The time limit for a response. The function may also compute without a pause for this time. */
	readonly timeoutMs: number;
	/** Sends a ping. */
	readonly ping: () => void;
	/** Called once, when the process is reported as stuck. */
	readonly onStuck: (stuck: StuckReport) => void;
}

/** The liveness of one process: its pings and their answers. */
export class Liveness {
	readonly #options: LivenessOptions;
	#isAwaiting = false;
	/** The time without an answer to the current ping, except the time in which the platform itself was suspended. */
	#silentMs = 0;
	#stoppedChecks = 0;
	#unanswered = 0;
	#isOver = false;

	constructor(options: LivenessOptions) {
		this.#options = options;
	}

	/** Call it when the process answers a ping. */
	pong(): void {
		this.#isAwaiting = false;
	}

	/** Call it when the response to a request begins. */
	answered(): void {
		this.#unanswered = 0;
	}

	/** Call it when the function has a complete request and did not respond in time. */
	timedOut(): void {
		this.#unanswered++;
		if (this.#unanswered < UNANSWERED_MAX) return;
		const within = seconds(this.#options.timeoutMs);
		this.#giveUp("unanswered", `${this.#unanswered} requests in a row got no response within ${within}`);
	}

	/**
	 * Checks the answer to the last ping and sends the next one. Resolves when that is done.
	 * @param passedMs the time since the last check
	 * @param intervalMs the intended time between two checks; if more time has passed, the platform itself was
	 *   suspended and may not have read the process's answer yet
	 */
	async check(passedMs: number, intervalMs: number): Promise<void> {
		if (!this.#isAwaiting) {
			this.#isAwaiting = true;
			this.#silentMs = 0;
			this.#stoppedChecks = 0;
			this.#options.ping();
			return;
		}
		this.#silentMs += Math.min(passedMs, 2 * intervalMs);
		const isStopped = await isStoppedBySignal(this.#options.pid);
		// The answer may have arrived in the meantime.
		if (!this.#isAwaiting) return;
		this.#stoppedChecks = isStopped ? this.#stoppedChecks + 1 : 0;
		const silentFor = `for ${seconds(this.#silentMs)}`;
		if (this.#stoppedChecks >= STOPPED_CHECKS)
			this.#giveUp("stopped", `its process is stopped by a signal and has not answered ${silentFor}`);
		else if (this.#silentMs >= Math.max(this.#options.timeoutMs, 2 * intervalMs))
			this.#giveUp(
				"silent",
				`its event loop has not answered ${silentFor}: it computes without a pause, or its process does not run`,
			);
	}

	#giveUp(reason: StuckReport["reason"], why: string): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#options.onStuck({ reason, why });
	}
}

/**
 * Whether a process is stopped by a signal; a stop by a debugger is ignored. False if the system does not report it.
 */
async function isStoppedBySignal(pid: number): Promise<boolean> {
	const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
	// The program's name is in parentheses and may contain parentheses itself.
	return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) === "T";
}

/** Checks all processes, with one timer. */
export class LivenessWatch {
	readonly #faults: FaultBoundary;
	readonly #intervalMs: number;
	readonly #processes = new Set<Liveness>();
	#timer: NodeJS.Timeout | undefined;
	#checkedMs = 0;

	/** @param faults handles an exception, which ends one check; the next one runs all the same */
	constructor(faults: FaultBoundary, intervalMs = PING_MS) {
		this.#faults = faults;
		this.#intervalMs = intervalMs;
	}

	/** Checks a process until `remove`. */
	add(process: Liveness): void {
		this.#processes.add(process);
		if (this.#timer !== undefined) return;
		this.#checkedMs = performance.now();
		this.#timer = setInterval(
			this.#faults.callback(() => this.#checkAll()),
			this.#intervalMs,
		).unref();
	}

	remove(process: Liveness): void {
		this.#processes.delete(process);
		if (this.#processes.size > 0) return;
		clearInterval(this.#timer);
		this.#timer = undefined;
	}

	#checkAll(): void {
		const nowMs = performance.now();
		const passedMs = nowMs - this.#checkedMs;
		this.#checkedMs = nowMs;
		for (const process of this.#processes) this.#faults.run(() => process.check(passedMs, this.#intervalMs));
	}
}
