/**
 * Runs the user's command in the foreground: it has the terminal and gets the signals, and Coffer exits with its exit
 * status.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { EXIT } from "../../../errors.ts";
import { signalStatus, takeSignals } from "../signals.ts";
import { startFault } from "./start-fault.ts";

/** Takes over an output of the command. Resolves when the output has ended and all of it is passed on. */
export type TakeOutput = (output: Readable) => Promise<void>;

/** What to start. */
export interface ChildOptions {
	readonly command: string;
	readonly args: readonly string[];
	/** All of its environment variables. */
	readonly environment: Readonly<Record<string, string>>;
	/** Outputs that Coffer takes over. The command has Coffer's own for the others. */
	readonly outputs: { readonly stdout?: TakeOutput | undefined; readonly stderr?: TakeOutput | undefined };
}

export interface Child {
	/**
	 * Resolves with the exit status, or with 128 plus the number of the signal that ended it, when all of its output is
	 * passed on. @throws AppError (exit 125) if it cannot be started
	 */
	readonly ended: Promise<number>;
	kill(signal: NodeJS.Signals): void;
}

/**
 * Node reports most failures to start as an event. It throws for E2BIG, and for arguments that it checks
 * itself.
 */
function start(options: ChildOptions): ChildProcess {
	const { args, command, environment } = options;
	const { stderr, stdout } = options.outputs;
	const stdio = ["inherit" as const, stdout ? ("pipe" as const) : ("inherit" as const)];
	try {
		return spawn(command, args, { env: environment, stdio: [...stdio, stderr ? "pipe" : "inherit"] });
	} catch (error) {
		throw startFault(options, error as NodeJS.ErrnoException);
	}
}

/** Starts a command. @throws AppError (exit 125) for some of the reasons for which it cannot be started */
export function startChild(options: ChildOptions): Child {
	const child = start(options);
	const status = new Promise<number>((resolve, reject) => {
		child.once("error", (error) => reject(startFault(options, error)));
		child.once("exit", (code, signal) =>
			resolve(signal === null ? (code ?? EXIT.run) : signalStatus(signal)),
		);
	});
	const taken = [
		child.stdout && options.outputs.stdout?.(child.stdout),
		child.stderr && options.outputs.stderr?.(child.stderr),
	];
	// Started at once, so that no output waits for the status, and a failure to start is handled.
	const passed = Promise.all(taken);
	return {
		ended: status.then(async (ended) => {
			await passed;
			return ended;
		}),
		kill: (signal) => child.kill(signal),
	};
}

/**
 * Passes signals on to the current command until disposal. On Ctrl-C, the terminal itself sends SIGINT to the whole
 * foreground group, which includes the command.
 * @param current returns the command that runs now
 */
export function passSignals(
	current: () => Child | undefined,
	onSignal: () => void = () => undefined,
): Disposable {
	return takeSignals((signal) => {
		onSignal();
		if (!(signal === "SIGINT" && process.stdin.isTTY)) current()?.kill(signal);
	});
}

/**
 * Runs a command and waits for its end.
 * @returns its exit status, or 128 plus the number of the signal that ended it
 * @throws AppError (exit 125) if it cannot be started
 */
export async function runChild(options: ChildOptions): Promise<number> {
	const child = startChild(options);
	using _signals = passSignals(() => child);
	// Awaited here, so that signals go to the command until it has ended.
	return await child.ended;
}
