/** Chooses a project's functions by name. */
import { AppError, EXIT } from "../../errors.ts";
import { unknownFunctions } from "../../modules/function-name.ts";
import type { ProjectFunctions } from "./discover.ts";
import type { FunctionEntry } from "./function-entry.ts";

/**
 * The functions with these names; all if there are no names. @throws AppError `FUNCTION_NOT_FOUND`,
 * `FUNCTION_DISABLED`, `NO_FUNCTIONS` (exit 4)
 */
export function chooseEntries(found: ProjectFunctions, names: readonly string[]): FunctionEntry[] {
	const { functions } = found;
	if (names.length === 0) {
		if (functions.length > 0) return [...functions];
		throw noFunctions(found);
	}
	const known = new Map(functions.map((entry) => [entry.name, entry]));
	const disabled = found.disabled.find(({ name }) => names.includes(name));
	if (disabled !== undefined)
		throw new AppError({
			code: "FUNCTION_DISABLED",
			message: `${disabled.file}:${disabled.line} disables the function "${disabled.name}" (enabled = false).`,
			hint: "Enable it there to deploy it. Nothing was done.",
			exit: EXIT.notFound,
		});
	const absent = names.filter((name) => !known.has(name));
	if (absent.length === 0) return [...new Set(names)].flatMap((name) => known.get(name) ?? []);
	throw new AppError({
		code: "FUNCTION_NOT_FOUND",
		message: `This project has no function ${unknownFunctions(absent)}.`,
		hint: `It has: ${[...known.keys()].join(", ") || "none"}. Nothing was done.`,
		exit: EXIT.notFound,
	});
}

function noFunctions({ disabled, folder }: ProjectFunctions): AppError {
	const where = folder === undefined ? "This project" : `${folder}, the folder that coffer.json names,`;
	const forms =
		"A function is functions/NAME/index.ts (or entry.ts, main.ts), or functions/NAME.ts; in a Base44 project, base44/functions/NAME/entry.ts; in a Supabase project, supabase/functions/NAME/index.ts.";
	return new AppError({
		code: "NO_FUNCTIONS",
		message: `${where} has no functions${disabled.length > 0 ? " that are enabled" : ""}.`,
		hint:
			disabled.length > 0
				? `Disabled in ${disabled[0]?.file}: ${disabled.map(({ name }) => name).join(", ")}.`
				: forms,
		exit: EXIT.notFound,
	});
}
