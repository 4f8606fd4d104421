/**
 * Warnings about values that Next changes. If a `.env` file of Next has the name of a variable that was set outside, the
 * variable wins, but Next expands `$NAME` in it as in a line of the file: of `pa$word`, `pa` is left
 * (`findings/next-env-real-variables.sh`, @next/env 16.4.6).
 */
import { join } from "node:path";
import { FILE_BYTES, readBoundedSync } from "../../bounded-file.ts";
import { interpret } from "../../dotenv/dialects/grammar.ts";
import { nextExpansion } from "../../dotenv/dialects/repeated-expansion.ts";
import { nextGrammar } from "../../dotenv/dialects/tables/javascript.ts";

/** The files that Next reads in its folder, by its documentation. */
const FILES = ["", ".development", ".production", ".test"].flatMap((mode) => [
	`.env${mode}`,
	`.env${mode}.local`,
]);

function namesIn(path: string): ReadonlySet<string> {
	try {
		const source = readBoundedSync(path, FILE_BYTES.env, { links: true }).toString("utf8");
		return new Set(interpret(nextGrammar, source).values.keys());
	} catch {
		// Most of the files do not exist. One that cannot be read is no reason to stop the command.
		return new Set();
	}
}

function isChanged(value: string): boolean {
	return value.includes("$") && nextExpansion.expand(value, () => undefined)?.value !== value;
}

/**
 * Warnings about the variables that Next would change if it ran in a folder.
 * @param values name → value, as the program gets them
 * @param folder absolute path
 * @returns a text for each `.env` file with such names. No value is in it.
 */
export function nextWarnings(values: ReadonlyMap<string, string>, folder: string): string[] {
	const changed = [...values].flatMap(([name, value]) => (isChanged(value) ? [name] : []));
	if (changed.length === 0) return [];
	return FILES.flatMap((file) => {
		const names = namesIn(join(folder, file));
		const both = changed.filter((name) => names.has(name));
		if (both.length === 0) return [];
		return [
			`${file} assigns ${both.join(", ")} too. Next would then replace the parts that begin with $ in the values from the vault. If the command starts Next, remove these lines from ${file}.`,
		];
	});
}
