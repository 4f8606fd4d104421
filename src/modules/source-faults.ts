/** Why a source cannot be parsed, whoever finds out. Pure, and without the parser. */
import { AppError, EXIT } from "../errors.ts";

export const TOO_DEEP = "it is nested too deeply";

/** The error for a source whose tree cannot be held: flat, but of too many parts. @param bytes the source's size */
export function treeTooLarge(path: string, bytes: number): AppError {
	return new AppError({
		code: "SOURCE_TOO_LARGE",
		message: `${path} cannot be checked: its ${(bytes / 1024 / 1024).toFixed(1)} MiB of code make a larger syntax tree than fits into memory.`,
		hint: 'Keep large data in a JSON file and import it with { type: "json" }, or split the module.',
		exit: EXIT.usage,
	});
}
