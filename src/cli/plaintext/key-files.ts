/**
 * New files with keys in them, and whether git would take them into a commit.
 */
import { lstatSync } from "node:fs";
import { basename, dirname } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { type GitStanding, gitStanding } from "../../project/git/ignored.ts";
import { inheritedEnvironment } from "../shell/process-environment.ts";

/**
 * Refuses a place for a new file of an identity that git would take into a commit; one that is there already is left to
 * whoever writes it.
 * @param path where the file is to be made
 * @throws AppError `IDENTITY_IN_REPOSITORY` (exit 2) where it lies in a git repository and is not ignored
 */
export async function requireOutOfGit(path: string): Promise<void> {
	if (lstatSync(path, { throwIfNoEntry: false })) return;
	const standing = await gitStanding(path, inheritedEnvironment());
	if (standing === "outside" || standing === "ignored") return;
	const shown = printable(path, 200);
	throw inRepository(
		`${shown} would lie in a git repository, and ${whyNot(standing)}`,
		`Name a file outside of the repository, or list it first: ${ignoreCommand(path)}`,
	);
}

/**
 * Refuses to write keys to files that git would commit, whether or not they exist.
 * @throws AppError `IDENTITY_IN_REPOSITORY` (exit 2) naming the first of them, with a line for .gitignore for each
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
	throw inRepository(
		`${printable(first.path, 200)} lies in a git repository, and ${whyNot(first.standing)}`,
		`Nothing was changed. Have git ignore it first: ${commands.join(" && ")}`,
	);
}

function whyNot(standing: GitStanding): string {
	if (standing === "tracked") return "git tracks it";
	return standing === "unknown" ? "git does not say whether it ignores it" : "git does not ignore it";
}

function ignoreCommand(path: string): string {
	return `echo ${printable(basename(path), 200)} >> ${printable(dirname(path), 200)}/.gitignore`;
}

function inRepository(message: string, hint: string): AppError {
	return new AppError({
		code: "IDENTITY_IN_REPOSITORY",
		message: `${message}: the next commit could give the identity away.`,
		hint,
		exit: EXIT.usage,
	});
}
