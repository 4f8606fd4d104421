/** What the platform's log says of an error. */
import { AppError } from "../../errors.ts";

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
