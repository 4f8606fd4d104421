/** The errors for sources that cannot be parsed. Pure; does not load the parser. */
import { AppError, EXIT } from "../errors.ts";

export const TOO_DEEP = "it is nested too deeply";

/** The error for a source whose syntax tree does not fit into memory. @param bytes the source's size */
export function treeTooLarge(path: string, bytes: number): AppError {
	return new AppError({
		code: "SOURCE_TOO_LARGE",
		message: `${path} cannot be checked: the syntax tree of its ${(bytes / 1024 / 1024).toFixed(1)} MiB of code does not fit into memory.`,
		hint: 'Keep large data in a JSON file and import it with { type: "json" }, or split the module.',
		exit: EXIT.usage,
	});
}
