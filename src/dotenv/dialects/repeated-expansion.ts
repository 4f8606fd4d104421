/** How Next, dotenvx and Bun replace `$NAME`: again and again, or from the end. */
import { type Expansion, Needs } from "./expansion.ts";

/** After this many replacements in one value, a reader that replaces again and again is taken to have no end. */
const REPLACEMENTS_MAX = 1_000;

/** Next (`dotenv-expand` in it): replaces the last `$` of a value until none is left, also in single quotes. */
export const nextExpansion: Expansion = {
	when: "at the end",
	expand: (value, lookup) => {
		const needs = new Needs(lookup);
		let text = value;
		for (let count = 0; ; count++) {
			if (count > REPLACEMENTS_MAX) return undefined;
			const last = lastDollar(text);
			if (last === -1) break;
			const match = /(?<!\\)\$\{?(\w+)(?::-([^}\\]*))?\}?/.exec(text.slice(last));
			if (match === null) break;
			const [whole, name = "", other] = match;
			// A default counts before what the file sets.
			// Next passes the value to `replace` as it is, so `$$` in it becomes `$`.
			text = text.replace(whole, other || needs.get(name) || "");
		}
		return needs.expanded(text.replaceAll("\\$", "$"));
	},
};

function lastDollar(text: string): number {
	let at = text.lastIndexOf("$");
	while (at > 0 && text.charAt(at - 1) === "\\") at = text.lastIndexOf("$", at - 1);
	return at;
}

/** A variable in a value that was in single quotes. dotenvx stops at it. */
const NAMED = /\$\{[^}]+\}|\$[A-Za-z_][A-Za-z0-9_]*/;

/** dotenvx: `${NAME}` with the operators of shells, `$NAME`, and `$(…)`, which it runs. Not in single quotes. */
export const dotenvxExpansion: Expansion = {
	when: "at once",
	expand: (value, lookup) => {
		const needs = new Needs(lookup);
		if (/\$\(/.test(value) && value.includes(")", value.indexOf("$("))) return needs.expanded(value, true);
		let text = value;
		for (let count = 0; ; count++) {
			if (count > REPLACEMENTS_MAX) return undefined;
			const match = /(?<!\\)\$\{([^{}]+)\}|(?<!\\)\$([A-Za-z_][A-Za-z0-9_]*)/.exec(text);
			if (match === null) break;
			const [whole, braced, plain] = match;
			const [name, replacement] = dotenvxReplacement(braced ?? plain ?? "", needs);
			text = text.replace(whole, replacement);
			const found = lookup(name);
			if (text === found?.value || (found?.isLiteral && NAMED.test(found.value))) break;
		}
		return needs.expanded(text.replaceAll("\\$", "$"));
	},
};

function dotenvxReplacement(expression: string, needs: Needs): [name: string, replacement: string] {
	const operator = /:\+|\+|:-|-/.exec(expression)?.[0];
	if (operator === undefined) return [expression, needs.get(expression) ?? ""];
	const [name = "", ...rest] = expression.split(operator);
	const other = rest.join(operator);
	const found = needs.get(name);
	if (operator === ":-") return [name, found || other];
	if (operator === "-") return [name, found ?? other];
	if (operator === ":+") return [name, found ? other : ""];
	return [name, found === undefined ? "" : other];
}

/** Bun: from the last `$` to the first, also in single quotes. What a variable brings is not expanded again. */
export const bunExpansion: Expansion = {
	when: "at the end",
	expand: (value, lookup) => {
		const needs = new Needs(lookup);
		let tail = "";
		let last = value.length;
		for (let at = value.length - 1; at >= 0; at--) {
			if (value.charAt(at) !== "$") continue;
			if (value.charAt(at - 1) === "\\") {
				tail = value.slice(at, last) + tail;
				at--;
			} else {
				const { replacement, end } = bunReplacement(value, at, needs);
				tail = replacement + value.slice(end, last) + tail;
			}
			last = at;
		}
		return needs.expanded(value.slice(0, last) + tail);
	},
};

function bunReplacement(value: string, at: number, needs: Needs): { replacement: string; end: number } {
	const pattern = /\$(?:\{([A-Za-z0-9_]+)(?::-([^}\\]*))?\}|([A-Za-z0-9_]+))/y;
	pattern.lastIndex = at;
	const match = pattern.exec(value);
	if (match === null) return { replacement: "$", end: at + 1 };
	const [whole, braced, other = "", plain] = match;
	const name = braced ?? plain ?? "";
	return { replacement: needs.get(name) ?? other, end: at + whole.length };
}
