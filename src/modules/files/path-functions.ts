/** Functions of Node and of Deno's standard library that convert paths and URLs. Pure. */
import { posix } from "node:path";
import { HOLE, type PathValue, pathOf, urlOf } from "./values.ts";

const text = (value: string | undefined): PathValue | undefined =>
	value === undefined ? undefined : { kind: "text", text: value };

const FUNCTIONS: Readonly<Record<string, (...args: string[]) => PathValue | undefined>> = {
	join: (...parts) => text(posix.join(...parts)),
	resolve: (...parts) => text(resolveFrom(parts)),
	normalize: (path = "") => text(posix.normalize(path)),
	dirname: (path = "") => text(posix.dirname(path)),
	basename: (path = "", suffix) => text(posix.basename(path, suffix)),
	toNamespacedPath: (path) => text(path),
	fileURLToPath: (url = "") => text(pathOf(url)),
	fromFileUrl: (url = "") => text(pathOf(url)),
	pathToFileURL: (path = "") => url(path),
	toFileUrl: (path = "") => url(path),
};

function url(path: string): PathValue | undefined {
	const href = urlOf(path);
	return href === undefined ? undefined : { kind: "url", text: href };
}

/** A path that begins with neither a slash nor a known text is relative to the working directory. */
function resolveFrom(parts: readonly string[]): string | undefined {
	const first = parts.findLastIndex((part) => part.startsWith("/"));
	if (first < 0 || parts.slice(first + 1).some((part) => part.startsWith(HOLE) && part.length > 1))
		return undefined;
	return posix.resolve(...parts.slice(first));
}

/** Whether the module exports such functions, and whether it has one of this name. */
export function isPathFunction(module: string, name: string): boolean {
	const words = module.split(/[/:@]/);
	const isModule = words.includes("path") || words.includes("url") || words.includes("pathe");
	return isModule && Object.hasOwn(FUNCTIONS, name);
}

/** Applies a function to its arguments; undefined if the result is unknown. */
export function applyFunction(name: string, values: readonly PathValue[]): PathValue | undefined {
	return FUNCTIONS[name]?.(...values.map((value) => value.text));
}
