/** When a function that gets no requests may be stopped. */
import type { Instance } from "../../runtime/runtime.ts";

interface Idling {
	readonly instance: Instance | undefined;
	/** Undefined if the function serves, starts or does not run. */
	readonly idleSinceMs: number | undefined;
}

/** The time until a function has been idle for `idleMs`: 0 or less if it has; infinite if it does not run. */
export function idleLeftMs({ idleSinceMs, instance }: Idling, idleMs: number, nowMs: number): number {
	if (instance === undefined) return Number.POSITIVE_INFINITY;
	return idleSinceMs === undefined ? idleMs : idleMs - (nowMs - idleSinceMs);
}
