/** Which readers of `.env` files a command compares, and what it says where they differ. */
import { Flags } from "@oclif/core";
import { DIALECTS, ENV_READERS } from "../../dotenv/dialects/all.ts";
import { compareReaders, type Difference } from "../../dotenv/dialects/compare.ts";
import { describeSides } from "../../dotenv/dialects/describe.ts";
import type { Dialect } from "../../dotenv/dialects/reading.ts";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";

/** The largest text that is read as every reader does, in characters. */
export const COMPARED_MAX = 4 * 1024 * 1024;

const SHOWN_MAX = 20;

/** `--dialect`, for commands that read a file as one reader does. */
export const dialectFlag = Flags.string({
	description: "reader of .env files, whose rules count",
	options: DIALECTS.map(({ name }) => name),
	helpValue: "NAME",
});

/** The reader of a name that `--dialect` allows. */
export function dialectNamed(name: string): Dialect {
	const found = DIALECTS.find((dialect) => dialect.name === name);
	if (found === undefined) throw new TypeError("The flag allows only names of readers.");
	return found;
}

/** @throws AppError `FILE_TOO_LARGE` (exit 1) */
export function requireComparable(path: string, text: string): void {
	if (text.length <= COMPARED_MAX) return;
	throw new AppError({
		code: "FILE_TOO_LARGE",
		message: `Cannot read ${printable(path, 200)}: it has ${text.length} characters, and the limit is ${COMPARED_MAX}.`,
		hint: "Check that it is the right file.",
		exit: EXIT.failure,
	});
}

/** The names of readers in a sentence. */
export function titlesOf(readers: readonly Dialect[]): string {
	return readers.map(({ title }) => title).join(", ");
}

/** `line 3, API_KEY: dotenv, Node: a value; Deno: nothing`. */
function sentenceOf({ line, name, sides }: Difference): string {
	const clauses = describeSides(sides);
	const parts = sides.map(({ readers }, index) => `${titlesOf(readers)}: ${clauses[index]}`);
	return `line ${line}, ${name}: ${parts.join("; ")}`;
}

/** The error for lines that readers read differently. Its line is that of the first. */
export function ambiguousError(path: string, differences: readonly Difference[]): AppError {
	const shown = differences.slice(0, SHOWN_MAX).map((difference) => `  ${sentenceOf(difference)}.`);
	if (differences.length > SHOWN_MAX) shown.push(`  And ${differences.length - SHOWN_MAX} more.`);
	const first = differences[0];
	return new AppError({
		code: "ENV_FILE_AMBIGUOUS",
		message: `Readers of .env files do not agree on ${printable(path, 200)}:\n${shown.join("\n")}`,
		hint: "Name the reader that the file is written for: --dialect NAME. 'coffer secrets check FILE --reveal' shows the values. Nothing was changed.",
		exit: EXIT.usage,
		...(first === undefined ? {} : { line: first.line }),
	});
}

/** The lines on which readers of `.env` files have different values. Readers that refuse the file do not count. */
export function differencesOf(text: string): readonly Difference[] {
	return compareReaders(text, ENV_READERS).differences;
}
