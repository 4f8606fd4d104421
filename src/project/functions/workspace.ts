/** Lists the folders that can be workspace members, and finds the workspace that contains a project. Reads only. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { readBoundedSync } from "../../bounded-file.ts";
import { AppError } from "../../errors.ts";
import { FILE_BYTES_MAX } from "../../modules/limits.ts";
import { Manifests } from "../../modules/packages/manifests.ts";
import { membersAt, namesOf } from "../../modules/packages/members.ts";

/** The names of the folders in a folder, links to folders included, without hidden folders and `node_modules`. */
export function foldersIn(path: string): string[] {
	try {
		return readdirSync(path, { withFileTypes: true })
			.filter((item) => item.isDirectory() || (item.isSymbolicLink() && isFolder(join(path, item.name))))
			.map(({ name }) => name)
			.filter((name) => !name.startsWith(".") && name !== "node_modules")
			.sort();
	} catch {
		return [];
	}
}

function isFolder(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function readIfThere(path: string): Uint8Array | undefined {
	try {
		return readBoundedSync(path, FILE_BYTES_MAX, { links: true });
	} catch {
		return undefined;
	}
}

/**
 * The members of surrounding workspaces that are not in the project. Their names are also names of local code,
 * which an upload of the project cannot contain. Searches up to the folder that holds `.git`.
 * @param root absolute path of the project's folder
 * @returns the member's folder, relative to the project, by name
 */
export function membersAbove(root: string): Map<string, string> {
	const found = new Map<string, string>();
	for (let folder = root; !existsSync(join(folder, ".git")) && dirname(folder) !== folder; ) {
		folder = dirname(folder);
		for (const [name, path] of membersOutside(folder, root)) if (!found.has(name)) found.set(name, path);
	}
	return found;
}

function membersOutside(folder: string, root: string): [string, string][] {
	const port = {
		read: (path: string) => readIfThere(join(folder, path)),
		folders: (path: string) => foldersIn(join(folder, path)),
	};
	try {
		return membersAt("", new Manifests(port)).flatMap((member) => {
			const path = join(folder, member.folder);
			const isInside = path === root || path.startsWith(root + sep);
			return isInside ? [] : namesOf(member).map((name): [string, string] => [name, relative(root, path)]);
		});
	} catch (error) {
		// An invalid file above the project is not a fault of the project.
		if (error instanceof AppError) return [];
		throw error;
	}
}
