/**
 * Finds vaults that a command would not notice: a vault that git has and that is missing in the folder, or the vault of
 * a parent folder.
 */
import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { currentFolder, findRoot, VAULT_FILE } from "../../project/files/project-root.ts";
import { type HiddenVault, hiddenVault } from "../../project/git/hidden-vault.ts";
import { gitFolderAround } from "../../project/git/repository-above.ts";
import { inheritedEnvironment } from "../shell/process-environment.ts";

const ANOTHER_VAULT = "To create another vault, which cannot be merged with that one: coffer init --separate";

/** @param instead another remedy than to restore the vault */
function hiddenVaultError(
	code: string,
	{ folder, why, command }: HiddenVault,
	exit: AppError["exit"],
	instead?: string,
): AppError {
	const restore = `To restore it: ${printable(command, 400)}`;
	return new AppError({
		code,
		message: `Git has a ${VAULT_FILE} for ${printable(folder, 300)}, but the folder does not contain it: ${why}.`,
		hint: instead === undefined ? restore : `${restore}\n${instead}`,
		exit,
	});
}

/** @throws AppError `FOLDER_OF_GIT` (exit 2) in a bare repository or a `.git`: no commit could contain a vault there */
export function requireWorkTree(): void {
	const folder = gitFolderAround(realpathSync(currentFolder()));
	if (folder === undefined) return;
	throw new AppError({
		code: "FOLDER_OF_GIT",
		message: `${printable(folder, 300)} is a folder of git itself, and no commit can contain a vault that is in it.`,
		hint: "Create the vault in a working tree. For a bare repository: git clone REPOSITORY FOLDER && cd FOLDER && coffer init",
		exit: EXIT.usage,
	});
}

/**
 * Checks, before a vault is created, that the folder does not belong to a vault already.
 * @param separate whether the user wants a separate vault below the folder of another
 * @throws AppError `VAULT_EXISTS` (exit 5)
 */
export async function requireNoOtherVault(separate: boolean): Promise<void> {
	const here = realpathSync(currentFolder());
	if (existsSync(join(here, VAULT_FILE))) return;
	const hidden = await hiddenVault(here, inheritedEnvironment(), separate ? "here" : "other-refs");
	if (hidden && !(separate && hidden.folder !== here)) {
		if (hidden.isOnOtherRef) throw hiddenVaultError("VAULT_EXISTS", hidden, EXIT.conflict, ANOTHER_VAULT);
		const discard = `To discard it and create an empty vault, remove it from git first: git rm --cached ${VAULT_FILE}`;
		throw hiddenVaultError(
			"VAULT_EXISTS",
			hidden,
			EXIT.conflict,
			hidden.folder === here ? discard : undefined,
		);
	}
	const above = separate ? undefined : findRoot(here);
	if (above === undefined || above === here) return;
	throw new AppError({
		code: "VAULT_EXISTS",
		message: `This folder belongs to the project in ${printable(above, 300)}, which has a vault already.`,
		hint: "You can use that vault from this folder ('coffer status'). To create another vault here: coffer init --separate",
		exit: EXIT.conflict,
	});
}

/**
 * Checks, before a change from a folder below the project's root, that git has no vault between the two, because the
 * user would expect that one to change.
 * @param root the root of the project that was found
 * @throws AppError `VAULT_NOT_FOUND` (exit 4)
 */
export async function requireNearestVault(root: string): Promise<void> {
	const here = realpathSync(currentFolder());
	if (here === root) return;
	const hidden = await hiddenVault(here, inheritedEnvironment(), "here");
	if (hidden?.folder.startsWith(`${root}/`)) throw hiddenVaultError("VAULT_NOT_FOUND", hidden, EXIT.notFound);
}

/** Adds to an error about a missing vault that git has one, if it does. */
export async function explainMissingVault(error: AppError): Promise<AppError> {
	const hidden = await hiddenVault(currentFolder(), inheritedEnvironment(), "other-refs");
	return hidden ? hiddenVaultError(error.code, hidden, error.exit) : error;
}
