/** Which limits a platform lacks, in the words of its log and of `coffer functions list`. Pure. */
import type { Resource } from "./limits.ts";

/** What there is. */
export interface AvailableLimits {
	/** What the driver bounds. */
	readonly bounded: ReadonlySet<Resource>;
	/** Whether each process has limits of its own (`rlimits.ts`). */
	readonly hasRlimits: boolean;
	/** Whether each function has a user of its own, whose processes the system counts. */
	readonly hasUsers: boolean;
	/** Whether the system says how much memory a process has, so that the platform can look. */
	readonly canMeasureMemory: boolean;
}

const MEMORY_SEEN = "memory between two looks, of which there are four a second";
const MEMORY_UNSEEN = "memory beside the JavaScript heap";

/** Each as what is not bounded: `a share of the processor for each app`. Empty where everything is. */
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
		...(bounded.has("memory") ? [] : [canMeasureMemory ? MEMORY_SEEN : MEMORY_UNSEEN]),
		...(hasRlimits ? [] : ["open files, and the size of a file"]),
	];
}
