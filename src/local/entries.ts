/** Chooses the modules to analyse: any files, or the functions of a project. */
import { existsSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { AppError, EXIT } from "../errors.ts";
import type { FunctionFile } from "../modules/function-settings.ts";
import { BASE44_FUNCTIONS, SUPABASE_FUNCTIONS } from "../modules/paths.ts";
import { findRoot } from "../project/files/project-root.ts";
import { chooseEntries } from "../project/functions/choose.ts";
import { discoverProject } from "../project/functions/discover.ts";
import { functionFileOf } from "../project/functions/settings.ts";

export interface Entry {
	/** The function's name in the result. */
	readonly function: string;
	/** Absolute path of the module. */
	readonly path: string;
	/** Path of its `function.jsonc`, relative to the project's root, if it has one. */
	readonly settings?: string | undefined;
	/** The content of its `function.jsonc`. */
	readonly file?: FunctionFile | undefined;
	/** The form in which an absolute path is shown. */
	show(path: string): string;
}

/**
 * Files as functions, with the names that the user gave. A file that is given twice is used once.
 * @param folder for relative paths
 * @throws AppError `ENTRY_NOT_FOUND` (exit 4), `ENTRY_NOT_A_FILE` (exit 2)
 */
export function entriesOf(files: readonly string[], folder: string): Entry[] {
	return [...new Set(files)].map((file) => {
		const path = resolve(folder, file);
		const stat = statSync(path, { throwIfNoEntry: false });
		if (stat === undefined)
			throw new AppError({
				code: "ENTRY_NOT_FOUND",
				message: `There is no file ${file}.`,
				hint: "Name the function's entry module.",
				exit: EXIT.notFound,
			});
		if (!stat.isFile())
			throw new AppError({
				code: "ENTRY_NOT_A_FILE",
				message: `${file} is not a file.`,
				hint: `Name its entry module, such as ${join(file, "index.ts")}.`,
				exit: EXIT.usage,
			});
		const show = file.startsWith("/") ? (shown: string) => shown : (shown: string) => relative(folder, shown);
		return { function: file, path, show };
	});
}

/**
 * The functions of the project around a folder, or the named ones.
 * @throws AppError `PROJECT_NOT_FOUND`, `FUNCTION_NOT_FOUND` (exit 4), and what `discoverProject` throws
 */
export async function projectEntries(
	folder: string,
	names: readonly string[],
): Promise<{ root: string; entries: Entry[] }> {
	const root = findRoot(folder) ?? folderWithFunctions(folder);
	if (root === undefined)
		throw new AppError({
			code: "PROJECT_NOT_FOUND",
			message: "Neither this folder nor one above it contains a project or a folder functions/.",
			hint: "Go to the project's folder, or name files with --entry.",
			exit: EXIT.notFound,
		});
	const found = await discoverProject(root);
	const chosen = names.length === 0 ? found.functions : chooseEntries(found, names);
	const show = (path: string) => relative(root, path);
	return {
		root,
		entries: chosen.map((one) => ({
			function: one.name,
			path: join(root, one.entry),
			settings: one.settings,
			file: functionFileOf(root, one),
			show,
		})),
	};
}

function folderWithFunctions(folder: string): string | undefined {
	const isProject = [BASE44_FUNCTIONS, SUPABASE_FUNCTIONS].some((path) => existsSync(join(folder, path)));
	// In a project of another product, the folder of the functions is in a folder of that product.
	const isOfProduct = /^(base44|supabase)$/.test(basename(folder));
	if (isProject || (!isOfProduct && existsSync(join(folder, "functions")))) return folder;
	const parent = dirname(folder);
	return parent === folder ? undefined : folderWithFunctions(parent);
}
