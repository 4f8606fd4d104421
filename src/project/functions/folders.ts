/** Lists the folders of a project. Links are followed as long as they stay in the project. */
import { type Dirent, readdirSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { AppError, EXIT } from "../../errors.ts";

export interface Child {
	path: string;
	isDirectory: boolean;
}

/**
 * The entries of a folder that may belong to a function, sorted. Links are followed only inside the root.
 * @param isAside whether to leave out an entry with this name
 * @throws AppError `SOURCE_OUTSIDE` (exit 2)
 */
export function children(root: string, directory: string, isAside: (segment: string) => boolean): Child[] {
	checkInside(root, directory);
	return readFolder(join(root, directory))
		.filter(({ name }) => !isAside(name))
		.sort((a, b) => (a.name < b.name ? -1 : 1))
		.flatMap((item): Child[] => {
			const path = `${directory}/${item.name}`;
			if (item.isSymbolicLink()) {
				const target = checkInside(root, path);
				return target === undefined ? [] : [{ path, isDirectory: statSync(target).isDirectory() }];
			}
			return item.isDirectory() || item.isFile() ? [{ path, isDirectory: item.isDirectory() }] : [];
		});
}

/** The real path; undefined if nothing exists at the path. */
export function checkInside(root: string, path: string): string | undefined {
	const target = realPath(join(root, path));
	if (target === undefined || target.startsWith(root + sep)) return target;
	const hint = "Replace the link with the files themselves.";
	const message = `${path} is a link that leads out of the project.`;
	throw new AppError({ code: "SOURCE_OUTSIDE", message, hint, exit: EXIT.usage });
}

function readFolder(path: string): Dirent[] {
	try {
		return readdirSync(path, { withFileTypes: true });
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
		throw error;
	}
}

function realPath(path: string): string | undefined {
	try {
		return realpathSync(path);
	} catch {
		return undefined;
	}
}
