/**
 * Vaults that a command would overlook: one that git has and the folder does not show, one of a folder above.
 */
import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { currentFolder, findRoot, VAULT_FILE } from "../../project/files/project-root.ts";
import { type HiddenVault, hiddenVault } from "../../project/git/hidden-vault.ts";
import { inheritedEnvironment } from "../shell/process-environment.ts";

/** @param instead another way out than to bring the vault back */
function hiddenError(
	code: string,
	{ folder, why, command }: HiddenVault,
	exit: AppError["exit"],
	instead?: string,
): AppError {
	const bring = `Bring it there: ${printable(command, 400)}`;
	return new AppError({
		code,
		message: `Git has a ${VAULT_FILE} for ${printable(folder, 300)}, and it is not in the folder: ${why}.`,
		hint: instead === undefined ? bring : `${bring}\n${instead}`,
		exit,
	});
}

/**
 * Before a vault is made: whether the folder belongs to one already.
 * @param separate whether a second one below another's folder is meant
 * @throws AppError `VAULT_EXISTS` (exit 5)
 */
export async function requireNoOtherVault(separate: boolean): Promise<void> {
	const here = realpathSync(currentFolder());
	if (existsSync(join(here, VAULT_FILE))) return;
	const hidden = await hiddenVault(here, inheritedEnvironment());
	if (hidden && !(separate && hidden.folder !== here)) {
		const anew = `To begin anew instead, without what it holds, take it out of git first: git rm --cached ${VAULT_FILE}`;
		throw hiddenError("VAULT_EXISTS", hidden, EXIT.conflict, hidden.folder === here ? anew : undefined);
	}
	const above = separate ? undefined : findRoot(here);
	if (above === undefined || above === here) return;
	throw new AppError({
		code: "VAULT_EXISTS",
		message: `This folder belongs to the project in ${printable(above, 300)}, which has a vault already.`,
		hint: "Use that one: every command works from here ('coffer status'). For a vault of its own: coffer init --separate",
		exit: EXIT.conflict,
	});
}

/**
 * Before a change from a folder below the project's: whether git has a nearer vault, which is the one that is meant.
 * @param root the project that was found
 * @throws AppError `VAULT_NOT_FOUND` (exit 4)
 */
export async function requireNearestVault(root: string): Promise<void> {
	const here = realpathSync(currentFolder());
	if (here === root) return;
	const hidden = await hiddenVault(here, inheritedEnvironment());
	if (hidden?.folder.startsWith(`${root}/`)) throw hiddenError("VAULT_NOT_FOUND", hidden, EXIT.notFound);
}

/** An error about a vault that is not there, with what git knows of it. */
export async function explainAbsence(error: AppError): Promise<AppError> {
	const hidden = await hiddenVault(currentFolder(), inheritedEnvironment());
	return hidden ? hiddenError(error.code, hidden, error.exit) : error;
}
