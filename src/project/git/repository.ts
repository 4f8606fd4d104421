/** The repository around a folder, as git sees it, or the reason why git opens none. */
import { lstatSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { quoted } from "./driver.ts";
import { repositoryAbove } from "./repository-above.ts";
import { type GitContext, runGit } from "./run.ts";

/**
 * Finds the repository around a folder. A folder inside a bare repository that is hidden among other files counts as
 * being in no repository: newer versions of git reject it by `safe.bareRepository`, and this check does so for all
 * versions.
 */
export async function findRepository(place: GitContext): Promise<{ isShallow: boolean } | undefined> {
	const asked = ["rev-parse", "--is-inside-git-dir", "--is-shallow-repository"];
	const { status, stdout } = await runGit(place, asked);
	const [isInside, isShallow] = stdout.split("\n");
	return status === 0 && isInside === "false" ? { isShallow: isShallow === "true" } : undefined;
}

/** Why git opens no repository. */
export interface NoRepository {
	/** Whether there is a repository, which git does not open. */
	readonly isRefused: boolean;
	/** What is wrong, as a sentence. */
	readonly sentence: string;
	/** The command that mends it, or that shows the reason. */
	readonly command: string;
}

function isOwnedByAnother(path: string): boolean {
	const uid = lstatSync(path, { throwIfNoEntry: false })?.uid;
	return uid !== undefined && process.geteuid !== undefined && uid !== process.geteuid();
}

/** Says why git opens no repository around a folder, once `findRepository` has found none. */
export function whyNoRepository(folder: string): NoRepository {
	const top = repositoryAbove(folder);
	if (top === undefined)
		return { isRefused: false, sentence: `${folder} is in no git repository.`, command: "git init" };
	// Git compares these owners, and refuses the files of another user: their settings could start programs.
	const isForeign = [top, join(top, ".git")].some(isOwnedByAnother);
	const real = realpathSync(top);
	return isForeign
		? {
				isRefused: true,
				sentence: `Git does not open the repository in ${top}, because it belongs to another user.`,
				command: `git config --global --add safe.directory ${/^[\w./-]+$/.test(real) ? real : quoted(real)}`,
			}
		: {
				isRefused: true,
				sentence: `Git does not open the repository in ${top}.`,
				command: `git -C ${quoted(real)} status`,
			};
}

/** One line for a person: why git was not searched, and what to do. */
export function noRepositoryNote(folder: string): string {
	const { command, isRefused, sentence } = whyNoRepository(folder);
	return isRefused ? `${sentence} Run: ${command}` : "Git finds no repository here.";
}

/** @throws AppError `REPOSITORY_NOT_FOUND` (exit 4), `REPOSITORY_REFUSED` (exit 1): git does not open the one that is there */
export async function requireRepository(place: GitContext): Promise<void> {
	if (await findRepository(place)) return;
	const { command, isRefused, sentence } = whyNoRepository(place.folder);
	throw new AppError({
		code: isRefused ? "REPOSITORY_REFUSED" : "REPOSITORY_NOT_FOUND",
		message: sentence,
		hint: `Run '${command}' first.`,
		exit: isRefused ? EXIT.failure : EXIT.notFound,
	});
}
