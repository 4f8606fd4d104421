/**
 * Reports a failed command on the terminal. An expected error and a bug in Coffer look different; neither
 * shows a secret's value.
 */
import { AppError, EXIT } from "../../errors.ts";
import { Interrupted } from "./interrupted.ts";
import type { Environment } from "./process-environment.ts";
import { styled } from "./render.ts";
import type { Terminal } from "./terminal.ts";

/** Thrown if the user left a prompt with Ctrl-C or Escape. It is not reported. */
export class Cancelled extends Error {}

const SIGINT_STATUS = 130;

/** The frames of the stack. The message is left out, because it could contain a value. */
function stackFrames(error: unknown): string[] {
	const stack = error instanceof Error ? (error.stack ?? "") : "";
	return stack.split("\n").filter((line) => /^\s+at /.test(line));
}

function internalError(error: unknown, debug: boolean): AppError {
	const kind = error instanceof Error ? error.constructor.name : typeof error;
	const code =
		error instanceof Error && "code" in error && typeof error.code === "string" ? ` (${error.code})` : "";
	const where = debug ? `\n${stackFrames(error).join("\n")}` : "";
	return new AppError({
		code: "INTERNAL",
		message: `An unexpected ${kind}${code} occurred. This is a bug in Coffer.${where}`,
		hint: debug
			? "Please report the bug with the lines above."
			: "Please report it: run the command again with COFFER_DEBUG=1, and add what it prints.",
		exit: EXIT.failure,
		cause: error,
	});
}

/** Every error that Coffer throws on purpose is an AppError. Any other error is a bug. */
function toAppError(error: unknown, debug: boolean): AppError {
	return error instanceof AppError ? error : internalError(error, debug);
}

/** Reports which work was done before a signal stopped the command, and which was not. @returns the exit status */
function reportInterruption(
	interrupted: Interrupted,
	terminal: Terminal,
	renderData?: (data: unknown) => void,
): number {
	const { data, hint, message, status } = interrupted;
	if (terminal.json) {
		if (data !== undefined) terminal.document(data);
		terminal.failureDocument({ error: interrupted.toJSON() });
		return status;
	}
	if (data !== undefined) renderData?.(data);
	terminal.failure([message, hint]);
	return status;
}

/**
 * Reports an error on the terminal.
 * @param renderData prints the error's `data` as text
 * @returns the exit status
 */
export function reportFailure(
	error: unknown,
	terminal: Terminal,
	environment: Environment,
	renderData?: (data: unknown) => void,
): number {
	if (error instanceof Cancelled) return SIGINT_STATUS;
	if (error instanceof Interrupted) return reportInterruption(error, terminal, renderData);
	const failure = toAppError(error, environment.debug);
	if (terminal.json) {
		if (failure.data !== undefined) terminal.document(failure.data);
		terminal.failureDocument({ error: failure.toJSON() });
		return failure.exit;
	}
	if (failure.data !== undefined) renderData?.(failure.data);
	const [first = "", ...rest] = failure.message.split(/\r?\n/);
	const lines = [`${styled("red", "Error:")} ${first}`, ...rest.map((line) => `  ${line}`)];
	if (failure.hint !== "") lines.push(...failure.hint.split("\n"));
	terminal.failure(lines);
	return failure.exit;
}
