/** In which turns what processes say is read: those of one platform share them. */
import type { FaultBoundary } from "../faults/error-boundary.ts";
import { Turns } from "./output/turns.ts";

const INTERVAL_MS = 20;
const KIB = 1024;

export interface Lanes {
	/** Standard output and error: to decode, redact and store a line takes some microseconds. */
	readonly output: Turns;
	/** Control sockets, and the accounts of what processes read: most lines are only compared. */
	readonly signals: Turns;
}

/**
 * So much that each lane has a few hundredths of the thread at the most, whatever processes do.
 * @param faults where an exception ends a turn; the next one comes all the same
 */
export function lanes(faults: FaultBoundary): Lanes {
	// A turn that failed is tried once more: what waits for it would wait until something else comes.
	const schedule = (task: () => void, delayMs: number) =>
		void setTimeout(faults.callback(task, task), delayMs).unref();
	return {
		output: new Turns({
			schedule,
			intervalMs: INTERVAL_MS,
			perTurn: { lines: 200, bytes: 64 * KIB },
			perSlice: { lines: 20, bytes: 16 * KIB },
		}),
		signals: new Turns({
			schedule,
			intervalMs: INTERVAL_MS,
			perTurn: { lines: 2_000, bytes: 256 * KIB },
			perSlice: { lines: 500, bytes: 64 * KIB },
		}),
	};
}
