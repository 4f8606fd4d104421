/**
 * The abstract values of paths and URLs, as strings. Pure.
 *
 * The project's folder gets a path that exists on no machine, and a part that is known at run time only becomes one
 * private character. So the real functions for URLs and paths work on these strings: `..`, encodings and slashes have
 * the same meaning as when the function runs.
 */
import { posix } from "node:path";

/** A part of a text that is known at run time only. It is a private character of Unicode. */
export const HOLE = "\uE000";
/**
 * A folder above the project's folder. There are so many that a path with `..` ends in one of them and is recognised.
 */
const ABOVE = "/\uE001";
const DEPTH = 64;
const ROOT = ABOVE.repeat(DEPTH);

/** A string, or a `URL` object with its `href`. */
export interface PathValue {
	readonly kind: "text" | "url";
	readonly text: string;
}

export const UNKNOWN: PathValue = { kind: "text", text: HOLE };

export function textValue(text: string): PathValue {
	// A private character in the source could not be distinguished from an unknown part.
	return { kind: "text", text: /[\uE000\uE001]/.test(text) ? HOLE : text };
}

/** The path of a file of the project, as the function's code sees it. @param path relative to the root */
export function absolutePath(path: string): string {
	return path === "" ? ROOT : `${ROOT}/${path}`;
}

/** The URL of an absolute path, as `pathToFileURL` gives it. */
export function urlOf(path: string): string | undefined {
	if (!path.startsWith("/")) return undefined;
	const url = new URL("file:///");
	url.pathname = path.replaceAll("%", "%25").replaceAll("\\", "%5C");
	return url.href;
}

/**
 * The path of a URL of a file, as `fileURLToPath` gives it; undefined for another URL. A URL may have one slash in place
 * of three: code that gives a URL to `join` gets this.
 */
export function pathOf(href: string): string | undefined {
	const path = /^file:(?:\/\/)?(\/(?!\/)[^?#]*)/.exec(href)?.[1];
	if (path === undefined) return undefined;
	try {
		return decodeURIComponent(path);
	} catch {
		return undefined;
	}
}

/** `new URL(reference, base).href`. Undefined if it is no URL. */
export function resolveUrl(reference: string, base: string | undefined): string | undefined {
	// An unknown beginning may be a complete URL.
	if (reference.startsWith(HOLE) && base === undefined) return undefined;
	return URL.canParse(reference, base) ? new URL(reference, base).href : undefined;
}

/** The location of an absolute path. */
export type Location =
	/** A path in the project: relative to the root, without a slash at its end. */
	| { readonly kind: "inside"; readonly path: string; readonly isFolder: boolean }
	| { readonly kind: "outside" }
	/** Another path of the machine, or not a path. */
	| { readonly kind: "elsewhere" };

/** The location of a path that is passed to a function for files. */
export function locationOf({ kind, text }: PathValue): Location {
	const isUrl = kind === "url" || text.startsWith("file:");
	const path = isUrl ? pathOf(text) : text;
	// A project path in the middle of another string is not a path.
	if (path?.startsWith(ABOVE) !== true || path.lastIndexOf(ROOT) > 0) return { kind: "elsewhere" };
	const normal = posix.normalize(path);
	const isInside = normal === ROOT || normal.startsWith(`${ROOT}/`);
	if (!isInside) return { kind: "outside" };
	const inside = normal.slice(ROOT.length + 1);
	return { kind: "inside", path: inside.replace(/\/$/, ""), isFolder: /(^|\/)$/.test(inside) };
}
