/** Runs the handler of a cron job in the process of its function. */
import type { CronOutcome } from "../functions/crons.ts";
import type { Instances } from "../gateway/instances.ts";
import type { Instance } from "../runtime/runtime.ts";
import type { DueRun } from "./due-run.ts";

/** The time that a handler may take beyond the function's time limit. The answer to a request has the same limit. */
const BEYOND_MS = 600_000;

export interface CronRunOptions {
	/** The function's time limit. */
	readonly timeoutMs: number;
	/** After how many milliseconds the run is repeated if it fails; undefined if it is not. */
	readonly delayMs: number | undefined;
	/** Ends the wait for the handler. */
	readonly signal: AbortSignal;
}

/** The result of a run, and its description for the function's log. */
export interface CronResult {
	readonly isGood: boolean;
	readonly text: string;
}

const WHY: Readonly<Record<Exclude<CronOutcome, "ok">, string>> = {
	failed: "its handler threw an error",
	unknown: "the function did not register this cron job when it started. Deploy it again",
	busy: "its handler still runs",
	exited: "the function's process ended",
	timeout: "its handler did not end in time",
};

/** Runs a cron job once. Starts the function if it is idle. */
export async function runCron(
	instances: Instances<Instance>,
	due: DueRun,
	{ delayMs, signal, timeoutMs }: CronRunOptions,
): Promise<CronResult> {
	const sinceMs = performance.now();
	const failed = (why: string): CronResult => {
		const ms = Math.round(performance.now() - sinceMs);
		const next = delayMs === undefined ? "" : `. It is repeated in ${delayMs} ms`;
		return { isGood: false, text: `failed after ${ms} ms: ${why}${next}` };
	};
	let release = () => {};
	const onCounted = (counted: () => void) => {
		release = counted;
	};
	try {
		const lease = await instances.lease(due.app, due.function, onCounted);
		if ("title" in lease) return failed(lease.detail);
		const { crons } = lease.instance;
		const timeout = AbortSignal.timeout(timeoutMs + BEYOND_MS);
		const outcome = await crons.run(due.automation.name, AbortSignal.any([timeout, signal]));
		lease.instance.answered();
		if (outcome !== "ok")
			return failed(signal.aborted ? "the platform stopped before it ended" : WHY[outcome]);
		return { isGood: true, text: `succeeded after ${Math.round(performance.now() - sinceMs)} ms` };
	} finally {
		release();
	}
}
