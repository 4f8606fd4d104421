/** Chooses a project's functions by name. */
import { AppError, EXIT } from "../../errors.ts";
import type { FunctionEntry } from "./discover.ts";

/**
 * The functions with these names; all if there are no names. @throws AppError `FUNCTION_NOT_FOUND` (exit 4),
 * `NO_FUNCTIONS` (exit 4)
 */
export function chooseEntries(found: readonly FunctionEntry[], names: readonly string[]): FunctionEntry[] {
	if (names.length === 0) {
		if (found.length > 0) return [...found];
		throw new AppError({
			code: "NO_FUNCTIONS",
			message: "This project has no functions.",
			hint: "A function is functions/NAME/index.ts (or entry.ts, main.ts), or functions/NAME.ts; in a Base44 project, base44/functions/NAME/entry.ts.",
			exit: EXIT.notFound,
		});
	}
	const known = new Map(found.map((entry) => [entry.name, entry]));
	const absent = names.filter((name) => !known.has(name));
	if (absent.length === 0) return [...new Set(names)].flatMap((name) => known.get(name) ?? []);
	throw new AppError({
		code: "FUNCTION_NOT_FOUND",
		message: `This project has no function ${absent.join(", ")}.`,
		hint: `It has: ${[...known.keys()].join(", ") || "none"}. Nothing was done.`,
		exit: EXIT.notFound,
	});
}
