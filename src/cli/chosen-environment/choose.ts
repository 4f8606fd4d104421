/**
 * Chooses the environment of a command: the one that a flag names, or else COFFER_ENVIRONMENT, or else the
 * project's default in `coffer.json`, or else `production`.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_ENVIRONMENT } from "../../environment-hint.ts";
import { AppError } from "../../errors.ts";
import { CONFIG_FILE, currentFolder, findRoot } from "../../project/files/project-root.ts";
import type { Environment } from "../shell/process-environment.ts";

/** The source of the environment's name. */
export type ChoiceSource = "flag" | "variable" | "project" | "none";

export interface ChosenEnvironment {
	readonly name: string;
	readonly source: ChoiceSource;
}

/** Sentences for an error about an environment that does not exist or has an invalid name. */
interface Wording {
	/** Says what named the environment. Follows the message. */
	readonly named: string;
	/** Says where the invalid name is. Precedes the rule for names. */
	readonly invalid: string;
	/** Says how to use another environment. */
	readonly remedy: string;
}

const WORDINGS: Readonly<Record<Exclude<ChoiceSource, "flag">, Wording>> = {
	variable: {
		named: "COFFER_ENVIRONMENT names it.",
		invalid: "The value of COFFER_ENVIRONMENT is not a valid name.",
		remedy: "Change or unset COFFER_ENVIRONMENT, or pass --environment NAME.",
	},
	project: {
		named: `It is the default in ${CONFIG_FILE}.`,
		invalid: `The default environment in ${CONFIG_FILE} is not a valid name.`,
		remedy: "Set another default (coffer environments default NAME), or pass --environment NAME.",
	},
	none: {
		named: "Commands use it if nothing names another environment.",
		invalid: "",
		remedy: "Set another default (coffer environments default NAME), or pass --environment NAME.",
	},
};

/** The environment for a command without the flag. @throws AppError `CONFIG_INVALID` (exit 2) */
export async function defaultEnvironment({ chosenEnvironment }: Environment): Promise<ChosenEnvironment> {
	if (chosenEnvironment !== undefined) return { name: chosenEnvironment, source: "variable" };
	const root = findRoot(currentFolder());
	if (root !== undefined && existsSync(join(root, CONFIG_FILE))) {
		const { readDefaultEnvironment } = await import("../../project/files/config.ts");
		const name = await readDefaultEnvironment(root);
		if (name !== undefined) return { name, source: "project" };
	}
	return { name: DEFAULT_ENVIRONMENT, source: "none" };
}

/** The environments of the current vault; none if the vault cannot be read. */
async function environmentsHere(): Promise<string[]> {
	try {
		const root = findRoot(currentFolder());
		if (root === undefined) return [];
		const { loadVault } = await import("../../project/files/vault-file.ts");
		return [...(await loadVault(root)).document.environments.keys()];
	} catch (error) {
		if (error instanceof AppError) return [];
		throw error;
	}
}

/**
 * Adds to an error about a missing or invalid environment what named it, and which environments exist. If a
 * flag named it, the error is returned unchanged.
 */
export async function explainEnvironment(error: AppError, { source }: ChosenEnvironment): Promise<AppError> {
	if (source === "flag") return error;
	const { named, invalid, remedy } = WORDINGS[source];
	const known = await environmentsHere();
	const message =
		error.code === "ENVIRONMENT_NAME_INVALID" ? `${invalid} ${error.message}` : `${error.message} ${named}`;
	const existing = known.length > 0 ? `Existing environments: ${known.join(", ")}. ` : "";
	return error.with({ message, hint: `${existing}${remedy}` });
}
