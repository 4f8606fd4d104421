/** Reads the text of a `.env` file for an import: as all readers do, or as the named one does. */
import { outcomeOf } from "../../dotenv/dialects/compare.ts";
import type { Dialect } from "../../dotenv/dialects/reading.ts";
import { isSecretName } from "../../vault/syntax/secret-name.ts";
import { parseEnvText } from "../edits/secret-values.ts";
import { type Entry, type Fault, importError } from "./entries.ts";
import { ambiguousError, differencesOf } from "./readers.ts";

/**
 * Reads a text by Coffer's own rules, which are those of `dotenv` without its guesses.
 * @throws AppError `ENV_FILE_AMBIGUOUS` (exit 2) if readers of `.env` files have different values, or the
 *   errors of `parseDotenv`
 */
export function readAgreedText(path: string, text: string): Entry[] {
	const { pairs } = parseEnvText(text, path);
	const differences = differencesOf(text);
	if (differences.length > 0) throw ambiguousError(path, differences);
	return pairs;
}

/**
 * Reads a text as one reader does.
 * @throws AppError `ENV_FILE_REFUSED` (exit 2) if the reader refuses it, `ENV_FILE_VALUE_UNKNOWN` (exit 2) if
 *   a value depends on the environment or on a program
 */
export function readTextAs(dialect: Dialect, path: string, text: string): Entry[] {
	const { refusal, runs, values } = dialect.read(text);
	if (refusal !== undefined)
		throw importError(
			path,
			"ENV_FILE_REFUSED",
			[{ line: refusal.line, message: `${dialect.title} refuses the file here` }],
			"Correct the line, or name another reader with --dialect.",
		);
	const entries: Entry[] = [];
	const faults: Fault[] = runs.map((line) => ({
		line,
		message: `${dialect.title} runs this line as a program`,
	}));
	for (const [name, found] of values) {
		const outcome = outcomeOf(found);
		const { line } = found;
		if (outcome.kind === "value") entries.push({ name, value: outcome.value, line });
		else faults.push({ line, message: reasonFor(name, outcome, dialect) });
	}
	const [first, ...others] = faults.sort((one, other) => one.line - other.line);
	if (first)
		throw importError(
			path,
			"ENV_FILE_VALUE_UNKNOWN",
			[first, ...others],
			"Write the value itself into the file, or name another reader with --dialect.",
		);
	return entries;
}

function reasonFor(
	name: string,
	outcome: { readonly kind: string; readonly needs?: readonly string[] },
	{ title }: Dialect,
): string {
	const shown = isSecretName(name) ? name : "this name";
	if (outcome.kind === "runs") return `${title} runs a program to get the value of ${shown}`;
	const needs = (outcome.needs ?? []).filter(isSecretName).join(", ");
	return `the value of ${shown} comes from the environment of ${title}${needs === "" ? "" : ` (${needs})`}`;
}
