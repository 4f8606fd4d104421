/** What clones without the whole history lack: shallow clones, and partial clones, which leave objects out. */
import { AppError, EXIT } from "../../../errors.ts";
import { type GitContext, gitFailed, runGit } from "../run.ts";

/** Settings that a partial clone has: git leaves objects out of it, and fetches them when they are needed. */
const PARTIAL = String.raw`^(remote\..*\.(promisor|partialclonefilter)|extensions\.partialclone)$`;

/** Whether a repository is a partial clone, from which Coffer lets git fetch nothing. */
export async function isPartialClone(place: GitContext): Promise<boolean> {
	return (await runGit(place, ["config", "--get-regexp", PARTIAL])).status === 0;
}

/**
 * The error for a git that failed while it read the repository. A partial clone is named as the cause.
 * @param command git's first argument
 */
export async function readFailed(command: string, status: number, place: GitContext): Promise<AppError> {
	if (!(await isPartialClone(place))) return gitFailed(command, status, place);
	return new AppError({
		code: "GIT_OBJECT_MISSING",
		message: `Git cannot give an object of the repository in ${place.folder}: this is a partial clone, which left it out.`,
		hint: `Get what was left out, and run the command again: ${FETCH_LEFT_OUT} (git 2.36 or later; with an earlier git, clone again without --filter)`,
		exit: EXIT.failure,
	});
}

/** The command that gets what a partial clone left out, and leaves nothing out from then on. Git has it since 2.36. */
export const FETCH_LEFT_OUT = "git fetch --refetch --no-filter";

/** One line for a person: a shallow clone was searched. */
export const SHALLOW_NOTE = "This clone is shallow: earlier commits are not in it (git fetch --unshallow).";

/** One line for a person: texts of the vault that a search could not read. */
export function leftOutNote(number: number): string {
	const what = number === 1 ? "one coffer.vault" : `${number} texts of coffer.vault`;
	return `This is a partial clone, and ${what} of its history ${number === 1 ? "is" : "are"} not in it (${FETCH_LEFT_OUT}).`;
}
