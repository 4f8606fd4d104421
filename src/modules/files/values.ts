/**
 * The values that a path or URL of a file may have, as texts. Pure.
 *
 * The project's folder has a path that no machine has, and a part of a text that is known at run time only is one
 * private character. So the real functions of URLs and paths apply to these texts: `..`, encodings and slashes mean
 * here what they mean when the function runs.
 */
import { posix } from "node:path";

/** A part of a text that is known at run time only. It is a private character of Unicode. */
export const HOLE = "\uE000";
/** The project's folder has so many folders above it that `..` leads to one of these, and can be recognised. */
const ABOVE = "/\uE001";
const DEPTH = 64;
const ROOT = ABOVE.repeat(DEPTH);

/** A text, or an object `URL` with its `href`. */
export interface PathValue {
	readonly kind: "text" | "url";
	readonly text: string;
}

export const UNKNOWN: PathValue = { kind: "text", text: HOLE };

export function textValue(text: string): PathValue {
	// A source that contains the private characters could not be told from an unknown text.
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

/** The path of a URL of a file, as `fileURLToPath` gives it; undefined for another URL. */
export function pathOf(href: string): string | undefined {
	if (!href.startsWith("file:///")) return undefined;
	try {
		return decodeURIComponent(href.slice("file://".length).replace(/[?#].*$/s, ""));
	} catch {
		return undefined;
	}
}

/** `new URL(reference, base).href`. Undefined if it is no URL. */
export function resolveUrl(reference: string, base: string | undefined): string | undefined {
	// An unknown text at the beginning may be a URL of its own.
	if (reference.startsWith(HOLE) && base === undefined) return undefined;
	return URL.canParse(reference, base) ? new URL(reference, base).href : undefined;
}

/** Where an absolute path leads. */
export type Location =
	/** A path in the project: relative to the root, without a slash at its end. */
	| { readonly kind: "inside"; readonly path: string; readonly isFolder: boolean }
	| { readonly kind: "outside" }
	/** A path of the machine, or no path. */
	| { readonly kind: "elsewhere" };

/** Where the value leads that a function for files gets. */
export function locationOf({ kind, text }: PathValue): Location {
	const isUrl = kind === "url" || text.startsWith("file:");
	const path = isUrl ? pathOf(text) : text;
	// A path in the middle of another text is no path.
	if (path?.startsWith(ABOVE) !== true || path.lastIndexOf(ROOT) > 0) return { kind: "elsewhere" };
	const normal = posix.normalize(path);
	const isInside = normal === ROOT || normal.startsWith(`${ROOT}/`);
	if (!isInside) return { kind: "outside" };
	const inside = normal.slice(ROOT.length + 1);
	return { kind: "inside", path: inside.replace(/\/$/, ""), isFolder: /(^|\/)$/.test(inside) };
}
