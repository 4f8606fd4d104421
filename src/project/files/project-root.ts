/** Finds the project: the nearest folder, from here upwards, that contains `coffer.vault` or `coffer.json`. */
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";

export const VAULT_FILE = "coffer.vault";
export const CONFIG_FILE = "coffer.json";

/**
 * The folder that the command was started in.
 * @throws AppError `FOLDER_GONE` (exit 4) if it was deleted
 */
export function currentFolder(): string {
	try {
		return process.cwd();
	} catch (error) {
		throw new AppError({
			code: "FOLDER_GONE",
			message: "The folder in which this command was started no longer exists.",
			hint: "Go to another folder (cd), or to the new one of the same name (cd .), and run it again.",
			exit: EXIT.notFound,
			cause: error,
		});
	}
}

/** The project's root at or above a folder, as a real path; undefined if there is none. */
export function findRoot(from: string): string | undefined {
	let folder = realpathSync(from);
	for (;;) {
		if (existsSync(join(folder, VAULT_FILE)) || existsSync(join(folder, CONFIG_FILE))) return folder;
		const parent = dirname(folder);
		if (parent === folder) return undefined;
		folder = parent;
	}
}

/** @throws AppError `PROJECT_NOT_FOUND` (exit 4) */
export function requireRoot(from: string): string {
	const root = findRoot(from);
	if (root !== undefined) return root;
	throw new AppError({
		code: "PROJECT_NOT_FOUND",
		message: `No ${VAULT_FILE} in this folder or above it.`,
		hint: "Run 'coffer init' in the project's root folder first.",
		exit: EXIT.notFound,
	});
}
