/** Checks that git would not commit a new file with a key. */
import { lstatSync } from "node:fs";
import { basename, dirname } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { type GitStanding, gitStanding } from "../../project/git/ignored.ts";
import { inheritedEnvironment } from "../shell/process-environment.ts";

/**
 * Refuses the path of a new identity file that git would commit. An existing file is not checked here: the
 * code that writes the file refuses it.
 * @param path the path of the new file
 * @throws AppError `IDENTITY_IN_REPOSITORY` (exit 2) if it is in a git repository and not ignored
 */
export async function requireOutOfGit(path: string): Promise<void> {
	if (lstatSync(path, { throwIfNoEntry: false })) return;
	const standing = await gitStanding(path, inheritedEnvironment());
	if (standing === "outside" || standing === "ignored") return;
	const shown = printable(path, 200);
	throw inRepositoryError(
		`${shown} is inside a git repository, and ${openReason(standing)}`,
		`Choose a path outside the repository, or ignore the file first: ${ignoreCommand(path)}`,
	);
}

/**
 * Refuses to write keys to files that git would commit, whether or not the files exist.
 * @throws AppError `IDENTITY_IN_REPOSITORY` (exit 2), which names the first file, with a command for each
 *   file
 */
export async function requireKeysIgnored(paths: readonly string[]): Promise<void> {
	const open: { path: string; standing: GitStanding }[] = [];
	for (const path of paths) {
		const standing = await gitStanding(path, inheritedEnvironment());
		if (standing !== "outside" && standing !== "ignored") open.push({ path, standing });
	}
	const [first] = open;
	if (!first) return;
	const tracked = open.filter(({ standing }) => standing === "tracked");
	const commands = [
		...open.map(({ path }) => ignoreCommand(path)),
		...tracked.map(({ path }) => `git rm --cached ${printable(path, 200)}`),
	];
	throw inRepositoryError(
		`${printable(first.path, 200)} is inside a git repository, and ${openReason(first.standing)}`,
		`Nothing was changed. Ignore the file first: ${commands.join(" && ")}`,
	);
}

function openReason(standing: GitStanding): string {
	if (standing === "tracked") return "git tracks it";
	return standing === "unknown" ? "it is not known whether git ignores it" : "git does not ignore it";
}

function ignoreCommand(path: string): string {
	return `echo ${printable(basename(path), 200)} >> ${printable(dirname(path), 200)}/.gitignore`;
}

function inRepositoryError(message: string, hint: string): AppError {
	return new AppError({
		code: "IDENTITY_IN_REPOSITORY",
		message: `${message}. The next commit could publish the identity.`,
		hint,
		exit: EXIT.usage,
	});
}
