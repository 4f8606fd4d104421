/**
 * The errors of `.env` files. No message contains a value or a part of one. A name is shown only if it is a
 * valid name, because the text of a misplaced line may be part of a value.
 */
import { AppError, EXIT } from "../errors.ts";
import { printable } from "../printable.ts";

export type FaultCode =
	| "ENV_FILE_UNTERMINATED_QUOTE"
	| "ENV_FILE_TEXT_AFTER_QUOTE"
	| "ENV_FILE_UNQUOTED_PEM"
	| "ENV_FILE_NAME_INVALID"
	| "ENV_FILE_NAME_RESERVED"
	| "ENV_FILE_DUPLICATE_NAME"
	| "ENV_FILE_TOO_MANY_NAMES"
	| "ENV_FILE_LINE_INVALID";

export interface EnvFileFault {
	/** 1-based. */
	line: number;
	code: FaultCode;
	/** A clause without its full stop. */
	message: string;
}

/** Messages of the faults whose text depends on their code alone. */
export const FAULT_MESSAGES = {
	ENV_FILE_UNTERMINATED_QUOTE: "the value's opening quote is never closed",
	ENV_FILE_TEXT_AFTER_QUOTE: "there is text after the closing quote of the value",
	ENV_FILE_UNQUOTED_PEM: "the PEM block is not quoted, so only its first line would be the value",
	ENV_FILE_NAME_INVALID:
		"the name is not valid: names are 1 to 128 letters (A-Z, a-z), digits and underscores",
	ENV_FILE_LINE_INVALID: "the line is not blank, a comment or an assignment (NAME=VALUE)",
} as const;

const HINTS: Readonly<Record<FaultCode, string>> = {
	ENV_FILE_UNTERMINATED_QUOTE:
		"Close the quote, or quote the value with another of the three quotes: ' \" `.",
	ENV_FILE_TEXT_AFTER_QUOTE: "Quote the whole value, or put a # before a comment.",
	ENV_FILE_UNQUOTED_PEM: "Put the whole block, from its first line to its last, between double quotes.",
	ENV_FILE_NAME_INVALID: "Rename it in the file.",
	ENV_FILE_NAME_RESERVED: "Remove the line from the file, or rename the secret.",
	ENV_FILE_DUPLICATE_NAME: "Keep one of the two lines.",
	ENV_FILE_TOO_MANY_NAMES: "Divide the file, and its secrets among several environments.",
	ENV_FILE_LINE_INVALID: "Write NAME=VALUE; a value of several lines needs quotes.",
};

const SHOWN_MAX = 20;

/**
 * One error for all faults of a file: its code and line are those of the first fault, its message names every
 * line (at most 20), and `data.faults` lists all faults.
 * @param faults at least one, in the order of their lines
 */
export function envFileError(file: string, faults: readonly [EnvFileFault, ...EnvFileFault[]]): AppError {
	const [first] = faults;
	const sentences = faults.slice(0, SHOWN_MAX).map(({ line, message }) => `line ${line}: ${message}.`);
	if (faults.length > SHOWN_MAX) sentences.push(`And ${faults.length - SHOWN_MAX} more.`);
	return new AppError({
		code: first.code,
		message: `${printable(file, 200)}, ${sentences.join("\n")}`,
		hint: HINTS[first.code],
		exit: EXIT.usage,
		line: first.line,
		data: { faults },
	});
}
