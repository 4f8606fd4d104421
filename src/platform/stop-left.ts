/** Stops what a platform left running. */
import { AppError, EXIT } from "../errors.ts";
import { ChannelClosed } from "./channel/channel.ts";
import { stopLeft } from "./data-plane/client/connection.ts";

/**
 * Stops the functions and gateways that a killed platform left running.
 * @param dataDirectory absolute
 * @returns whether there were any, and the process id of a data plane that had to be killed
 * @throws AppError `PLATFORM_RUNNING` (exit 5) if a platform is running in the data directory,
 *   `FUNCTIONS_UNRESPONSIVE` (exit 1) if what runs does not end
 */
export async function stopLeftDataPlane(
	dataDirectory: string,
): Promise<{ stopped: boolean; killed?: number }> {
	try {
		return await stopLeft(dataDirectory);
	} catch (error) {
		if (!(error instanceof ChannelClosed)) throw error;
		throw new AppError({
			code: "PLATFORM_RUNNING",
			message: `A platform is running in ${dataDirectory}. Its functions are not stopped.`,
			hint: "End the platform with SIGTERM or Ctrl-C. It then stops its functions itself.",
			exit: EXIT.conflict,
		});
	}
}
