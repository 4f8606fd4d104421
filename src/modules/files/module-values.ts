/** The values of the properties of `import.meta` and of URLs. Pure. */
import { absolutePath, type PathValue, pathOf, UNKNOWN, urlOf } from "./values.ts";

/** A longer string is not a path. The length includes the project's folder. */
const LENGTH_MAX = 4096;

/** The value of a location property of `import.meta`. @param module its path, relative to the root */
export function moduleLocation(module: string, key: string): PathValue {
	const path = absolutePath(module);
	if (key === "url") return textValueOf(urlOf(path) ?? "");
	if (key === "filename") return textValueOf(path);
	if (key !== "dirname") return UNKNOWN;
	const cut = module.lastIndexOf("/");
	return textValueOf(absolutePath(cut < 0 ? "" : module.slice(0, cut)));
}

export function textValueOf(text: string): PathValue {
	return { kind: "text", text };
}

export function join(values: readonly PathValue[]): PathValue {
	return textValueOf(values.map(({ text }) => text).join(""));
}

export function urlProperty({ kind, text }: PathValue, key: string): PathValue {
	if (kind !== "url") return UNKNOWN;
	if (key === "href") return textValueOf(text);
	if (key !== "pathname") return UNKNOWN;
	// Code that reads `pathname` gets a percent-encoded path, which is wrong in Deno too. The file that it means is used
	// here.
	return textValueOf(pathOf(text) ?? text);
}

export function isTooLong({ text }: PathValue): boolean {
	return text.length > LENGTH_MAX;
}
