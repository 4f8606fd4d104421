/**
 * A command of the user's, run in the foreground: it has the terminal, gets the signals, and its status is ours.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { signalStatus, takeSignals } from "./signals.ts";

const HINTS: Readonly<Record<string, string>> = {
	E2BIG: "The secrets and the arguments are more than the system hands to a process.",
	ERR_INVALID_ARG_VALUE:
		"The command is empty, or a secret holds a NUL character, which the system hands to no process.",
};

function cannotStart(command: string, cause: NodeJS.ErrnoException): AppError {
	const absent = cause.code === "ENOENT";
	return new AppError({
		code: absent ? "COMMAND_NOT_FOUND" : "COMMAND_NOT_STARTED",
		message: absent
			? `There is no command ${printable(command)}.`
			: `${printable(command)} could not be started: ${cause.code ?? "unknown error"}.`,
		hint: HINTS[cause.code ?? ""] ?? "Check its name and that it can be executed.",
		exit: EXIT.run,
		cause,
	});
}

/** Most of what hinders a start is told by an event; what Node finds by itself, and E2BIG, it throws. */
function start(
	command: string,
	args: readonly string[],
	env: Readonly<Record<string, string>>,
): ChildProcess {
	try {
		return spawn(command, args, { env, stdio: "inherit" });
	} catch (error) {
		throw cannotStart(command, error as NodeJS.ErrnoException);
	}
}

/**
 * Runs a command to its end.
 * @param environment the whole environment that it gets
 * @returns its exit status, or 128 + the signal that ended it
 * @throws AppError exit 125 where it cannot be started
 */
export async function runChild(
	command: string,
	args: readonly string[],
	environment: Readonly<Record<string, string>>,
): Promise<number> {
	const child = start(command, args, environment);
	// A terminal sends Ctrl-C to the whole foreground group, the command included; a second copy would be one too many.
	using _signals = takeSignals((signal) => {
		if (!(signal === "SIGINT" && process.stdin.isTTY)) child.kill(signal);
	});
	// Awaited here: the signals are the command's until it has ended.
	return await new Promise<number>((resolve, reject) => {
		child.once("error", (error) => reject(cannotStart(command, error)));
		child.once("exit", (code, signal) =>
			resolve(signal === null ? (code ?? EXIT.run) : signalStatus(signal)),
		);
	});
}
