/**
 * How a failed command reads. A user's mistake and a bug of Coffer's look different, and neither shows a value.
 */
import { AppError, EXIT } from "../../errors.ts";
import { Interrupted } from "./interrupted.ts";
import type { Environment } from "./process-environment.ts";
import { styled } from "./render.ts";
import type { Terminal } from "./terminal.ts";

/** The user ended a prompt (Ctrl-C): no error to explain. */
export class Cancelled extends Error {}

const SIGINT_STATUS = 130;

/** The stack without the message, which could hold anything: only where in Coffer it happened. */
function places(error: unknown): string[] {
	const stack = error instanceof Error ? (error.stack ?? "") : "";
	return stack.split("\n").filter((line) => /^\s+at /.test(line));
}

function bug(error: unknown, debug: boolean): AppError {
	const kind = error instanceof Error ? error.constructor.name : typeof error;
	const code =
		error instanceof Error && "code" in error && typeof error.code === "string" ? ` (${error.code})` : "";
	const where = debug ? `\n${places(error).join("\n")}` : "";
	return new AppError({
		code: "INTERNAL",
		message: `This is a bug in Coffer: an unexpected ${kind}${code}.${where}`,
		hint: debug
			? "Please report it with the lines above."
			: "Run it again with COFFER_DEBUG=1 to see where, and report it.",
		exit: EXIT.failure,
		cause: error,
	});
}

/** An error as an AppError; what is not one is a bug. */
function toAppError(error: unknown, debug: boolean): AppError {
	return error instanceof AppError ? error : bug(error, debug);
}

/** Reports what a signal left done and undone. @returns the exit status */
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
 * @param renderData prints the data that the error carries, for a person
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
