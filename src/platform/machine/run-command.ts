/**
 * Runs one command to its end, or to its limits.
 */
import { spawn } from "node:child_process";

/**
 * For a shell script: becomes what its arguments say, at a lower priority than the platform's, so that what serves comes
 * before what is built. Functions have the same.
 */
export const EXEC_AFTER_PLATFORM =
	'if command -v nice >/dev/null 2>&1; then exec nice -n 5 "$@"; fi; exec "$@"';

export interface Command {
	file: string;
	args: readonly string[];
	/** The whole environment: nothing is inherited. */
	environment: Readonly<Record<string, string>>;
	/** Standard input; empty where left out. */
	input?: string;
	cwd?: string;
	uid?: number;
	gid?: number;
}

export interface Limits {
	timeoutMs: number;
	/** Of stdout and of stderr, each; what comes after is dropped. */
	outputBytesMax: number;
	/** Kills the group when it is aborted. */
	signal?: AbortSignal;
}

export interface Outcome {
	/** Null where a signal ended it. */
	code: number | null;
	stdout: string;
	stderr: string;
	timedOut: boolean;
	/** Why it could not be started at all. */
	startError: string | undefined;
}

/**
 * Runs a command in a process group of its own. When the time is over, the
 * group is killed. Never rejects.
 */
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
	// A command may end without having read it all.
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

/** Whatever the command left behind in its group ends with it. */
function killGroup(pid: number | undefined): void {
	if (pid === undefined) return;
	try {
		process.kill(-pid, "SIGKILL");
	} catch {
		// The group is empty, which is what was wanted.
	}
}

/** What nobody keeps is read at a pace, so that a command that writes without end does not take the thread. */
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
