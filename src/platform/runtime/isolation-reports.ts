/** What the runtime reports to the platform's log. */
import { describeError, type Log } from "../faults/log.ts";
import type { DenoRuntimeOptions } from "./deno-options.ts";

/** The callbacks that report restrictions of functions which do not work on this machine. */
export function isolationReports(
	log: Log,
): Pick<DenoRuntimeOptions, "onFailedIsolation" | "onLimitFailure" | "onMissingIsolation" | "onShared"> {
	return {
		onMissingIsolation: (wall, why) =>
			log.warn({ wall, why }, "a network restriction of functions does not work on this machine"),
		onFailedIsolation: (what) =>
			log.error({ what }, "a network restriction of functions has stopped working"),
		onLimitFailure: (error) => log.warn(describeError(error), "the limits of a function could not be set"),
		onShared: () => log.warn("functions run as root: separate users do not work on this machine"),
	};
}
