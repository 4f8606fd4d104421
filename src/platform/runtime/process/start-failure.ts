/** The errors of starts, with the function's own error output if there is some. */
import { AppError, EXIT } from "../../../errors.ts";
import type { ExitReason, Launch } from "../runtime.ts";

/** The result of a start. */
export type StartOutcome = "ready" | "exited" | "timeout";

/** The error for a failed start. @param timeoutMs the time limit of the start */
export function startError(
	launch: Launch,
	outcome: StartOutcome,
	reason: ExitReason,
	timeoutMs: number,
): AppError {
	const subject = `The function ${launch.app}/${launch.function}`;
	const status = reason.signal === null ? `status ${reason.code}` : `signal ${reason.signal}`;
	let message: string;
	if (outcome === "timeout")
		message = `${subject} was not ready after ${timeoutMs} ms: it does not serve, neither by Deno.serve nor by a server of node:http`;
	else if (reason.code === 0)
		message =
			`${subject} exports no handler and does not serve: ` +
			"its default export is neither a function nor an object with a fetch method";
	else message = `${subject} exited with ${status} before it was ready`;
	// Stack frames of the host do not help the function's author.
	const lines = reason.stderr
		.split("\n")
		.filter((line) => !/^\s+at .*\/host\/(?:(?:node|cron|kv)\/)?[\w-]+\.ts:\d+/.test(line));
	const stderr = lines.join("\n").trim();
	return new AppError({
		code: "FUNCTION_START_FAILED",
		message: stderr === "" ? `${message}.` : `${message}:\n${stderr}`,
		hint: "Correct the function and deploy it again.",
		exit: EXIT.failure,
	});
}

/** The error for a start while the platform is closing. */
export function closingError({ app, function: name }: Pick<Launch, "app" | "function">): AppError {
	return new AppError({
		code: "FUNCTION_START_FAILED",
		message: `The function ${app}/${name} was not started: the platform is closing.`,
		hint: "Start the platform again.",
		exit: EXIT.failure,
	});
}
