/** The repository around a folder, as git sees it, or the reason why git opens none. */
import { lstatSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { printable, shellWord } from "../../printable.ts";
import { isNamed, repositoryAbove } from "./repository-above.ts";
import { type GitContext, runGit } from "./run.ts";

/**
 * Finds the repository around a folder. A folder inside a bare repository that is hidden among other files counts as
 * being in no repository: newer versions of git reject it by `safe.bareRepository`, and this check does so for all
 * versions. So does a folder outside the working tree of a repository that GIT_DIR names: no commit has its files.
 */
export async function findRepository(place: GitContext): Promise<{ isShallow: boolean } | undefined> {
	const asked = ["rev-parse", "--is-inside-work-tree", "--is-shallow-repository"];
	const { status, stdout } = await runGit(place, asked);
	const [isInside, isShallow] = stdout.split("\n");
	return status === 0 && isInside === "true" ? { isShallow: isShallow === "true" } : undefined;
}

/** The top of the working tree around a folder; undefined if there is none. @throws AppError as `runGit` */
export async function workTreeAround(place: GitContext): Promise<string | undefined> {
	// Git is started only if it knows better than the files say.
	if (!isNamed(place.variables)) return repositoryAbove(place.folder);
	const asked = ["rev-parse", "--is-inside-work-tree", "--show-toplevel"];
	const { status, stdout } = await runGit(place, asked);
	const [isInside, ...top] = stdout.replace(/\n$/, "").split("\n");
	return status === 0 && isInside === "true" ? top.join("\n") : undefined;
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
export function whyNoRepository({ folder, variables }: GitContext): NoRepository {
	if (isNamed(variables)) {
		const tree = variables["GIT_WORK_TREE"] ?? "";
		const named = `GIT_DIR (${printable(variables["GIT_DIR"] ?? "", 300)})`;
		return {
			isRefused: true,
			sentence:
				tree === ""
					? `${folder} is in no working tree of the repository that ${named} names. If that repository is meant, GIT_WORK_TREE must name its working tree.`
					: `${folder} is not in ${printable(tree, 300)}, the working tree of the repository that ${named} names.`,
			command: "unset GIT_DIR GIT_WORK_TREE",
		};
	}
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
				command: `git config --global --add safe.directory ${shellWord(real)}`,
			}
		: {
				isRefused: true,
				sentence: `Git does not open the repository in ${top}.`,
				command: `git -C ${shellWord(real)} status`,
			};
}

/** One line for a person: why git was not searched, and what to do. */
export function noRepositoryNote(place: GitContext): string {
	const { command, isRefused, sentence } = whyNoRepository(place);
	return isRefused ? `${sentence} Run: ${command}` : "Git finds no repository here.";
}

/** @throws AppError `REPOSITORY_NOT_FOUND` (exit 4), `REPOSITORY_REFUSED` (exit 1): git does not open the one that is there */
export async function requireRepository(place: GitContext): Promise<void> {
	if (await findRepository(place)) return;
	const { command, isRefused, sentence } = whyNoRepository(place);
	throw new AppError({
		code: isRefused ? "REPOSITORY_REFUSED" : "REPOSITORY_NOT_FOUND",
		message: sentence,
		hint: `Run '${command}' first.`,
		exit: isRefused ? EXIT.failure : EXIT.notFound,
	});
}
