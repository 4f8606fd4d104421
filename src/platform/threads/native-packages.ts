/**
 * Finds packages with native code, which a function cannot load: it runs JavaScript and WebAssembly only. Without this
 * check, a build fails with an error about a file of such a package, or a function fails at its first request.
 */
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";

/** A package.json that is larger is not read. */
const MANIFEST_BYTES_MAX = 1024 * 1024;
/** The name of a package that contains a program for one system, such as `@img/sharp-linux-x64`. */
const FOR_ONE_SYSTEM = /\b(?:linux|darwin|win32)[-.](?:x64|arm64|ia32|arm)\b/;

interface Edge {
	readonly code?: { readonly span?: { readonly start: { readonly line: number } } };
	readonly npmPackage?: string;
}

interface Graph {
	readonly modules: readonly { readonly specifier: string; readonly dependencies?: readonly Edge[] }[];
	readonly npmPackages?: Readonly<Record<string, { readonly name: string; readonly localPath?: string }>>;
}

function isRegularFile(path: string): boolean {
	return existsSync(path) && lstatSync(path).isFile();
}

function manifestOf(folder: string): { optionalDependencies?: Record<string, string> } {
	const path = join(folder, "package.json");
	if (!isRegularFile(path) || lstatSync(path).size > MANIFEST_BYTES_MAX) return {};
	try {
		return JSON.parse(readFileSync(path, "utf8")) ?? {};
	} catch {
		// Deno has reported a manifest that is not JSON already.
		return {};
	}
}

/** Whether a package contains native code, or needs another package with it. */
function isNative(folder: string): boolean {
	if (!existsSync(folder)) return false;
	// A package with such a module also works without its native code, which only makes it faster.
	if (isRegularFile(join(folder, "fallback.js"))) return false;
	if (isRegularFile(join(folder, "binding.gyp"))) return true;
	if (readdirSync(folder).some((name) => name.endsWith(".node"))) return true;
	return Object.keys(manifestOf(folder).optionalDependencies ?? {}).some((name) => FOR_ONE_SYSTEM.test(name));
}

/**
 * Rejects packages with native code that the upload's own modules import. Imports in packages are allowed, because many
 * packages try a native package and work without it.
 * @param json the output of `deno info --json`
 * @param folderOf gives the folder of a package outside of the sandbox; undefined if it is not in the cache
 * @param shown gives the path of a module for messages; undefined if it is not a module of the upload
 * @throws AppError `BUILD_NATIVE` (exit 1) with file and line of the import
 */
export function checkNativePackages(
	json: string,
	folderOf: (localPath: string) => string | undefined,
	shown: (specifier: string) => string | undefined,
): void {
	const { modules, npmPackages = {} }: Graph = JSON.parse(json);
	for (const { dependencies = [], specifier } of modules) {
		const file = shown(specifier);
		if (file === undefined) continue;
		for (const { code, npmPackage = "" } of dependencies) {
			const { localPath, name } = npmPackages[npmPackage] ?? {};
			// A package that is imported only for its types is not loaded.
			if (code === undefined || localPath === undefined || name === undefined) continue;
			const folder = folderOf(localPath);
			if (folder === undefined || !isNative(folder)) continue;
			const line = (code.span?.start.line ?? 0) + 1;
			throw new AppError({
				code: "BUILD_NATIVE",
				message: `${file}:${line} imports ${name}, which contains native code. A function runs JavaScript and WebAssembly only.`,
				hint: "Use a package without native code, such as one that is compiled to WebAssembly.",
				exit: EXIT.failure,
				line,
			});
		}
	}
}
