/** What a build wrote, read and checked. It may be large, and is done with in a thread (`./compute.ts`). */
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { hash, toBase64 } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { cleaner } from "./build-failure.ts";
import { checkGraph, checkPackages, checkSourceMap } from "./verify-build.ts";

export interface OutputRequest {
	readonly entry: string;
	/** The paths of the files that the bundler saw. */
	readonly paths: readonly string[];
	/** Names of packages that are the project's own. */
	readonly localNames: readonly string[];
	/** What `deno info --json` printed. */
	readonly graph: string;
	/** The build's folder, and the cache, as the build saw them. */
	readonly root: { readonly build: string; readonly cache: string };
	/** The same as they are. */
	readonly folder: string;
	readonly cache: string;
	/** Texts that no message may hold. */
	readonly secrets: readonly string[];
	/** The bundle's size at most. */
	readonly bytesMax: number;
}

export interface Output {
	readonly code: Uint8Array;
	/** Of the code: BLAKE2b-256, url-safe base64. */
	readonly hash: string;
	/** JSON. */
	readonly sourceMap: string;
	/** The same in UTF-8. */
	readonly sourceMapBytes: Uint8Array;
}

/** `checkGraph` for a build. @throws AppError as it does */
export function checkGraphText({ entry, graph, localNames, paths, root, secrets }: OutputRequest): void {
	checkGraph(graph, { entry, files: new Set(paths) }, root, cleaner(root.build, secrets));
	checkPackages(graph, entry, new Set(localNames));
}

/** Where the bundle lies, if it is a file that the build made. @throws AppError `BUILD_FAILED`, `BUILD_TOO_LARGE` (exit 1) */
export function bundlePath({ bytesMax, entry, folder }: OutputRequest): string {
	return ownPath(folder, "bundle.js", bytesMax, entry);
}

/**
 * Reads the bundle and its source map.
 * @throws AppError `BUILD_FAILED`, `BUILD_TOO_LARGE`, `BUILD_ESCAPE` (exit 1)
 */
export function readOutput(request: OutputRequest): Output {
	const { bytesMax, cache, entry, folder, paths, root } = request;
	// Copied out of what Node may give to others, so that it can be given away.
	const code = new Uint8Array(readFileSync(bundlePath(request)));
	const map = readFileSync(ownPath(folder, "bundle.js.map", 2 * bytesMax, entry), "utf8");
	const sourceMap = checkSourceMap(map, { entry, files: new Set(paths) }, root, cache);
	const sourceMapBytes = new TextEncoder().encode(sourceMap);
	return { code, hash: toBase64(hash(code)), sourceMap, sourceMapBytes };
}

/** No link in its place is followed: the build may not choose what the platform reads. */
function ownPath(folder: string, name: string, bytesMax: number, entry: string): string {
	const path = join(realpathSync(folder), "out", name);
	const isOwn = existsSync(path) && realpathSync(path) === path && statSync(path).isFile();
	if (!isOwn) {
		const message = `${entry} does not build: the bundler wrote no bundle.`;
		throw new AppError({
			code: "BUILD_FAILED",
			message,
			hint: "See that the entry is a module.",
			exit: EXIT.failure,
		});
	}
	if (statSync(path).size <= bytesMax) return path;
	const message = `The bundle of ${entry} is larger than ${bytesMax / 1024 / 1024} MB.`;
	const hint = "Import less, or smaller packages.";
	throw new AppError({ code: "BUILD_TOO_LARGE", message, hint, exit: EXIT.failure });
}
