/**
 * Whether a folder is in a git repository at all, without starting git.
 */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/**
 * The nearest folder, this one or above it, that has a `.git`: the top of a working tree, of a linked one or of a
 * submodule. Undefined where there is none. Git itself may still refuse what is there.
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
