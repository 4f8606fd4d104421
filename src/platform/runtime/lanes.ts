/** In which turns what processes say is read: those of one platform share them. */
import { Turns } from "./output/turns.ts";

const INTERVAL_MS = 20;
const KIB = 1024;

export interface Lanes {
	/** Standard output and error: to decode, redact and store a line takes some microseconds. */
	readonly output: Turns;
	/** Control sockets, and the accounts of what processes read: most lines are only compared. */
	readonly signals: Turns;
}

/** So much that each lane has a few hundredths of the thread at the most, whatever processes do. */
export function lanes(): Lanes {
	return {
		output: new Turns({
			intervalMs: INTERVAL_MS,
			perTurn: { lines: 200, bytes: 64 * KIB },
			perSlice: { lines: 20, bytes: 16 * KIB },
		}),
		signals: new Turns({
			intervalMs: INTERVAL_MS,
			perTurn: { lines: 2_000, bytes: 256 * KIB },
			perSlice: { lines: 500, bytes: 64 * KIB },
		}),
	};
}
