/** Finds the git repository around a folder without starting git. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

type Variables = Readonly<Record<string, string>>;

/** Variables that say where a repository is. Git reads relative paths in them from the folder in which it is started. */
const PLACES = ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"];

/** Whether GIT_DIR names the repository. Git then looks for no `.git`, in whatever folder it is started. */
export function isNamed(variables: Variables): boolean {
	return (variables["GIT_DIR"] ?? "") !== "";
}

/** The variables without those that name a repository, so that git looks for a `.git`. */
export function unnamed(variables: Variables): Variables {
	const dropped = new Set([...PLACES, "GIT_INDEX_FILE", "GIT_ALTERNATE_OBJECT_DIRECTORIES"]);
	return Object.fromEntries(Object.entries(variables).filter(([name]) => !dropped.has(name)));
}

/**
 * The variables with whole paths to the repository that they name, so that git finds it from every folder.
 * @param from the folder that relative paths begin at. It is asked for only if there is one
 */
export function withWholePaths(variables: Variables, from: () => string): Variables {
	const given = PLACES.filter((name) => (variables[name] ?? "") !== "");
	const isWhole = given.every((name) => resolve(variables[name] ?? "") === variables[name]);
	if (isWhole) return variables;
	return {
		...variables,
		...Object.fromEntries(given.map((name) => [name, resolve(from(), variables[name] ?? "")])),
	};
}

/** Whether git may find a repository around a folder. Git itself may still refuse it. */
export function mayHaveRepository({
	folder,
	variables,
}: {
	readonly folder: string;
	readonly variables: Variables;
}): boolean {
	return isNamed(variables) || repositoryAbove(folder) !== undefined;
}

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
