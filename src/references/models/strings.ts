/** Strings: joining them, and the methods of strings whose result is known. */

import type { Node } from "../bundle/syntax.ts";
import { type Context, unify } from "../engine/context.ts";
import type { Solver } from "../engine/solver.ts";
import { makeValue, type Shape, type Value, type ValueSet } from "../engine/values.ts";

/** A name is at most 128 characters; what is built on the way to one may be somewhat longer. */
const TEXT_MAX = 512;

/** Feeds every combination of a left and a right value whose contexts agree. */
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

/** `left + right`. */
export function concatenate(solver: Solver, left: ValueSet, right: ValueSet, into: ValueSet) {
	combine(solver, left, right, into, (a, b) => {
		if (a.kind === "unknown") return a;
		if (b.kind === "unknown") return withPrefix(a, b.why, b.prefix);
		if (a.kind === "nothing" || b.kind === "nothing") return { kind: "nothing" };
		if (a.kind !== "string" || b.kind !== "string") return withPrefix(a, "a computed value");
		const areNumbers = a.numeric && b.numeric;
		const text = areNumbers ? String(Number(a.text) + Number(b.text)) : a.text + b.text;
		if (text.length > TEXT_MAX) return { kind: "unknown", why: "a long text" };
		return { kind: "string", text, numeric: areNumbers };
	});
}

/** A text with something unknown behind it. A number may be added to what follows, and begins nothing. */
function withPrefix(before: Shape, why: string, rest = ""): Shape {
	const prefix = before.kind === "string" && !before.numeric ? before.text + rest : "";
	return { kind: "unknown", why, prefix: prefix === "" ? undefined : prefix.slice(0, TEXT_MAX) };
}

/** What a text begins with after a method, where it began so before; undefined where that is not known. */
export function prefixAfter(method: string, prefix: string, args: readonly Node[]): string | undefined {
	if (method === "toUpperCase" || method === "toLocaleUpperCase") return prefix.toUpperCase();
	if (method === "toLowerCase" || method === "toLocaleLowerCase") return prefix.toLowerCase();
	if (["concat", "toString", "valueOf", "trimEnd", "padEnd"].includes(method)) return prefix;
	if (method !== "replace" && method !== "replaceAll") return undefined;
	const [pattern, by] = args;
	if (pattern?.type !== "Literal" || by?.type !== "Literal" || typeof by.value !== "string") return undefined;
	// Of what is longer than a character, a part may lie behind the start.
	if (typeof pattern.value === "string")
		return pattern.value.length === 1 ? prefix[method](pattern.value, by.value) : undefined;
	if (!/^(?:\\?[^\\^$[\](){}*+?|]|\\[swdSWD]|\[[^\]\\]+\])\+?$/.test(pattern.regex?.pattern ?? ""))
		return undefined;
	if (method === "replace" && !pattern.regex.flags.includes("g")) return undefined;
	return prefix.replace(new RegExp(pattern.regex.pattern, pattern.regex.flags), by.value);
}

/** The methods of strings that are followed. */
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

/** The result of a method of a string with known arguments, or undefined where it is not known. */
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
