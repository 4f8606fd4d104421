/** `$NAME`, `${NAME…}` and `$(…)` as bash has them. Nothing is run: a command makes the value unknown. */
import type { Needs } from "./expansion.ts";

interface Replaced {
	readonly value: string;
	/** The offset after it. */
	readonly end: number;
}

const ANSI_ESCAPES: Readonly<Record<string, string>> = {
	n: "\n",
	r: "\r",
	t: "\t",
	"\\": "\\",
	"'": "'",
	'"': '"',
};

/**
 * The value of what begins with `$` or a backtick at an offset.
 * @returns undefined if it has no end, which ends the file
 */
export function expandDollar(
	source: string,
	at: number,
	needs: Needs,
	inQuotes: boolean,
): Replaced | undefined {
	if (source.charAt(at) === "`") return command(source, source.indexOf("`", at + 1), needs);
	const next = source.charAt(at + 1);
	if (next === "(") return command(source, closingParenthesis(source, at + 1), needs);
	if (next === "{") return braced(source, at, needs);
	if (!inQuotes && next === "'") return ansiQuoted(source, at);
	// `$"…"` is translated by the locale. Without a translation it is `"…"`.
	if (!inQuotes && next === '"') return { value: "", end: at + 1 };
	// A backslash at the end of a line joins it with the next one, also within a name.
	const written = /^(?:\\\n)*(?:[A-Za-z_](?:\w|\\\n)*|[0-9@*#?$!-])/.exec(
		source.slice(at + 1, at + 1_000),
	)?.[0];
	if (written === undefined) return { value: "$", end: at + 1 };
	return { value: needs.get(written.replaceAll("\\\n", "")) ?? "", end: at + 1 + written.length };
}

function command(source: string, closing: number, needs: Needs): Replaced | undefined {
	if (closing === -1 || closing >= source.length) return undefined;
	needs.include({ needs: [], runs: true });
	return { value: "", end: closing + 1 };
}

function closingParenthesis(source: string, opening: number): number {
	let depth = 0;
	for (let at = opening; at < source.length; at++) {
		if (source.charAt(at) === "(") depth++;
		else if (source.charAt(at) === ")" && --depth === 0) return at;
	}
	return -1;
}

function braced(source: string, at: number, needs: Needs): Replaced | undefined {
	const closing = source.indexOf("}", at);
	if (closing === -1) return undefined;
	const [, name, operator, text = ""] =
		/^([A-Za-z_]\w*|[0-9@*#?$!-])(?:(:?[-+])([\s\S]*))?$/.exec(source.slice(at + 2, closing)) ?? [];
	const end = closing + 1;
	// Any other form, or a default that has quotes or variables, is taken to be unknown.
	if (name === undefined || /[$`\\'"{]/.test(text)) {
		needs.include({ needs: [], runs: true });
		return { value: "", end };
	}
	const found = needs.get(name);
	if (operator === undefined) return { value: found ?? "", end };
	const isThere = operator.startsWith(":") ? found !== undefined && found !== "" : found !== undefined;
	if (operator.endsWith("+")) return { value: isThere ? text : "", end };
	return { value: isThere ? (found ?? "") : text, end };
}

function ansiQuoted(source: string, at: number): Replaced | undefined {
	const match = /^\$'((?:\\[\s\S]|[^'\\])*)'/.exec(source.slice(at));
	if (match === null) return undefined;
	const [whole, text = ""] = match;
	const value = text.replace(/\\([\s\S])/g, (written, next: string) => ANSI_ESCAPES[next] ?? written);
	return { value, end: at + whole.length };
}
