/**
 * Moments that two processes of one machine compare. `performance.now()` counts from the start of each process. The
 * system's monotonic clock is the same for all of them.
 */

/** The system's monotonic clock minus `performance.now()`, in milliseconds. */
const OFFSET_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** @param localMs in the milliseconds of this process's `performance.now()` */
export function toSystemMs(localMs: number): number {
	return localMs + OFFSET_MS;
}

/** The opposite of `toSystemMs`. */
export function fromSystemMs(systemMs: number): number {
	return systemMs - OFFSET_MS;
}
