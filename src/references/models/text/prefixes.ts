/** Models of methods of strings of which only the beginning is known. */
import type { Node } from "../../bundle/syntax.ts";

/**
 * The prefix of a string after a method was called on it.
 * @param prefix its prefix before the call
 * @returns undefined if it is unknown
 */
export function prefixAfter(method: string, prefix: string, args: readonly Node[]): string | undefined {
	if (method === "toUpperCase" || method === "toLocaleUpperCase") return prefix.toUpperCase();
	if (method === "toLowerCase" || method === "toLocaleLowerCase") return prefix.toLowerCase();
	if (["concat", "toString", "valueOf", "trimEnd", "padEnd"].includes(method)) return prefix;
	if (method !== "replace" && method !== "replaceAll") return undefined;
	const [pattern, by] = args;
	if (pattern?.type !== "Literal" || by?.type !== "Literal" || typeof by.value !== "string") return undefined;
	// A longer search string may match across the end of the prefix.
	if (typeof pattern.value === "string")
		return pattern.value.length === 1 ? prefix[method](pattern.value, by.value) : undefined;
	if (!/^(?:\\?[^\\^$[\](){}*+?|]|\\[swdSWD]|\[[^\]\\]+\])\+?$/.test(pattern.regex?.pattern ?? ""))
		return undefined;
	if (method === "replace" && !pattern.regex.flags.includes("g")) return undefined;
	return prefix.replace(new RegExp(pattern.regex.pattern, pattern.regex.flags), by.value);
}
