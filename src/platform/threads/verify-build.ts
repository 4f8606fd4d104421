/**
 * Checks which files a build used. This is the last of three checks: the imports are checked before the build, and the
 * sandbox limits the build itself.
 *
 * Two sources are checked, because neither is complete. Deno's module graph lists every module except those inside npm
 * packages, including unused modules and types. The source map lists everything that is in the bundle. Only a comment in
 * a file itself can give it another name in the source map, and an uploader cannot add such a comment to a file of the
 * platform.
 */
import { existsSync, realpathSync, statSync } from "node:fs";
import { posix, sep } from "node:path";
import { AppError, EXIT } from "../../errors.ts";

interface Built {
	entry: string;
	/** The paths of the files that the bundler saw. */
	files: ReadonlySet<string>;
}

/** The paths of the build's folder and of the cache inside the sandbox. */
interface Root {
	build: string;
	cache: string;
}

function escaped(entry: string, path: string): AppError {
	return new AppError({
		code: "BUILD_ESCAPE",
		message: `${entry} would bundle ${JSON.stringify(path)}, which is not in the upload.`,
		hint: "Import only modules of the project and packages from a registry.",
		exit: EXIT.failure,
	});
}

interface GraphModule {
	specifier: string;
	local?: string;
	error?: string;
	dependencies?: { specifier: string; code?: { specifier?: string; span?: { start: { line: number } } } }[];
}

/**
 * Checks the module graph of a build.
 * @param json the output of `deno info --json`
 * @throws AppError `BUILD_ESCAPE` (exit 1) if a module of the graph is a file that is not in the upload;
 *   `BUILD_FAILED` (exit 1) with file and line of the import, if a module could not be loaded
 */
export function checkGraph(
	json: string,
	{ entry, files }: Built,
	root: Root,
	clean: (text: string) => string,
): void {
	const { modules, roots = [] } = JSON.parse(json) as { modules: GraphModule[]; roots?: string[] };
	for (const { specifier, local } of modules) {
		if (!specifier.startsWith("file:")) {
			if (local !== undefined && !isWithin(local, root.cache)) throw escaped(entry, specifier);
			continue;
		}
		const path = decodeURIComponent(new URL(specifier).pathname);
		const own = path.startsWith(`${root.build}/src/`) ? path.slice(root.build.length + 5) : undefined;
		// A missing module that is imported only for a type is listed too. The import is erased, and no file was read.
		const isMissing = own !== undefined && local === undefined;
		if (own === undefined || !(isMissing || files.has(own))) throw escaped(entry, path);
	}
	for (const { specifier, error } of modules) {
		if (error !== undefined) checkImporters(specifier, clean(error), modules, clean, entry);
		// Without its root, a graph lists no packages, so the checks of packages would find nothing.
		if (error !== undefined && roots.includes(specifier)) throw entryFailed(entry, clean(error));
	}
}

/**
 * Checks the sources of packages. A registry's package may depend on a name that the project uses for its own package.
 * @param json the output of `deno info --json`
 * @param localNames the names of the project's own packages
 * @throws AppError `BUILD_LOCAL_NAME` (exit 1) if a registry's package of such a name is in the graph
 */
export function checkPackages(json: string, entry: string, localNames: ReadonlySet<string>): void {
	const { modules, npmPackages = {} } = JSON.parse(json) as {
		modules: GraphModule[];
		npmPackages?: Record<string, { name: string; dependencies: readonly string[] }>;
	};
	const packages = Object.values(npmPackages);
	const npm = packages.find(({ name }) => localNames.has(name));
	const jsr = modules.map(({ specifier }) => /^https:\/\/jsr\.io\/(@[^/]+\/[^/]+)\//.exec(specifier)?.[1]);
	const name = npm?.name ?? jsr.find((one) => one !== undefined && localNames.has(one));
	if (name === undefined) return;
	const wanting = packages.find(({ dependencies }) =>
		dependencies.some((id) => npmPackages[id]?.name === name),
	);
	const by = wanting === undefined ? "" : `, on which ${wanting.name} depends`;
	throw new AppError({
		code: "BUILD_LOCAL_NAME",
		message: `${entry} would bundle ${name} from a registry${by}; the project has its own package with this name.`,
		hint: "Rename the project's package, or remove imports that depend on the registry's package.",
		exit: EXIT.failure,
	});
}

/** Throws an error for a module that could not be loaded, unless it is imported only for types. */
function checkImporters(
	specifier: string,
	error: string,
	modules: readonly GraphModule[],
	clean: (text: string) => string,
	entry: string,
): void {
	for (const importer of modules) {
		const { code } = importer.dependencies?.find((edge) => edge.code?.specifier === specifier) ?? {};
		if (code === undefined) continue;
		const line = (code.span?.start.line ?? 0) + 1;
		throw new AppError({
			code: "BUILD_FAILED",
			message: `${clean(importer.specifier)}:${line}: ${error.split("\n")[0]}`,
			hint: "Correct the import. If it is correct, check that the platform can download it, and try again.",
			exit: EXIT.failure,
			line,
		});
	}
	if (clean(specifier) === entry) throw entryFailed(entry, error);
}

function entryFailed(entry: string, error: string): AppError {
	return new AppError({
		code: "BUILD_FAILED",
		message: `${entry}: ${error}`,
		hint: "Correct the module and deploy again.",
		exit: EXIT.failure,
	});
}

/**
 * Checks the source map of a bundle.
 * @param json the source map
 * @param root its `map` is the folder of the map in `out/` of the build's folder; sources are relative to it
 * @param cache the path of the package cache outside of the sandbox
 * @returns the source map with names of sources that are meaningful outside of the sandbox
 * @throws AppError `BUILD_ESCAPE` (exit 1) if a source is an existing file outside of upload and cache
 */
export function checkSourceMap(
	json: string,
	{ entry, files }: Built,
	root: Root & { readonly map: string },
	cache: string,
): string {
	const map = JSON.parse(json) as { sources: string[] };
	map.sources = map.sources.map((source) => {
		if (/^[a-z][a-z0-9+.-]+:/i.test(source)) return source;
		const path = posix.resolve(`${root.build}/out`, root.map, source);
		if (isWithin(path, `${root.build}/src`)) {
			const own = path.slice(root.build.length + 5);
			if (!files.has(own) && existsSync(path)) throw escaped(entry, own);
			return own.replace(/^\.coffer\//, "coffer:");
		}
		if (isWithin(path, root.cache)) {
			const inside = path.slice(root.cache.length + 1);
			if (leavesCache(`${cache}/${inside}`, cache)) throw escaped(entry, inside);
			return inside.replace(/^npm\/.+?\/((?:@[^/]+\/)?[^/@]+)\/(\d[^/]*)\/(.+)$/, "npm:$1@$2/$3");
		}
		if (existsSync(path) && statSync(path).isFile()) throw escaped(entry, path);
		return `unknown:${posix.basename(path)}`;
	});
	return JSON.stringify(map);
}

function leavesCache(path: string, cache: string): boolean {
	return existsSync(path) && !isWithin(realpathSync(path), realpathSync(cache));
}

function isWithin(path: string, directory: string): boolean {
	return path === directory || path.startsWith(directory + sep);
}
