/**
 * The platform's own log: JSON lines on stderr. It says what happened to which app, function and token, and never
 * holds a value, a token, a request's content or a function's output.
 */
import { destination, type Logger, pino } from "pino";
import { AppError } from "../errors.ts";

export type Log = Pick<Logger, "info" | "warn" | "error">;

const STDERR = 2;

/** Opens the log on stderr. */
export function openLog(): Log {
	const options = { base: null, timestamp: pino.stdTimeFunctions.isoTime };
	return pino(options, destination({ fd: STDERR, sync: true }));
}

/** A log that keeps nothing. */
export const NO_LOG: Log = pino({ level: "silent" });

/**
 * What the log may hold of an error: the code of one of ours; else its class and where in the platform it
 * happened. A message may hold anything, a function's output for one.
 */
export function describeError(error: unknown): { error?: string; at?: string[] } {
	if (error === undefined) return {};
	if (error instanceof AppError) return { error: error.code };
	if (!(error instanceof Error)) return { error: typeof error };
	const code = "code" in error && typeof error.code === "string" ? ` ${error.code}` : "";
	const at = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
	return { error: `${error.name}${code}`, at: at.slice(0, 10).map((line) => line.trim()) };
}
