/** Checks that git would not commit a new file with a key or with values. */
import { lstatSync } from "node:fs";
import { dirname, join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { printable, shellWord } from "../../printable.ts";
import { appendCommand, type GitFileState, ignoreLine, readGitFileState } from "../../project/git/ignored.ts";
import { inheritedEnvironment } from "../shell/process-environment.ts";

/** The content of a file, for the error. */
export interface KeptOutOfGit {
	readonly code: string;
	/** What the next commit could do, as a sentence. */
	readonly danger: string;
	/** Whether a file that exists is checked too. */
	readonly existing: boolean;
}

/** An existing file is not checked, because the code that writes an identity rejects it. */
const IDENTITY: KeptOutOfGit = {
	code: "IDENTITY_IN_REPOSITORY",
	danger: "The next commit could publish the identity.",
	existing: false,
};

/**
 * Rejects the path of a file that git would commit.
 * @param path the path of the new file
 * @param kept what the file will contain; by default an identity
 * @throws AppError with the code of `kept` (exit 2) if it is in a git repository and not ignored
 */
export async function requireOutOfGit(path: string, kept: KeptOutOfGit = IDENTITY): Promise<void> {
	if (!kept.existing && lstatSync(path, { throwIfNoEntry: false })) return;
	const state = await readGitFileState(path, inheritedEnvironment());
	if (state === "outside" || state === "ignored") return;
	const shown = printable(path, 200);
	throw inRepositoryError(
		`${shown} is inside a git repository, and ${openReason(state)}`,
		`Choose a path outside the repository, or ignore the file first: ${ignoreCommand(path)}`,
		kept,
	);
}

/**
 * Rejects key files that git would commit, whether or not they exist.
 * @throws AppError `IDENTITY_IN_REPOSITORY` (exit 2), which names the first file, with a command for each
 *   file
 */
export async function requireKeysIgnored(paths: readonly string[]): Promise<void> {
	const open: { path: string; state: GitFileState }[] = [];
	for (const path of paths) {
		const state = await readGitFileState(path, inheritedEnvironment());
		if (state !== "outside" && state !== "ignored") open.push({ path, state });
	}
	const [first] = open;
	if (!first) return;
	const tracked = open.filter(({ state }) => state === "tracked");
	const commands = [
		...open.map(({ path }) => ignoreCommand(path)),
		...tracked.map(({ path }) => `git rm --cached ${shellWord(printable(path, 200))}`),
	];
	throw inRepositoryError(
		`${printable(first.path, 200)} is inside a git repository, and ${openReason(first.state)}`,
		`Nothing was changed. Ignore the file first: ${commands.join(" && ")}`,
	);
}

function openReason(state: GitFileState): string {
	if (state === "tracked") return "git tracks it";
	return state === "unknown" ? "git cannot tell whether it is ignored" : "git does not ignore it";
}

function ignoreCommand(path: string): string {
	const file = join(dirname(path), ".gitignore");
	return appendCommand(printable(ignoreLine(path, dirname(path)).line, 200), file, printable(file, 200));
}

function inRepositoryError(message: string, hint: string, { code, danger } = IDENTITY): AppError {
	return new AppError({
		code,
		message: `${message}. ${danger}`,
		hint,
		exit: EXIT.usage,
	});
}
