/** Runs one command until it ends or reaches a limit. */
import { spawn } from "node:child_process";

/**
 * A shell script that executes its arguments at a lower priority than the platform's, so that serving comes
 * before building. Functions run at the same lower priority.
 */
export const EXEC_AT_LOWER_PRIORITY =
	'if command -v nice >/dev/null 2>&1; then exec nice -n 5 "$@"; fi; exec "$@"';

export interface Command {
	file: string;
	args: readonly string[];
	/** The complete process environment. Nothing is inherited. */
	environment: Readonly<Record<string, string>>;
	/** Standard input. Without it, standard input is empty. */
	input?: string;
	cwd?: string;
	uid?: number;
	gid?: number;
}

export interface Limits {
	timeoutMs: number;
	/** The most bytes of stdout, and of stderr. Further output is dropped. */
	outputBytesMax: number;
	/** Kills the process group when it is aborted. */
	signal?: AbortSignal;
}

export interface Outcome {
	/** Null if a signal ended the command. */
	code: number | null;
	stdout: string;
	stderr: string;
	timedOut: boolean;
	/** The error code if the command could not be started. */
	startError: string | undefined;
}

/** Runs a command in a separate process group. The group is killed after `timeoutMs`. Never rejects. */
export async function runCommand(command: Command, limits: Limits): Promise<Outcome> {
	const child = spawn(command.file, command.args, {
		env: { ...command.environment },
		stdio: ["pipe", "pipe", "pipe"],
		detached: true,
		...(command.cwd === undefined ? {} : { cwd: command.cwd }),
		...(command.uid === undefined ? {} : { uid: command.uid }),
		...(command.gid === undefined ? {} : { gid: command.gid }),
	});
	const stdout = gather(child.stdout, limits.outputBytesMax);
	const stderr = gather(child.stderr, limits.outputBytesMax);
	// The command may end before it has read all of its input.
	child.stdin.on("error", () => {});
	child.stdin.end(command.input ?? "");
	let timedOut = false;
	const timer = setTimeout(() => {
		timedOut = true;
		killGroup(child.pid);
	}, limits.timeoutMs);
	const abort = () => killGroup(child.pid);
	if (limits.signal?.aborted) abort();
	limits.signal?.addEventListener("abort", abort);
	const [code, startError] = await new Promise<[number | null, string | undefined]>((resolve) => {
		child.once("error", (error: NodeJS.ErrnoException) => resolve([null, error.code ?? error.message]));
		child.once("close", (exitCode) => resolve([exitCode, undefined]));
	});
	clearTimeout(timer);
	limits.signal?.removeEventListener("abort", abort);
	killGroup(child.pid);
	return { code, stdout: stdout(), stderr: stderr(), timedOut, startError };
}

/** Ends all processes that the command left in its group. */
function killGroup(pid: number | undefined): void {
	if (pid === undefined) return;
	try {
		process.kill(-pid, "SIGKILL");
	} catch {
		// No process is left in the group.
	}
}

/** The pause between reads of dropped output, so that a command that writes without end does not occupy the thread. */
const PAUSE_MS = 20;

function gather(stream: NodeJS.ReadableStream, bytesMax: number): () => string {
	const chunks: Buffer[] = [];
	let size = 0;
	stream.on("data", (chunk: Buffer) => {
		if (size < bytesMax) chunks.push(chunk.subarray(0, bytesMax - size));
		size += chunk.length;
		if (size <= bytesMax) return;
		stream.pause();
		setTimeout(() => stream.resume(), PAUSE_MS).unref();
	});
	return () => Buffer.concat(chunks).toString("utf8");
}
