/** The values that an import found in a file, and the faults of the file, which stop it. */
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { checkSecretName, isSecretName } from "../../vault/syntax/secret-name.ts";
import { LIMITS } from "../../vault/syntax/syntax.ts";

export interface Entry {
	readonly name: string;
	readonly value: string;
	/** 1-based line of the name. */
	readonly line: number;
}

export interface Fault {
	/** 1-based. */
	readonly line: number;
	/** A clause without its full stop, which has no part of a value. */
	readonly message: string;
}

const SHOWN_MAX = 20;
const NAME_RULE = "names are 1 to 128 letters (A-Z, a-z), digits and underscores";

/**
 * One error for the faults of a file.
 * @param faults at least one
 */
export function importError(
	path: string,
	code: string,
	faults: readonly [Fault, ...Fault[]],
	hint: string,
): AppError {
	const sentences = faults.slice(0, SHOWN_MAX).map(({ line, message }) => `line ${line}: ${message}.`);
	if (faults.length > SHOWN_MAX) sentences.push(`And ${faults.length - SHOWN_MAX} more.`);
	return new AppError({
		code,
		message: `${printable(path, 200)}, ${sentences.join("\n")}`,
		hint: `${hint} Nothing was changed.`,
		exit: EXIT.usage,
		line: faults[0].line,
	});
}

export interface Selection {
	/** Put before each name. */
	readonly prefix: string;
	/** Names as the file has them; undefined for all. */
	readonly only: readonly string[] | undefined;
}

function faultOf({ name, value }: Entry): string | undefined {
	// An invalid name is not repeated: it may be a part of a value.
	if (!isSecretName(name)) return `the name is not valid: ${NAME_RULE}`;
	if (value.includes("\0"))
		return "the value contains a NUL character, which an environment variable cannot contain";
	try {
		checkSecretName(name);
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		return error.message.replace(/^The/, "the").replace(/\.$/, "");
	}
	return undefined;
}

/**
 * Selects entries, and checks their names and values.
 * @returns name → value, in the file's order
 * @throws AppError `IMPORT_NAME_INVALID` (exit 2) with every line, `IMPORT_NAME_MISSING` (exit 4) for a name of
 *   `only` that the file lacks, `IMPORT_DUPLICATE_NAME` (exit 2)
 */
export function selectEntries(
	path: string,
	entries: readonly Entry[],
	{ prefix, only }: Selection,
): Map<string, string> {
	requireNames(path, entries, only);
	const values = new Map<string, string>();
	const faults: Fault[] = [];
	const isOneLine = entries.length > 1 && entries.every(({ line }) => line === entries[0]?.line);
	for (const [index, { name, value, line }] of entries.entries()) {
		if (only && !only.includes(name)) continue;
		const entry = { name: `${prefix}${name}`, value, line };
		const fault = values.has(entry.name) ? `the name ${entry.name} is there twice` : faultOf(entry);
		const message = isOneLine && fault !== undefined ? `value ${index + 1}: ${fault}` : fault;
		if (message !== undefined) faults.push({ line, message });
		else values.set(entry.name, value);
	}
	const [first, ...others] = faults;
	if (first)
		throw importError(
			path,
			"IMPORT_NAME_INVALID",
			[first, ...others],
			"Rename or remove it in the file, or choose names with --only.",
		);
	if (values.size > LIMITS.recordsPerEnvironment)
		throw importError(
			path,
			"IMPORT_TOO_LARGE",
			[
				{
					line: 1,
					message: `the file has more than ${LIMITS.recordsPerEnvironment} names, and an environment can have no more`,
				},
			],
			"Choose names with --only.",
		);
	return values;
}

function requireNames(path: string, entries: readonly Entry[], only: readonly string[] | undefined): void {
	const found = new Set(entries.map(({ name }) => name));
	const missing = only?.filter((name) => !found.has(name)) ?? [];
	if (missing.length === 0) return;
	const names = missing.map((name) => (isSecretName(name) ? name : "(not a valid name)"));
	throw new AppError({
		code: "IMPORT_NAME_MISSING",
		message: `${printable(path, 200)} does not have ${names.join(", ")}.`,
		hint: "Check the names after --only. Nothing was changed.",
		exit: EXIT.notFound,
		names,
	});
}
