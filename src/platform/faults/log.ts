/**
 * The platform's own log: JSON lines on stderr. It names apps, functions and tokens by their ids. It never contains a
 * value, a token, a request's content or a function's output.
 */
import { destination, type Logger, pino } from "pino";

export { describeError } from "./error-description.ts";

export type Log = Pick<Logger, "info" | "warn" | "error">;

const STDERR = 2;

/** Opens the log on stderr. Once stderr is a terminal that was closed, lines are dropped. */
export function openLog(): Log {
	const options = { base: null, timestamp: pino.stdTimeFunctions.isoTime };
	const output = destination({ fd: STDERR, sync: true });
	output.on("error", (error: NodeJS.ErrnoException) => {
		if (error.code !== "EIO") throw error;
		output.write = () => true;
	});
	return pino(options, output);
}

/** A log that writes nothing. */
export const NO_LOG: Log = pino({ level: "silent" });
