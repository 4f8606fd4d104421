/** Hints of commands that git starts: it starts them at the top of the working tree, wherever its user is. */
import { dirname, posix } from "node:path";
import { AppError } from "../../../errors.ts";
import { printable, shellWord } from "../../../printable.ts";
import { VAULT_FILE } from "../../files/project-root.ts";
import type { GitContext } from "../run.ts";

/**
 * The command that brings the user into the folder of a vault, where the commands of hints find it; undefined if the user
 * is there.
 * @param path the vault's path from the top of the working tree
 */
function goThere(path: string, { variables }: GitContext): string | undefined {
	// Git says in which folder the user is, from the top. It ends with a slash.
	const way = posix.relative(`/${variables["GIT_PREFIX"] ?? ""}`, `/${dirname(path)}`);
	return way === "" ? undefined : `cd ${printable(shellWord(way), 400)}`;
}

/** A hint whose commands are for the folder of a vault. @param path the vault's path from the top of the working tree */
export function hintAt(hint: string, path: string, place: GitContext): string {
	const go = goThere(path, place);
	return go === undefined ? hint : `First go to that vault: ${go}\n${hint}`;
}

/** Names the vault of an error of the merge driver, and begins its hint with the way to the vault's folder. */
export function atVault(error: unknown, path: string, place: GitContext): unknown {
	if (!(error instanceof AppError) || path === "") return error;
	const message = path === VAULT_FILE ? error.message : `${error.message} (${printable(path, 300)})`;
	return error.with({ message, hint: hintAt(error.hint, path, place) });
}
