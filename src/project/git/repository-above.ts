/** Finds the git repository around a folder without starting git. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/**
 * The nearest folder, from this one upwards, that has a `.git`: the top of a working tree, a linked working
 * tree or a submodule. Undefined if there is none. Git itself may still refuse the repository.
 */
export function repositoryAbove(from: string): string | undefined {
	let folder = resolve(from);
	for (;;) {
		if (existsSync(join(folder, ".git"))) return folder;
		const parent = dirname(folder);
		if (parent === folder) return undefined;
		folder = parent;
	}
}

/** The folder, this one or one above it, that git itself owns: that of a bare repository, or a `.git`. */
export function gitFolderAround(from: string): string | undefined {
	let folder = resolve(from);
	for (;;) {
		// What git itself looks for.
		if (["HEAD", "objects", "refs"].every((name) => existsSync(join(folder, name)))) return folder;
		const parent = dirname(folder);
		if (parent === folder || existsSync(join(folder, ".git"))) return undefined;
		folder = parent;
	}
}
