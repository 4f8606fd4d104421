/**
 * The driver for systems without control groups: functions get a lower priority than the platform, which divides the
 * processor by threads and not by apps, and bounds nothing else.
 */
import { readdirSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import type { LimitedProcess, Limits } from "./limits.ts";

/** A thread of the platform and one of a function that both want the same processor get three quarters and a quarter. */
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

/**
 * A process has the lower priority only once it serves. Requests wait for a start, which would otherwise wait for every
 * function that is busy.
 */
const limitedProcess = (pid: number): LimitedProcess => ({
	applied: Promise.resolve(),
	assign: () => {},
	startedServing: () => lowerPriority(pid),
	remove: async () => {},
});

/** The driver that works everywhere. */
export const priorityLimits = (): Limits => ({
	driver: "priority",
	bounded: new Set(),
	add: limitedProcess,
	close: async () => {},
});
