/**
 * Git, run for what it knows of the repository around a project.
 */
import { execFile } from "node:child_process";
import { AppError, EXIT } from "../../errors.ts";

/** Where git runs, and the whole environment that it gets. */
export interface GitPlace {
	readonly folder: string;
	readonly variables: Readonly<Record<string, string>>;
}

const OUTPUT_BYTES_MAX = 512 * 1024 * 1024;

export interface GitResult {
	/** Its exit status; 128 where a signal ended it. */
	readonly status: number;
	readonly stdout: string;
}

/** Runs git to its end. @throws AppError `GIT_NOT_FOUND` (exit 4) */
export async function runGit({ folder, variables }: GitPlace, args: readonly string[]): Promise<GitResult> {
	return await new Promise((resolve, reject) => {
		const options = { cwd: folder, env: { ...variables }, maxBuffer: OUTPUT_BYTES_MAX };
		execFile("git", [...args], options, (error, stdout) => {
			if (error?.code === "ENOENT")
				reject(
					new AppError({
						code: "GIT_NOT_FOUND",
						message: "There is no command git.",
						hint: "Install git, and run the command again.",
						exit: EXIT.notFound,
						cause: error,
					}),
				);
			else resolve({ status: error ? (typeof error.code === "number" ? error.code : 128) : 0, stdout });
		});
	});
}

/** What git prints, without the line's end. @throws AppError `GIT_FAILED` (exit 1) where it does not end well */
export async function gitOutput(place: GitPlace, args: readonly string[]): Promise<string> {
	const { status, stdout } = await runGit(place, args);
	if (status === 0) return stdout.replace(/\r?\n$/, "");
	throw gitFailed(args[0] ?? "", status, place);
}

/** The error for a git that did not end well. */
export function gitFailed(command: string, status: number, { folder }: GitPlace): AppError {
	return new AppError({
		code: "GIT_FAILED",
		message: `git ${command} ended with status ${status} in ${folder}.`,
		hint: "Run it there by hand to see why.",
		exit: EXIT.failure,
	});
}

/** @throws AppError `REPOSITORY_NOT_FOUND` (exit 4) */
export async function requireRepository(place: GitPlace): Promise<void> {
	const { status } = await runGit(place, ["rev-parse", "--git-dir"]);
	if (status === 0) return;
	throw new AppError({
		code: "REPOSITORY_NOT_FOUND",
		message: `${place.folder} is in no git repository.`,
		hint: "Run 'git init' first.",
		exit: EXIT.notFound,
	});
}
