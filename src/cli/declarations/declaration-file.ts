/** Writes and compares the file of `coffer types`. */
import { FILE_BYTES } from "../../bounded-file.ts";
import { fromUtf8 } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { readWhole, replaceFile } from "../../project/files/atomic-file.ts";
import { FIRST_LINE } from "./declaration-text.ts";

/** The file's name if the user gives none; it is in the project's root. */
export const DECLARATION_FILE = "coffer-env.d.ts";

/** @throws AppError `TYPES_PATH_INVALID` (exit 2) for a path that is no declaration file */
export function requireDeclarationPath(path: string): void {
	if (path.endsWith(".d.ts")) return;
	throw new AppError({
		code: "TYPES_PATH_INVALID",
		message: `${printable(path, 200)} is no path of a declaration file.`,
		hint: "Choose a path that ends in .d.ts.",
		exit: EXIT.usage,
	});
}

/**
 * Reads the file. Git may have written its line ends as CR LF.
 * @returns undefined if there is no file
 * @throws AppError `TYPES_FILE_FOREIGN` (exit 5) for a file that `coffer types` did not write; `FILE_UNREADABLE`,
 *   `FILE_TOO_LARGE` (exit 1)
 */
export async function readDeclarations(path: string): Promise<string | undefined> {
	const bytes = await readWhole(path, FILE_BYTES.env);
	if (bytes === undefined) return undefined;
	const text = fromUtf8(bytes)?.replaceAll("\r\n", "\n") ?? "";
	if (text.startsWith(`${FIRST_LINE}\n`)) return text;
	throw new AppError({
		code: "TYPES_FILE_FOREIGN",
		message: `${printable(path, 200)} was not written by 'coffer types'.`,
		hint: "Nothing was written. Choose another path (--out FILE), or move the file away.",
		exit: EXIT.conflict,
	});
}

/** Replaces the file. @throws AppError `FILE_UNWRITABLE`, `FILE_UNSYNCED` (exit 1) */
export async function writeDeclarations(path: string, text: string): Promise<void> {
	await replaceFile(path, text, { mode: 0o644 });
}

/** @throws AppError `TYPES_STALE` (exit 1) always */
export function refuseStale(path: string, isMissing: boolean): never {
	const shown = printable(path, 200);
	throw new AppError({
		code: "TYPES_STALE",
		message: isMissing ? `${shown} does not exist.` : `${shown} does not have the names of the vault.`,
		hint: "Write it again with 'coffer types' and the same flags, and commit it.",
		exit: EXIT.failure,
	});
}
