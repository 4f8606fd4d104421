/**
 * Chooses between the two entry points of npm packages without `exports`: `main`, which Node loads, and `module`, which is
 * for bundlers and has the syntax of ES modules. Deno's bundler always takes `module`. A `require` of it returns a
 * namespace, where the caller expects what `main` exports, which is often a function.
 *
 * The rule is that of esbuild when it resolves by itself: `module`, except for a package that the same build also loads
 * with `require`. Two copies of one package would not know each other's classes and state.
 * Source: https://esbuild.github.io/api/#main-fields
 */
import { posix } from "node:path";

/** The fields of a package.json that are read here. */
export interface PackageManifest {
	readonly main?: unknown;
	readonly module?: unknown;
	readonly exports?: unknown;
	readonly name?: unknown;
}

/** The files of packages. Paths are absolute. */
export interface PackageFiles {
	/** The package.json of a folder. A missing or broken one is empty. */
	manifestOf(folder: string): PackageManifest;
	/** Whether a path is a file, and inside of a folder also when links are followed. */
	isFile(path: string, folder: string): boolean;
	/** The text of a file that exists. */
	textOf(path: string): string;
}

/** A folder whose package.json has both entry points. */
export interface TwoEntryPoints {
	readonly folder: string;
	/** The path of the module that Node loads. */
	readonly main: string;
}

/** The endings that `require` tries. */
const ENDINGS = ["", ".js", ".json"];
const BARE = /^(?:npm:\/?)?(?:@[^/]+\/)?[^/]+(?:\/(.+))?$/;
/** The endings that Deno and esbuild try for `module`. */
const MODULE_ENDINGS = [...ENDINGS, ".mjs", "/index.js"];

/**
 * Finds a module by its path, as Node's `require` does: with an ending, or by the `main` or the index of a folder. A
 * `main` may be outside of its folder.
 * @param folder the package's folder
 * @returns undefined if there is none inside of the package
 */
export function requiredFile(path: string, folder: string, files: PackageFiles): string | undefined {
	const withEnding = (start: string) =>
		ENDINGS.map((ending) => start + ending).find((file) => files.isFile(file, folder));
	const { main } = files.manifestOf(path);
	const named = typeof main === "string" && main !== "" ? posix.resolve(path, `./${main}`) : path;
	return withEnding(path) ?? withEnding(named) ?? withEnding(`${named}/index`) ?? withEnding(`${path}/index`);
}

/**
 * Whether a module can be in a bundle. TypeScript's UMD modules give `require` to a function, and their calls of it
 * would fail: esbuild does not see them.
 */
function isBundled(file: string, files: PackageFiles): boolean {
	return !files.textOf(file).includes("factory(require, exports)");
}

/**
 * The folder through whose `module` a bundler found a file.
 * @param imported the text of the import, and the folder of the module that has it
 * @param found the file
 * @param root the folder of the package that contains the file
 * @returns undefined if it was found otherwise, or if Node would load the same file, none, or one that cannot be bundled
 */
export function moduleOf(
	imported: { readonly path: string; readonly resolveDir: string },
	found: string,
	root: string,
	files: PackageFiles,
): TwoEntryPoints | undefined {
	const folder = folderOf(imported, root, files);
	// Most imports name a file.
	if (folder === undefined || ENDINGS.some((ending) => folder + ending === found)) return undefined;
	const { module } = files.manifestOf(folder);
	if (typeof module !== "string") return undefined;
	const named = posix.resolve(folder, module);
	if (!MODULE_ENDINGS.some((ending) => named + ending === found)) return undefined;
	const main = requiredFile(folder, root, files);
	return main === undefined || main === found || !isBundled(main, files) ? undefined : { folder, main };
}

/** The folder that an import names, if it names one. */
function folderOf(
	{ path, resolveDir }: { readonly path: string; readonly resolveDir: string },
	root: string,
	files: PackageFiles,
): string | undefined {
	if (/^\.\.?(?:\/|$)/.test(path)) return posix.resolve(resolveDir, path);
	const within = BARE.exec(path);
	// `exports` decides where the name of a package leads.
	if (within === null || files.manifestOf(root).exports !== undefined) return undefined;
	return posix.join(root, within[1] ?? "");
}

/** The entry points that one build uses. */
export class EntryPoints {
	/** The folders whose `main` all imports of this build load. */
	readonly #onlyMain = new Set<string>();
	/** The folders whose `module` was imported, and those that were loaded with `require`. */
	readonly #imported = new Set<string>();
	readonly #required = new Set<string>();

	/**
	 * @param kind the kind of the import, in esbuild's words
	 * @returns whether the import loads `main`
	 */
	isMain({ folder }: TwoEntryPoints, kind: string): boolean {
		const isRequired = kind.startsWith("require");
		(isRequired ? this.#required : this.#imported).add(folder);
		return isRequired || this.#onlyMain.has(folder);
	}

	/** Call it after a build that failed: what it used says nothing about the next one. */
	forget(): void {
		this.#imported.clear();
		this.#required.clear();
	}

	/**
	 * Call it at the end of a build that succeeded.
	 * @returns whether the build used both entry points of a folder; the next one will not
	 */
	unify(): boolean {
		const both = [...this.#required].filter(
			(folder) => this.#imported.has(folder) && !this.#onlyMain.has(folder),
		);
		for (const folder of both) this.#onlyMain.add(folder);
		this.forget();
		return both.length > 0;
	}
}
