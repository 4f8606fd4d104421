/** Runs git. This is the only module that starts it. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { AppError, EXIT } from "../../errors.ts";
import { currentFolder } from "../files/project-root.ts";
import { closedArguments, closedEnvironment, type GitAllowance } from "./closed.ts";
import { findGit, requireVersion } from "./program.ts";
import { withWholePaths } from "./repository-above.ts";

/** The folder in which git runs, and the caller's environment variables, which `closedEnvironment` filters. */
export interface GitContext {
	readonly folder: string;
	readonly variables: Readonly<Record<string, string>>;
}

const MIB = 1024 * 1024;
/** Limits of one run. The longest output is the list of a history's commits: 100 bytes for each. */
const RUN_MAX = { outputBytes: 256 * MIB, ms: 600_000 };

export interface GitResult {
	/** The exit status; 128 if a signal ended the process. */
	readonly status: number;
	readonly stdout: string;
}

export interface RunOptions {
	readonly seen?: GitAllowance;
	readonly outputBytes?: number;
	readonly ms?: number;
	/** `latin1` keeps every byte of paths that are not UTF-8: one character is one byte. */
	readonly encoding?: "utf8" | "latin1";
}

function fault(
	code: string,
	place: GitContext,
	args: readonly string[],
	what: string,
	hint: string,
): AppError {
	return new AppError({
		code,
		message: `git ${args[0]} ${what} in ${place.folder}.`,
		hint,
		exit: EXIT.failure,
	});
}

type GitProcess = ChildProcessByStdio<Writable, Readable, null>;

function spawnGit(
	program: string,
	place: GitContext,
	args: readonly string[],
	seen?: GitAllowance,
): GitProcess {
	return spawn(program, closedArguments(args, seen), {
		cwd: place.folder,
		env: closedEnvironment(withWholePaths(place.variables, currentFolder), seen),
		stdio: ["pipe", "pipe", "ignore"],
		windowsHide: true,
	});
}

/** Reads a process's output to its end, and waits for its exit. */
async function collect(
	child: GitProcess,
	place: GitContext,
	args: readonly string[],
	{ encoding = "utf8", outputBytes = RUN_MAX.outputBytes, ms = RUN_MAX.ms }: RunOptions,
): Promise<GitResult> {
	const closed = once(child, "close") as Promise<[number | null]>;
	closed.catch(() => undefined);
	child.stdin.on("error", () => undefined);
	child.stdin.end();
	let isLate = false;
	const timer = setTimeout(() => {
		isLate = true;
		child.kill("SIGKILL");
	}, ms);
	try {
		const chunks: Buffer[] = [];
		let total = 0;
		for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
			total += chunk.length;
			if (total > outputBytes) {
				const what = `printed more than ${outputBytes} bytes`;
				throw fault(
					"GIT_OUTPUT_TOO_LARGE",
					place,
					args,
					what,
					"Run it there yourself to see what it prints.",
				);
			}
			chunks.push(chunk);
		}
		const [status] = await closed.catch((cause: NodeJS.ErrnoException) => {
			const what = `could not be started (${cause.code ?? "unknown error"})`;
			throw fault("GIT_FAILED", place, args, what, "Check that the folder is there.");
		});
		if (isLate) throw timedOut(args, place, ms);
		return { status: status ?? 128, stdout: Buffer.concat(chunks).toString(encoding) };
	} finally {
		clearTimeout(timer);
		child.kill("SIGKILL");
	}
}

/** The error for a git that does not answer in time. */
export function timedOut(args: readonly string[], place: GitContext, ms: number): AppError {
	const what = `did not answer within ${ms / 1000} s, and was ended`;
	return fault("GIT_TIMED_OUT", place, args, what, "Run it there yourself to see what it waits for.");
}

/** Paths of programs whose version this process has checked, or is checking, with what `git version` prints. */
const checked = new Map<string, Promise<string>>();

async function checkVersion(program: string, place: GitContext): Promise<string> {
	const { stdout } = await collect(spawnGit(program, place, ["version"]), place, ["version"], {
		outputBytes: MIB,
	});
	requireVersion(stdout);
	return stdout;
}

/** The program, once its version is checked, and what `git version` prints. */
async function checkedGit(
	place: GitContext,
): Promise<{ readonly program: string; readonly version: string }> {
	const program = findGit(place.variables);
	const check = checked.get(program) ?? checkVersion(program, place);
	checked.set(program, check);
	try {
		return { program, version: await check };
	} catch (error) {
		// Forget the failure, so that the next call tries again: this one may have failed because of its folder.
		checked.delete(program);
		throw error;
	}
}

/** The version of git, as `2.43.0`. @throws AppError as `startGit` */
export async function gitVersion(place: GitContext): Promise<string> {
	const { version } = await checkedGit(place);
	return version.trim().replace(/^git version /, "");
}

/**
 * Starts git with the closed configuration.
 * @returns the process. Requests go to its standard input
 * @throws AppError `GIT_NOT_FOUND` (exit 4), `GIT_TOO_OLD` (exit 1)
 */
export async function startGit(
	place: GitContext,
	args: readonly string[],
	seen?: GitAllowance,
): Promise<GitProcess> {
	const { program } = await checkedGit(place);
	return spawnGit(program, place, args, seen);
}

/**
 * Runs git to its end, without input.
 * @throws AppError `GIT_NOT_FOUND` (exit 4), `GIT_TOO_OLD`, `GIT_TIMED_OUT`, `GIT_OUTPUT_TOO_LARGE` (exit 1)
 */
export async function runGit(
	place: GitContext,
	args: readonly string[],
	options: RunOptions = {},
): Promise<GitResult> {
	return await collect(await startGit(place, args, options.seen), place, args, options);
}

/**
 * The output of git without the final line feed. @throws AppError `GIT_FAILED` (exit 1) for an exit status
 * other than 0
 */
export async function gitOutput(
	place: GitContext,
	args: readonly string[],
	options: RunOptions = {},
): Promise<string> {
	const { status, stdout } = await runGit(place, args, options);
	if (status === 0) return stdout.replace(/\r?\n$/, "");
	throw gitFailed(args[0] ?? "", status, place);
}

/** The error for an exit status other than 0. */
export function gitFailed(command: string, status: number, { folder }: GitContext): AppError {
	return new AppError({
		code: "GIT_FAILED",
		message: `git ${command} ended with status ${status} in ${folder}.`,
		hint: "Run it there yourself to see why.",
		exit: EXIT.failure,
	});
}
