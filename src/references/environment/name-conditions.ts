/**
 * Derives the prefixes of a name from conditions on it. Every function here returns the possible prefixes, and
 * undefined if the name may begin otherwise.
 */
import type { Scopes } from "../bundle/scopes.ts";
import { isFunction, type Node, staticKey } from "../bundle/syntax.ts";
import { constantTexts, nameVariable, onlyResult, refersTo, unionIfAllKnown } from "./listing-syntax.ts";

/** A quantifier after a letter: the letter may be absent or repeated. */
const QUANTIFIER = /[?*{]/;

/** The prefixes of a name for which a condition is false: `!a`, and `!a || b`. */
export function prefixesIfFalse(scopes: Scopes, test: Node, name: Node): string[] | undefined {
	if (test.type === "UnaryExpression" && test.operator === "!")
		return prefixesIfTrue(scopes, test.argument, name);
	if (test.type !== "LogicalExpression" || test.operator !== "||") return undefined;
	const left = prefixesIfFalse(scopes, test.left, name);
	if (left !== undefined || !onlyInspects(scopes, test.left, name)) return left;
	return prefixesIfFalse(scopes, test.right, name);
}

/** The prefixes of a name for which a condition is true. */
export function prefixesIfTrue(scopes: Scopes, test: Node | undefined, name: Node): string[] | undefined {
	switch (test?.type) {
		case "LogicalExpression": {
			const left = prefixesIfTrue(scopes, test.left, name);
			if (test.operator === "&&" && left !== undefined) return left;
			if (test.operator === "&&" && !onlyInspects(scopes, test.left, name)) return undefined;
			const right = prefixesIfTrue(scopes, test.right, name);
			return test.operator === "&&" ? right : unionIfAllKnown([left, right]);
		}
		case "BinaryExpression":
			return test.operator === "===" || test.operator === "=="
				? prefixesOfEquality(scopes, test, name)
				: undefined;
		case "CallExpression":
			return prefixesOfCall(scopes, test, name);
		default:
			return undefined;
	}
}

/** `name.slice(0, 2) === "A_"` and `name.indexOf("A_") === 0`. */
function prefixesOfEquality(scopes: Scopes, { left, right }: Node, name: Node): string[] | undefined {
	if (left.type === "CallExpression" && left.callee.type === "MemberExpression") {
		const method = staticKey(left.callee.property, left.callee.computed);
		const [first] = left.arguments as Node[];
		if (!refersTo(scopes, left.callee.object, name) || first === undefined) return undefined;
		if (method === "indexOf" && right.value === 0) return constantTexts(scopes, first);
		const isCut = method === "slice" || method === "substring";
		return isCut && first.value === 0 ? constantTexts(scopes, right) : undefined;
	}
	return undefined;
}

/** `name.startsWith("A_")`, `/^A_/.test(name)`, `["A_", "B_"].some((prefix) => name.startsWith(prefix))`. */
function prefixesOfCall(scopes: Scopes, call: Node, name: Node): string[] | undefined {
	if (call.callee.type !== "MemberExpression") return undefined;
	const { object, property, computed } = call.callee;
	const method = staticKey(property, computed);
	const [first, second] = call.arguments as Node[];
	if (first === undefined) return undefined;
	if (method === "startsWith" && second === undefined && refersTo(scopes, object, name))
		return constantTexts(scopes, first);
	if (method === "test" && object.type === "Literal" && object.regex && refersTo(scopes, first, name))
		return prefixesOfRegExp(object.regex);
	if (method !== "some" || !isFunction(first)) return undefined;
	const inner = onlyResult(first);
	const prefix = nameVariable(scopes, (first.params as Node[])[0]);
	const isStart = inner?.type === "CallExpression" && isStartsWithCall(scopes, inner, name, prefix);
	return isStart ? constantTexts(scopes, object) : undefined;
}

/** Whether a call is `name.startsWith(prefix)` of two variables. */
function isStartsWithCall(scopes: Scopes, call: Node, name: Node, prefix: Node | undefined): boolean {
	const { callee, arguments: args } = call;
	if (callee.type !== "MemberExpression" || prefix === undefined) return false;
	const [argument] = args as Node[];
	const method = staticKey(callee.property, callee.computed);
	return (
		method === "startsWith" &&
		refersTo(scopes, callee.object, name) &&
		argument !== undefined &&
		refersTo(scopes, argument, prefix)
	);
}

/** The letters with which a match of a regular expression must begin. */
function prefixesOfRegExp({ pattern, flags }: { pattern: string; flags: string }): string[] | undefined {
	if (/[im]/.test(flags)) return undefined;
	const [whole = "", group, text, next] = /^\^(\(\?:|\()?([A-Za-z0-9_|]+)(.?)/.exec(pattern) ?? [];
	// A further alternative may begin with anything.
	if (text === undefined || pattern.slice(whole.length).includes("|") || next === "|") return undefined;
	const after = pattern.charAt(whole.length);
	const prefixes = text.split("|");
	if (group !== undefined)
		return next === ")" && !QUANTIFIER.test(after) && !prefixes.includes("") ? prefixes : undefined;
	if (prefixes.length > 1) return undefined;
	// A letter with a quantifier may be absent or repeated, so it is not part of the prefix.
	const prefix = QUANTIFIER.test(next ?? "") ? text.slice(0, -1) : text;
	return prefix === "" ? undefined : [prefix];
}

/** Whether a part of a condition only inspects the name, and does not read the variable of that name. */
function onlyInspects(scopes: Scopes, part: Node, name: Node): boolean {
	const binding = scopes.resolve(name);
	const reads = binding === undefined ? [] : scopes.uses(binding).reads;
	return reads
		.filter(({ start, end }) => start >= part.start && end <= part.end)
		.every((read) => {
			const parent = read.parent;
			if (parent?.type === "MemberExpression") return parent.object === read;
			return parent?.type === "BinaryExpression" && parent.operator !== "in";
		});
}
