/**
 * Which environment a command means: the one that a flag names, else COFFER_ENVIRONMENT, else the project's default in
 * `coffer.json`, else `production`.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_ENVIRONMENT } from "../../environment-hint.ts";
import { AppError } from "../../errors.ts";
import { CONFIG_FILE, currentFolder, findRoot } from "../../project/files/project-root.ts";
import type { Environment } from "../shell/process-environment.ts";

/** What named an environment. */
export type ChoiceSource = "flag" | "variable" | "project" | "none";

export interface ChosenEnvironment {
	readonly name: string;
	readonly source: ChoiceSource;
}

/** What is said where the environment that is meant is not there, or is no name: what named it, and how to name another. */
interface Wording {
	/** Behind what is wrong with the environment. */
	readonly named: string;
	/** Before what a name may be. */
	readonly invalid: string;
	readonly remedy: string;
}

const WORDINGS: Readonly<Record<Exclude<ChoiceSource, "flag">, Wording>> = {
	variable: {
		named: "COFFER_ENVIRONMENT names it.",
		invalid: "COFFER_ENVIRONMENT is not the name of an environment.",
		remedy: "Set COFFER_ENVIRONMENT to another, unset it, or pass --environment NAME.",
	},
	project: {
		named: `${CONFIG_FILE} makes it the default.`,
		invalid: `The default environment in ${CONFIG_FILE} is not the name of an environment.`,
		remedy: "Make another the default (coffer environments default NAME), or pass --environment NAME.",
	},
	none: {
		named: "It is the one that is meant where nothing names another.",
		invalid: "",
		remedy: "Make another the default (coffer environments default NAME), or pass --environment NAME.",
	},
};

/**
 * The environment that is meant where no flag names one.
 * @throws AppError `CONFIG_INVALID` (exit 2)
 */
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

/** The environments of the vault here, or none where it cannot be read. */
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
 * An error about an environment that is not there, or that cannot be one, together with what named it and which there are.
 * Any other error is returned as it is, and so is one about an environment that a flag names.
 */
export async function explainEnvironment(error: AppError, { source }: ChosenEnvironment): Promise<AppError> {
	if (source === "flag") return error;
	const { named, invalid, remedy } = WORDINGS[source];
	const known = await environmentsHere();
	const message =
		error.code === "ENVIRONMENT_NAME_INVALID" ? `${invalid} ${error.message}` : `${error.message} ${named}`;
	const there = known.length > 0 ? `It has: ${known.join(", ")}. ` : "";
	return error.with({ message, hint: `${there}${remedy}` });
}
