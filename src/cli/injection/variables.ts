/** The variables that `coffer run` gives to a command: which secrets, and under which names. */
import { AppError, EXIT } from "../../errors.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import { expandedValues } from "../../project/secrets/read-secrets.ts";
import type { SessionContext } from "../../project/session/session.ts";
import { checkSecretName, isSecretName } from "../../vault/syntax/secret-name.ts";
import { requireSafeNames, type UnsafeUse } from "./safe-names.ts";

export interface VariableOptions {
	/** Names and patterns of secrets; none means every secret. */
	readonly only: readonly string[];
	/** Precedes each name. */
	readonly prefix: string;
	/** Whether references between secrets are expanded. */
	readonly expand: boolean;
	/** Names of variables that may make programs load code. */
	readonly allowed: readonly string[];
}

export interface Variables {
	readonly values: ReadonlyMap<string, string>;
	/** The values to replace in output: these, and those that are part of them by references. */
	readonly redacted: ReadonlyMap<string, string>;
	readonly warnings: readonly string[];
}

const UNSAFE: UnsafeUse = { refused: "The command was not run", command: "coffer run", rest: " -- COMMAND" };

/** @throws AppError `USAGE` (exit 2) */
export function requirePrefix(prefix: string): void {
	if (prefix === "" || (isSecretName(prefix) && !/^[0-9]/.test(prefix))) return;
	throw new AppError({
		code: "USAGE",
		message: "The value of --prefix is not the beginning of a name.",
		hint: "A prefix has letters (A-Z, a-z), digits and underscores, and does not begin with a digit: --prefix APP_",
		exit: EXIT.usage,
	});
}

/**
 * Reads the variables. The checks of names are for the names with the prefix, which are the ones that programs see.
 * @throws AppError `NAME_UNSAFE`, `NAME_RESERVED`, `NAME_INVALID` (exit 2), `SECRET_NOT_FOUND` (exit 4) for a word of
 *   `only` that chooses nothing; what `readSession` throws
 */
export async function readVariables(
	context: SessionContext,
	{ allowed, expand, only, prefix }: VariableOptions,
): Promise<Variables> {
	const { session, remember } = await readSession(context);
	const { referred, values: secrets } = await expandedValues(session, only, expand);
	await remember();
	const values = new Map([...secrets].map(([name, value]) => [prefix + name, value]));
	if (prefix !== "") for (const name of values.keys()) checkSecretName(name);
	requireSafeNames(values.keys(), allowed, context.environment, UNSAFE);
	return { values, redacted: new Map([...referred, ...values]), warnings: session.warnings };
}
