/**
 * Runs the user's command in the foreground: it has the terminal and gets the signals, and Coffer exits with its exit
 * status.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { signalStatus, takeSignals } from "./signals.ts";

const HINTS: Readonly<Record<string, string>> = {
	E2BIG: "The secrets and the arguments together are larger than the system allows for a process.",
	ERR_INVALID_ARG_VALUE:
		"The command is empty, or a secret contains a NUL character, which no environment variable can contain.",
};

function cannotStart(command: string, cause: NodeJS.ErrnoException): AppError {
	const absent = cause.code === "ENOENT";
	return new AppError({
		code: absent ? "COMMAND_NOT_FOUND" : "COMMAND_NOT_STARTED",
		message: absent
			? `There is no command ${printable(command)}.`
			: `${printable(command)} could not be started: ${cause.code ?? "unknown error"}.`,
		hint: HINTS[cause.code ?? ""] ?? "Check its name, and check that it is executable.",
		exit: EXIT.run,
		cause,
	});
}

/**
 * Node reports most failures to start as an event. It throws for E2BIG, and for arguments that it checks
 * itself.
 */
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
 * Runs a command and waits for its end.
 * @param environment all of its environment variables
 * @returns its exit status, or 128 plus the number of the signal that ended it
 * @throws AppError (exit 125) if it cannot be started
 */
export async function runChild(
	command: string,
	args: readonly string[],
	environment: Readonly<Record<string, string>>,
): Promise<number> {
	const child = start(command, args, environment);
	// On Ctrl-C, the terminal itself sends SIGINT to the whole foreground group, which includes the command.
	using _signals = takeSignals((signal) => {
		if (!(signal === "SIGINT" && process.stdin.isTTY)) child.kill(signal);
	});
	// Awaited here, so that signals go to the command until it has ended.
	return await new Promise<number>((resolve, reject) => {
		child.once("error", (error) => reject(cannotStart(command, error)));
		child.once("exit", (code, signal) =>
			resolve(signal === null ? (code ?? EXIT.run) : signalStatus(signal)),
		);
	});
}
