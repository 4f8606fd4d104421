/** The errors for imports that cannot be followed. Pure. */
import { AppError, EXIT } from "../errors.ts";
import { PATTERNS_MAX } from "./limits.ts";

export interface ImportSite {
	specifier: string;
	/** The module that contains the import, and the 1-based line. */
	file: string;
	line: number;
}

/** The error for an import that is not allowed. @param why a clause that ends the message */
export function importError(code: string, at: ImportSite, why: string, hint: string): AppError {
	const shown = JSON.stringify(at.specifier.length > 200 ? `${at.specifier.slice(0, 200)}…` : at.specifier);
	const message = `${at.file}:${at.line} imports ${shown}: ${why}.`;
	return new AppError({ code, message, hint, exit: EXIT.usage, line: at.line });
}

export function outsideProject(at: ImportSite): AppError {
	const hint = "Import by a relative path, and keep every module of a function inside the project.";
	return importError("IMPORT_OUTSIDE", at, "this path leads out of the project", hint);
}

export function tooManyPatterns(file: string, line: number): AppError {
	return new AppError({
		code: "IMPORT_UNSUPPORTED",
		message: `${file}:${line} exceeds the limit of ${PATTERNS_MAX} imports whose names are known only at run time.`,
		hint: "Write the names of the imports out, or load data at run time.",
		exit: EXIT.usage,
		line,
	});
}

export function unmapped(at: ImportSite): AppError {
	const hint = `Add it to the imports of deno.json, or write "npm:${at.specifier}" or "jsr:…".`;
	return importError("IMPORT_UNMAPPED", at, "no import map contains this name", hint);
}
