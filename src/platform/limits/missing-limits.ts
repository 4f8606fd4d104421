/** Describes the limits that do not work on a system, for the platform's log and `coffer functions list`. Pure. */
import type { Resource } from "./limits.ts";

/** The limits that work. */
export interface AvailableLimits {
	/** The resources that the driver limits. */
	readonly bounded: ReadonlySet<Resource>;
	/** Whether each process has its own resource limits (`rlimits.ts`). */
	readonly hasRlimits: boolean;
	/** Whether each function has its own user. The system counts processes by user. */
	readonly hasUsers: boolean;
	/** Whether the system reports the memory of a process, so that the platform can check it. */
	readonly canMeasureMemory: boolean;
}

const MEMORY_SAMPLED = "memory between two checks (there are four checks a second)";
const MEMORY_UNMEASURED = "memory outside of the JavaScript heap";

/** The resources that are not limited, for example `a share of the processor for each app`. Empty if all are limited. */
export function missingLimits({
	bounded,
	hasRlimits,
	hasUsers,
	canMeasureMemory,
}: AvailableLimits): string[] {
	const countsProcesses = bounded.has("processes") || (hasRlimits && hasUsers);
	return [
		...(bounded.has("processor") ? [] : ["a share of the processor for each app"]),
		...(countsProcesses ? [] : ["the number of processes and threads"]),
		...(bounded.has("memory") ? [] : [canMeasureMemory ? MEMORY_SAMPLED : MEMORY_UNMEASURED]),
		...(hasRlimits ? [] : ["the number of open files and the size of a file"]),
	];
}
