/** Finds modules in the packages of the cache, as Node's `require` does. */
import { posix } from "node:path";

/** The endings that `require` tries. */
const ENDINGS = ["", ".js", ".json"];

interface Manifest {
	readonly main?: unknown;
	readonly exports?: unknown;
	readonly name?: unknown;
}

/** The package.json of a folder. A missing or broken one is empty. */
export function manifestOf(folder: string): Manifest {
	try {
		return JSON.parse(Deno.readTextFileSync(`${folder}/package.json`)) ?? {};
	} catch {
		return {};
	}
}

/** Whether a file exists inside of a folder. */
function isFile(file: string, folder: string): boolean {
	try {
		const isInside = Deno.realPathSync(file).startsWith(`${Deno.realPathSync(folder)}/`);
		return isInside && Deno.statSync(file).isFile;
	} catch {
		return false;
	}
}

/**
 * Finds a module by its path: with an ending, or by the `main` or the index of a folder. A `main` may be outside of its
 * folder. @returns undefined if there is none inside of the package
 * @param folder the package's folder
 */
export function requiredFile(path: string, folder: string): string | undefined {
	const withEnding = (start: string) =>
		ENDINGS.map((ending) => start + ending).find((file) => isFile(file, folder));
	const { main } = manifestOf(path);
	const named = typeof main === "string" && main !== "" ? posix.resolve(path, `./${main}`) : path;
	return withEnding(path) ?? withEnding(named) ?? withEnding(`${named}/index`) ?? withEnding(`${path}/index`);
}

/** The folder of the package that contains a file. @param cache Deno's cache */
export function packageOf(path: string, cache: string): string | undefined {
	const packages = `${cache}/npm/`;
	if (!path.startsWith(packages)) return undefined;
	const folder = /^.+?\/(?:@[^/]+\/)?[^/@]+\/\d[^/]*(?=\/)/.exec(path.slice(packages.length))?.[0];
	return folder && packages + folder;
}
