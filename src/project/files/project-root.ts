/** Finds the project: the nearest folder, from here upwards, that contains `coffer.vault` or `coffer.json`. */
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { printable, shellWord } from "../../printable.ts";

export const VAULT_FILE = "coffer.vault";
export const CONFIG_FILE = "coffer.json";

/**
 * The folder that the command was started in.
 * @throws AppError `FOLDER_GONE` (exit 4) if it was deleted
 */
export function currentFolder(): string {
	try {
		return process.cwd();
	} catch (error) {
		throw new AppError({
			code: "FOLDER_GONE",
			message: "The folder in which this command was started no longer exists.",
			hint: "Go to another folder (cd), or to the new one of the same name (cd .), and run it again.",
			exit: EXIT.notFound,
			cause: error,
		});
	}
}

/** The project's root at or above a folder, as a real path; undefined if there is none. */
export function findRoot(from: string): string | undefined {
	let folder = realpathSync(from);
	for (;;) {
		if (existsSync(join(folder, VAULT_FILE)) || existsSync(join(folder, CONFIG_FILE))) return folder;
		const parent = dirname(folder);
		if (parent === folder) return undefined;
		folder = parent;
	}
}

/** A command that names files of the project's folder, so that it works in the user's folder, which may be below it. */
export function fromHere(command: string, root: string): string {
	const way = relative(realpathSync(currentFolder()), root);
	return way === "" ? command : `(cd ${printable(shellWord(way), 300)} && ${command})`;
}

/** How deep the packages of a repository usually are: `packages/NAME`. */
const PACKAGE_DEPTH = 2;
/** The most folders that are searched for vaults of packages. */
const FOLDERS_MAX = 1000;

/** The names of the folders in one that may be packages; none if it cannot be read. */
function foldersIn(path: string): string[] {
	try {
		const entries = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
		return entries.map(({ name }) => name).filter((name) => !/^\.|^node_modules$/.test(name));
	} catch {
		// The search only serves a hint.
		return [];
	}
}

/** The folders below one that have a vault, as the packages of a repository may, relative to it; sorted. */
function vaultsBelow(top: string): string[] {
	const found: string[] = [];
	let left = FOLDERS_MAX;
	const search = (path: string, depth: number) => {
		for (const entry of foldersIn(join(top, path))) {
			if (left-- <= 0) return;
			const below = join(path, entry);
			if (existsSync(join(top, below, VAULT_FILE))) found.push(below);
			else if (depth > 1) search(below, depth - 1);
		}
	};
	search("", PACKAGE_DEPTH);
	return found.sort();
}

/** @throws AppError `PROJECT_NOT_FOUND` (exit 4) */
export function requireRoot(from: string): string {
	const root = findRoot(from);
	if (root !== undefined) return root;
	const [first, ...more] = vaultsBelow(from);
	throw new AppError({
		code: "PROJECT_NOT_FOUND",
		message: `No ${VAULT_FILE} in this folder or above it.`,
		hint:
			first === undefined
				? "Run 'coffer init' in the project's root folder first."
				: `There is one in ${printable(first, 300)}${more.length > 0 ? `, and in ${more.length} more of the folders below` : ""}: cd ${printable(shellWord(first), 300)}. To create one for all of them, here: coffer init`,
		exit: EXIT.notFound,
	});
}
