/**
 * Paths inside a project or an upload: relative, POSIX, without `.` and `..`. Pure.
 */

/** The folder of the functions in a Base44 project. */
export const BASE44_FUNCTIONS = "base44/functions";
/** The folder of the functions in a Supabase project. */
export const SUPABASE_FUNCTIONS = "supabase/functions";

/** The folder of a path, "" for the root. */
export function directoryOf(path: string): string {
	return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** All folders from the root ("") down to the one that contains the path. */
export function ancestorsOf(path: string): string[] {
	const segments = path.split("/").slice(0, -1);
	return ["", ...segments.map((_, index) => segments.slice(0, index + 1).join("/"))];
}

/** Joins a folder ("" for the root) and a name. */
export function join(directory: string, name: string): string {
	return directory === "" ? name : `${directory}/${name}`;
}

/**
 * Resolves a relative URL reference (`./a.ts`, `../b/c.ts?x`) against a folder, as a module loader does. Drops the query
 * and the fragment, and decodes percent-encodings. Keeps a trailing slash.
 * @returns the path; undefined if it leads out of the root or does not decode to a valid path
 */
export function resolvePath(directory: string, reference: string): string | undefined {
	const path = reference.replace(/[?#].*$/s, "");
	const out = directory === "" ? [] : directory.split("/");
	for (const encoded of path.split("/")) {
		const segment = decode(encoded);
		if (segment === undefined || /[/\\\0]/.test(segment)) return undefined;
		// In a URL, `..` also removes an empty segment. File systems ignore empty segments, so they are dropped below.
		if (segment === "..") {
			if (out.pop() === undefined) return undefined;
		} else if (segment !== ".") out.push(segment);
	}
	const isFolder = /(^|\/)$/.test(path);
	const joined = out.filter((segment) => segment !== "").join("/");
	return isFolder && joined !== "" ? `${joined}/` : joined;
}

function decode(segment: string): string | undefined {
	try {
		return decodeURIComponent(segment);
	} catch {
		return undefined;
	}
}

/** Whether a path has an extension of JavaScript or TypeScript. */
export function isCode(path: string): boolean {
	return /\.[cm]?[jt]sx?$/i.test(path);
}

/** Whether a path has the extension of WebAssembly. */
export function isWasm(path: string): boolean {
	return /\.wasm$/i.test(path);
}
