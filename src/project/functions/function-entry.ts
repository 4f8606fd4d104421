/** The results of a search of a project's folders of functions. */
import type { AppError } from "../../errors.ts";
import type { FileWarning, StaticFiles } from "../../modules/files/wanted-files.ts";

export interface FunctionEntry {
	/** Route and identity: `hello` or `api/billing`. */
	name: string;
	/** Path of the entry module, relative to the project's root, POSIX. */
	entry: string;
	/** Path of its `function.jsonc`, if it has one. */
	settings?: string;
	/** The text that counts as its `function.jsonc`, if another file adds to that file or replaces it. */
	settingsText?: Uint8Array;
	/** The files that it reads when it runs, if a file other than its `function.jsonc` names them. */
	staticFiles?: StaticFiles;
	/** Why it cannot be deployed (exit 2). */
	fault?: AppError;
	/** Warnings for a deployment. */
	warnings?: readonly FileWarning[];
}

/** The part of a function's entry that is sent to a platform. */
export function deployedEntry({ name, entry, settings }: FunctionEntry): FunctionEntry {
	return { name, entry, ...(settings !== undefined && { settings }) };
}

/** A name and its position in a configuration file. */
interface NamedPlace {
	readonly name: string;
	/** Relative to the root. */
	readonly file: string;
	/** 1-based. */
	readonly line: number;
}

/** Functions that a configuration file turns off. They are not deployed. */
export type DisabledFunction = NamedPlace;
/** Names of secrets in a configuration file. Coffer reads no values from it. */
export type NamedSecret = NamedPlace;

/** Collects the results of the searches. */
export interface Discovery {
	/** @throws AppError `FUNCTION_DUPLICATE`, `FUNCTION_NAME_INVALID` (exit 2) */
	add(entry: FunctionEntry): void;
	readonly disabled: DisabledFunction[];
	readonly namedSecrets: NamedSecret[];
}
