/** Chooses the modules to analyse: any files, or the functions of a project. */
import { existsSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { AppError, EXIT } from "../errors.ts";
import { findRoot } from "../project/files/project-root.ts";
import { chooseEntries } from "../project/functions/choose.ts";
import { discoverFunctions } from "../project/functions/discover.ts";

export interface Entry {
	/** The function's name in the result. */
	readonly function: string;
	/** Absolute path of the module. */
	readonly path: string;
	/** Path of its `function.jsonc`, relative to the project's root, if it has one. */
	readonly settings?: string | undefined;
	/** The form in which an absolute path is shown. */
	show(path: string): string;
}

/**
 * Files as functions, named as they were given. A file that is given twice counts once.
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
				message: `${file} is no file.`,
				hint: `Name its entry module, such as ${join(file, "index.ts")}.`,
				exit: EXIT.usage,
			});
		const show = file.startsWith("/") ? (shown: string) => shown : (shown: string) => relative(folder, shown);
		return { function: file, path, show };
	});
}

/**
 * The functions of the project around a folder, or the named ones.
 * @throws AppError `PROJECT_NOT_FOUND`, `FUNCTION_NOT_FOUND` (exit 4), and what `discoverFunctions` throws
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
	const found = await discoverFunctions(root);
	const chosen = names.length === 0 ? found : chooseEntries(found, names);
	const show = (path: string) => relative(root, path);
	return {
		root,
		entries: chosen.map(({ name, entry, settings }) => ({
			function: name,
			path: join(root, entry),
			settings,
			show,
		})),
	};
}

function folderWithFunctions(folder: string): string | undefined {
	if (existsSync(join(folder, "functions"))) return folder;
	const parent = dirname(folder);
	return parent === folder ? undefined : folderWithFunctions(parent);
}
