/** The values of `import.meta`, and of what is read from URLs. Pure. */
import { absolutePath, type PathValue, pathOf, UNKNOWN, urlOf } from "./values.ts";

/** A longer text is no path. The path of the project's folder is a part of it. */
const LENGTH_MAX = 4096;

/** A property of `import.meta` that says where a module is. @param module its path, relative to the root */
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
	// A path with an encoding is not the path of the file. That is a fault of the code, which Deno shows too.
	return textValueOf(pathOf(text) ?? text);
}

export function isTooLong({ text }: PathValue): boolean {
	return text.length > LENGTH_MAX;
}
