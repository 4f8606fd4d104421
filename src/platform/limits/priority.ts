/**
 * The driver for systems without control groups. Functions get a lower priority than the platform. A priority divides
 * the processor between threads and not between apps, and limits nothing else.
 */
import { readdirSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import type { LimitedProcess, Limits } from "./limits.ts";

/** If a thread of the platform and one of a function compete for a processor, they get three quarters and a quarter. */
const LOWER_BY = 5;
const LOWEST = 19;

/** The threads of a process. On Linux each thread has its own priority and passes it on to threads that it starts. */
function threadsOf(pid: number): number[] {
	try {
		return readdirSync(`/proc/${pid}/task`).map(Number);
	} catch {
		return [pid];
	}
}

/** Gives a process a lower priority than this process has, if the system permits it. */
export function lowerPriority(pid: number): void {
	const priority = Math.min(LOWEST, getPriority() + LOWER_BY);
	for (const thread of threadsOf(pid)) {
		try {
			setPriority(thread, priority);
		} catch {
			// The thread has ended in the meantime.
		}
	}
}

/**
 * A process gets the lower priority only when it serves. Requests wait for its start, and at a low priority the start
 * would wait for every busy function.
 */
const limitedProcess = (pid: number): LimitedProcess => ({
	applied: Promise.resolve(),
	assign: () => {},
	startedServing: () => lowerPriority(pid),
	remove: async () => {},
});

/** Makes the driver, which works on every system. */
export const priorityLimits = (): Limits => ({
	driver: "priority",
	bounded: new Set(),
	add: limitedProcess,
	close: async () => {},
});
