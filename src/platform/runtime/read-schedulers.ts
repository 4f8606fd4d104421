/** The schedulers that read from functions' processes. All processes of a platform share them. */
import type { FaultBoundary } from "../faults/error-boundary.ts";
import { ReadScheduler } from "./output/read-scheduler.ts";

const INTERVAL_MS = 20;
const KIB = 1024;

export interface ReadSchedulers {
	/** Reads standard output and error. To decode, redact and store one line takes some microseconds. */
	readonly output: ReadScheduler;
	/**
	 * Reads control sockets and permission audits. Most of their lines are only compared, so the limits are
	 * higher.
	 */
	readonly control: ReadScheduler;
}

/**
 * Creates the schedulers. The limits keep each one to a few hundredths of the thread's time, even if processes write
 * without a pause.
 * @param faults handles an exception, which ends one round; the next round runs all the same
 */
export function createReadSchedulers(faults: FaultBoundary): ReadSchedulers {
	// A failed round is run once more. Otherwise the waiting data would wait until more data arrives.
	const schedule = (task: () => void, delayMs: number) =>
		void setTimeout(faults.callback(task, task), delayMs).unref();
	return {
		output: new ReadScheduler({
			schedule,
			intervalMs: INTERVAL_MS,
			perRound: { lines: 200, bytes: 64 * KIB },
			perSlice: { lines: 20, bytes: 16 * KIB },
		}),
		control: new ReadScheduler({
			schedule,
			intervalMs: INTERVAL_MS,
			perRound: { lines: 2_000, bytes: 256 * KIB },
			perSlice: { lines: 500, bytes: 64 * KIB },
		}),
	};
}
