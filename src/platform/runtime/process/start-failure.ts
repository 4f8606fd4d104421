/** Why a function did not start, in its own words as far as it has some. */
import { AppError, EXIT } from "../../../errors.ts";
import type { ExitReason, Launch } from "../runtime.ts";
import type { StartOutcome } from "./deno-process.ts";

/** The error for a start that ended so. @param timeoutMs how long it had */
export function startFailure(
	launch: Launch,
	outcome: StartOutcome,
	reason: ExitReason,
	timeoutMs: number,
): AppError {
	const what = `The function ${launch.app}/${launch.function}`;
	const status = reason.signal === null ? `status ${reason.code}` : `signal ${reason.signal}`;
	let message: string;
	if (outcome === "timeout")
		message = `${what} was not ready after ${timeoutMs} ms: it never called Deno.serve`;
	else if (reason.code === 0)
		message =
			`${what} exports no handler and never called Deno.serve: ` +
			"its default export is neither a function nor an object with a fetch method";
	else message = `${what} exited with ${status} before it was ready`;
	// The host's own frames tell a function's author nothing.
	const lines = reason.stderr.split("\n").filter((line) => !/^\s+at .*\/host\/\w+\.ts:\d+/.test(line));
	const stderr = lines.join("\n").trim();
	return new AppError({
		code: "FUNCTION_START_FAILED",
		message: stderr === "" ? `${message}.` : `${message}:\n${stderr}`,
		hint: "Correct the function and deploy it again.",
		exit: EXIT.failure,
	});
}

/** The error of a start that comes too late. */
export function closingFailure({ app, function: name }: Pick<Launch, "app" | "function">): AppError {
	return new AppError({
		code: "FUNCTION_START_FAILED",
		message: `The function ${app}/${name} was not started: the platform is closing.`,
		hint: "Start the platform again.",
		exit: EXIT.failure,
	});
}
