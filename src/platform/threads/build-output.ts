/**
 * Reads and checks the module graph and the bundles of a build. They may be large, so this runs in other processes
 * (`../build/check/bundle-reader.ts`).
 */
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { utf8 } from "../../bytes.ts";
import { hash, toBase64 } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { alignedMap } from "../../references/bundle/line-shift.ts";
import { BundleParser } from "../../references/bundle/program-parts.ts";
import { cleaner } from "./build-failure.ts";
import { placedBundle, placeModules } from "./module-places.ts";
import { checkNativePackages } from "./native-packages.ts";
import { packageFiles } from "./package-files.ts";
import { checkGraph, checkPackages, checkSourceMap } from "./verify-build.ts";

/**
 * Imports what changes the globals of a worker (`../runtime/host/node/worker.ts`). Imports run first wherever they are,
 * and at the end it moves no line of the source map.
 */
const WORKER_IMPORT = '\nimport "coffer:worker";\n';

/** A module graph, and the build that it must match. */
export interface GraphRequest {
	readonly entry: string;
	/** The paths of the files that the bundler saw. */
	readonly paths: readonly string[];
	/** The names of the project's own packages. */
	readonly localNames: readonly string[];
	/** The output of `deno info --json`. */
	readonly graph: string;
	/** The paths of the build's folder and of the cache inside the sandbox. */
	readonly root: { readonly build: string; readonly cache: string };
	/** The path of the cache outside of the sandbox. */
	readonly cache: string;
	/** Texts that no message may contain. */
	readonly secrets: readonly string[];
}

/** A bundle, and the build that it must match. */
export interface OutputRequest extends Pick<GraphRequest, "entry" | "paths" | "root" | "cache"> {
	/** The path of the build's folder outside of the sandbox. */
	readonly folder: string;
	/** Whether it is the bundle of a worker. */
	readonly isWorker?: boolean | undefined;
	/** The path of the bundle in `out/` of that folder. */
	readonly output: string;
	/** The maximum size of the bundle. */
	readonly bytesMax: number;
}

export interface Output {
	readonly code: Uint8Array;
	/** The BLAKE2b-256 hash of the code in url-safe base64. */
	readonly hash: string;
	/** The source map as JSON in UTF-8. */
	readonly sourceMap: Uint8Array;
	/** The files of packages that the bundle reads when it runs: path below the folder of files, content. */
	readonly files: readonly (readonly [path: string, content: Uint8Array])[];
}

/**
 * Checks the module graph of a build.
 * @throws AppError the errors of `checkGraph`, `checkPackages` and `checkNativePackages`
 */
export function checkGraphText({
	cache,
	entry,
	graph,
	localNames,
	paths,
	root,
	secrets,
}: GraphRequest): void {
	const files = new Set(paths);
	checkGraph(graph, { entry, files }, root, cleaner(root.build, secrets));
	checkPackages(graph, entry, new Set(localNames));
	checkNativePackages(
		graph,
		(path) => (path.startsWith(`${root.cache}/`) ? join(cache, path.slice(root.cache.length)) : undefined),
		(specifier) => {
			if (!specifier.startsWith("file:")) return undefined;
			const path = decodeURIComponent(new URL(specifier).pathname).slice(`${root.build}/src/`.length);
			return files.has(path) ? path : undefined;
		},
	);
}

/** The result of reading a bundle. */
export interface ReadOutput {
	readonly output: Output;
	/**
	 * The bundle and its map as the bundler wrote them, to be analysed. The source map does not cover code that was added
	 * after that.
	 */
	readonly written: { readonly code: Uint8Array; readonly sourceMap: string };
}

/**
 * Reads the bundle and its source map, and gives each module its own location.
 * @param parser keeps the modules that bundles have in common
 * @throws AppError `BUILD_FAILED` if one is not a regular file, `BUILD_TOO_LARGE`, `BUILD_ESCAPE`, `BUNDLE_UNPARSABLE`
 *   (all exit 1)
 */
export function readOutput(request: OutputRequest, parser = new BundleParser(0)): ReadOutput {
	const { bytesMax, cache, entry, folder, isWorker, output, paths, root } = request;
	const written = readFileSync(ownPath(folder, output, bytesMax, entry));
	const map = readFileSync(ownPath(folder, `${output}.map`, 2 * bytesMax, entry), "utf8");
	const built = { entry, files: new Set(paths) };
	const sourceMap = checkSourceMap(map, built, { ...root, map: posix.dirname(output) }, cache);
	const text = written.toString("utf8");
	const placed = placedBundle(text, root, parser);
	const moved = placed === undefined ? text : placeModules(text, placed, { entry, isWorker });
	const code = isWorker ? utf8(moved + WORKER_IMPORT) : placed === undefined ? written : utf8(moved);
	const files = placed === undefined ? [] : packageFiles(placed, cache);
	const checked = { code, hash: toBase64(hash(code)), sourceMap: utf8(alignedMap(text, sourceMap)), files };
	return { output: checked, written: { code: written, sourceMap } };
}

/**
 * The path of a file of the build. Links are rejected, so that the build cannot choose which file the platform reads.
 */
function ownPath(folder: string, name: string, bytesMax: number, entry: string): string {
	const path = join(realpathSync(folder), "out", name);
	const isOwn = existsSync(path) && realpathSync(path) === path && statSync(path).isFile();
	if (!isOwn) {
		const message = `${entry} does not build: the bundler wrote no bundle.`;
		throw new AppError({
			code: "BUILD_FAILED",
			message,
			hint: "Check that the entry is a module.",
			exit: EXIT.failure,
		});
	}
	if (statSync(path).size <= bytesMax) return path;
	const message = `The bundle of ${entry} is larger than ${bytesMax / 1024 / 1024} MB.`;
	const hint = "Import less, or smaller packages.";
	throw new AppError({ code: "BUILD_TOO_LARGE", message, hint, exit: EXIT.failure });
}
