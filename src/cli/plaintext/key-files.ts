/**
 * New files with keys in them, and whether git would take them into a commit.
 */
import { lstatSync } from "node:fs";
import { basename, dirname } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { gitStanding } from "../../project/git/ignored.ts";
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
	const why = standing === "unknown" ? "git does not say whether it ignores it" : "git does not ignore it";
	throw new AppError({
		code: "IDENTITY_IN_REPOSITORY",
		message: `${shown} would lie in a git repository, and ${why}: the next commit could give the identity away.`,
		hint: `Name a file outside of the repository, or list it first: echo ${printable(basename(path), 200)} >> ${printable(dirname(path), 200)}/.gitignore`,
		exit: EXIT.usage,
	});
}
