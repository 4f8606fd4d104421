/** Models of strings: concatenation, and methods whose result can be computed. */
import type { Node } from "../bundle/syntax.ts";
import { type Context, unify } from "../engine/context.ts";
import type { Solver } from "../engine/solver.ts";
import { makeValue, type Shape, type Value, type ValueSet } from "../engine/values.ts";

/**
 * The longest string that is kept. Names have at most 128 characters; what they are made from may be longer.
 */
const TEXT_MAX = 512;

/** Adds the result for every combination of a left and a right value whose contexts unify. */
export function combine(
	solver: Solver,
	left: ValueSet,
	right: ValueSet,
	into: ValueSet,
	make: (left: Value, right: Value) => Shape,
) {
	solver.onValue(left, (a) =>
		solver.onValue(right, (b) => {
			const context: Context | undefined = unify(a.context, b.context);
			if (context !== undefined) solver.add(into, makeValue(make(a, b), context, a.reportAt ?? b.reportAt));
		}),
	);
}

/** `left + right` */
export function concatenate(solver: Solver, left: ValueSet, right: ValueSet, into: ValueSet) {
	combine(solver, left, right, into, (a, b) => {
		if (a.kind === "unknown") return a;
		if (b.kind === "unknown") return withPrefix(a, b.why, b.prefix);
		const [left, right] = [textOf(a), textOf(b)];
		// A text with the word "undefined" in it is no name that anybody gives a secret.
		if (left === null || right === null) return { kind: "nothing" };
		if (left === undefined || right === undefined) return withPrefix(a, "a computed value");
		const areNumbers = isNumber(a) && isNumber(b);
		const text = areNumbers ? String(Number(left) + Number(right)) : left + right;
		if (text.length > TEXT_MAX) return { kind: "unknown", why: "a string of more than 512 characters" };
		return { kind: "string", text, numeric: areNumbers };
	});
}

/** The text of a value within a string; null for `undefined` and `null`, undefined where it is not known. */
function textOf(value: Value): string | null | undefined {
	if (value.kind === "string") return value.text;
	return value.kind === "nothing" ? (value.text ?? null) : undefined;
}

function isNumber(value: Value): boolean {
	return value.kind === "string" && value.numeric;
}

/**
 * A value with something unknown behind it: it has the value as prefix. A number has none, since `+` may add
 * to it.
 */
function withPrefix(before: Shape, why: string, rest = ""): Shape {
	const prefix = before.kind === "string" && !before.numeric ? before.text + rest : "";
	return { kind: "unknown", why, prefix: prefix === "" ? undefined : prefix.slice(0, TEXT_MAX) };
}

/**
 * What a string begins with after a method was called on it.
 * @param prefix what it began with before
 * @returns undefined where that is not known
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

/** The methods of strings that are modelled. */
export const STRING_METHODS = new Set([
	"toUpperCase",
	"toLowerCase",
	"toLocaleUpperCase",
	"toLocaleLowerCase",
	"trim",
	"trimStart",
	"trimEnd",
	"toString",
	"valueOf",
	"normalize",
	"concat",
	"slice",
	"substring",
	"substr",
	"charAt",
	"at",
	"padStart",
	"padEnd",
	"repeat",
	"replace",
	"replaceAll",
	"split",
]);

/**
 * Runs a method on a string.
 * @returns undefined where the result is unknown, too long or not a string or an array of strings
 */
export function applyStringMethod(
	method: string,
	text: string,
	args: readonly (string | RegExp)[],
): string | string[] | undefined {
	if (text.length > TEXT_MAX || !args.every((arg) => typeof arg !== "string" || arg.length <= TEXT_MAX))
		return undefined;
	if (method === "replace" || method === "replaceAll") return replaced(method, text, args);
	if (method === "split") {
		const parts = args[0] === undefined ? [text] : text.split(args[0]);
		return parts.length > 256 ? undefined : parts;
	}
	const texts = args.filter((arg) => typeof arg === "string");
	if (texts.length !== args.length) return undefined;
	const size = method === "repeat" || method.startsWith("pad") ? Number(texts[0]) : 0;
	if (!(size >= 0 && size <= 128)) return undefined;
	const implementation = (String.prototype as unknown as Record<string, (...rest: unknown[]) => unknown>)[
		method
	];
	const result = implementation?.apply(text, method === "concat" ? texts : texts.map((arg) => numberOr(arg)));
	return typeof result === "string" ? result : undefined;
}

function replaced(method: string, text: string, args: readonly (string | RegExp)[]): string | undefined {
	const [pattern, replacement] = args;
	if (pattern === undefined || typeof replacement !== "string") return undefined;
	if (typeof pattern !== "string" && method === "replaceAll" && !pattern.global) return undefined;
	return method === "replace" ? text.replace(pattern, replacement) : text.replaceAll(pattern, replacement);
}

function numberOr(text: string): string | number {
	return /^-?\d+$/.test(text) ? Number(text) : text;
}
