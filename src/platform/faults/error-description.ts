/** Describes an error for the platform's log. */
import { AppError } from "../../errors.ts";

/**
 * The parts of an error that the log may contain: the code of an `AppError`; for any other error its class and its
 * stack frames in the platform. Messages are left out, since they may contain a function's output.
 */
export function describeError(error: unknown): { error?: string; at?: string[] } {
	if (error === undefined) return {};
	if (error instanceof AppError) return { error: error.code };
	if (!(error instanceof Error)) return { error: typeof error };
	const code = "code" in error && typeof error.code === "string" ? ` ${error.code}` : "";
	const at = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
	return { error: `${error.name}${code}`, at: at.slice(0, 10).map((line) => line.trim()) };
}
