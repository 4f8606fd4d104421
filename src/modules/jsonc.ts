/**
 * Parses JSON with comments and trailing commas, the syntax of Deno's configuration files. Pure.
 */
import { type Expression, type ObjectExpression, parseSync } from "oxc-parser";

/** A value of JSON. Objects are Maps, so that `__proto__` is an ordinary key. */
export type Jsonc = string | number | boolean | null | readonly Jsonc[] | ReadonlyMap<string, Jsonc>;

/** Configuration files are not nested so deeply, and the parser's stack does not allow much more. */
const DEPTH_MAX = 200;

/** Parses a JSONC text; undefined if it is not valid. The last of two equal keys wins. */
export function parseJsonc(text: string): Jsonc | undefined {
	const { expression } = parseExpression(text);
	return expression && toValue(expression);
}

/** One key of an object, with its value and line. */
export interface JsoncEntry {
	readonly key: string;
	readonly value: Jsonc;
	/** 1-based. */
	readonly line: number;
}

/**
 * Parses a JSONC text that must be an object. Returns its entries in order, repeated keys included, so that an error
 * can name the line of an entry. If the text is not valid, returns the 1-based line of the fault.
 */
export function parseJsoncEntries(text: string): { entries: JsoncEntry[] } | { faultLine: number } {
	const { expression, source, faultAt } = parseExpression(text);
	const lineAt = (offset: number) => source.slice(0, Math.max(0, offset - 1)).split("\n").length;
	let object = expression;
	while (object?.type === "ParenthesizedExpression") object = object.expression;
	if (object?.type !== "ObjectExpression") return { faultLine: lineAt(faultAt ?? object?.start ?? 0) };
	const entries: JsoncEntry[] = [];
	for (const property of object.properties) {
		const line = lineAt(property.start);
		const entry = propertyOf(property);
		if (entry === undefined) return { faultLine: line };
		entries.push({ key: entry[0], value: entry[1], line });
	}
	return { entries };
}

/** Parses the text as one expression. `faultAt` is the offset of the fault, plus one for the bracket put before it. */
function parseExpression(text: string): { expression?: Expression; source: string; faultAt?: number } {
	const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
	if (bracketDepth(source) > DEPTH_MAX) return { source };
	const { errors, program } = parseSync("config.js", `(${source}\n)`);
	const [statement, second] = program.body;
	const [error] = errors;
	if (error !== undefined) return { source, faultAt: error.labels[0]?.start ?? 0 };
	if (second !== undefined) return { source, faultAt: second.start };
	if (statement?.type !== "ExpressionStatement") return { source };
	return { source, expression: statement.expression };
}

/** An upper bound for the depth of the brackets outside strings and comments. */
function bracketDepth(source: string): number {
	let depth = 0;
	let deepest = 0;
	for (const [bracket] of source.matchAll(/"(?:[^"\\\n]|\\.)*"|[[{(\]})]/g)) {
		if ("[{(".includes(bracket)) deepest = Math.max(deepest, ++depth);
		else if (bracket.length === 1) depth--;
	}
	return deepest;
}

function toValue(node: Expression): Jsonc | undefined {
	switch (node.type) {
		case "ParenthesizedExpression":
			return toValue(node.expression);
		case "Literal": {
			const { value } = node;
			const plain = value === null || ["string", "number", "boolean"].includes(typeof value);
			return plain && !("regex" in node) ? (value as Jsonc) : undefined;
		}
		case "UnaryExpression": {
			const value = node.operator === "-" ? toValue(node.argument) : undefined;
			return typeof value === "number" ? -value : undefined;
		}
		case "ArrayExpression": {
			const items = node.elements.map((element) =>
				element === null || element.type === "SpreadElement" ? undefined : toValue(element),
			);
			return items.includes(undefined) ? undefined : (items as Jsonc[]);
		}
		case "ObjectExpression": {
			const entries = new Map<string, Jsonc>();
			for (const property of node.properties) {
				const entry = propertyOf(property);
				if (entry === undefined) return undefined;
				entries.set(...entry);
			}
			return entries;
		}
		default:
			return undefined;
	}
}

/** The key and value of a property; undefined if JSON does not allow the property. */
function propertyOf(property: ObjectExpression["properties"][number]): [string, Jsonc] | undefined {
	if (property.type !== "Property" || property.computed || property.kind !== "init") return undefined;
	const { key } = property;
	const value = toValue(property.value);
	if (key.type !== "Literal" || typeof key.value !== "string" || value === undefined) return undefined;
	return [key.value, value];
}

/** The value if it is a Map; otherwise an empty Map. */
export function objectOf(value: Jsonc | undefined): ReadonlyMap<string, Jsonc> {
	return value instanceof Map ? value : new Map();
}

/** The entries of an object that have strings as values. */
export function stringsOf(value: Jsonc | undefined): [string, string][] {
	return [...objectOf(value)].filter((entry): entry is [string, string] => typeof entry[1] === "string");
}
