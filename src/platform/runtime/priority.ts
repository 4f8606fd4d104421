/**
 * Functions leave the processor to the platform where both want it. Only once they serve: a start that waits for
 * everybody else makes requests wait that cannot be served without it.
 */
import { readdirSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/** The platform's share of a processor that both want is three quarters. */
const LOWER_BY = 5;
const LOWEST = 19;

/** The threads of a process; on Linux each has a priority of its own, and hands it on to those that it makes. */
function threadsOf(pid: number): number[] {
	try {
		return readdirSync(`/proc/${pid}/task`).map(Number);
	} catch {
		return [pid];
	}
}

/** Gives a process a lower priority than this one's, as far as the system lets it. */
export function lowerPriority(pid: number): void {
	const priority = Math.min(LOWEST, getPriority() + LOWER_BY);
	for (const thread of threadsOf(pid)) {
		try {
			setPriority(thread, priority);
		} catch {
			// It ended in between.
		}
	}
}
