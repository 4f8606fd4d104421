/**
 * JSON with comments and trailing commas, as Deno's configuration files have it. Pure.
 */
import { type Expression, parseSync } from "oxc-parser";

/** What a JSON text can hold. Objects are Maps, so that `__proto__` is a key like any other. */
export type Jsonc = string | number | boolean | null | readonly Jsonc[] | ReadonlyMap<string, Jsonc>;

/** Nobody's configuration nests so deeply; the parser's stack does not reach much further. */
const DEPTH_MAX = 200;

/** The value of a JSONC text, or undefined where it is not one. The last of two equal keys wins. */
export function parseJsonc(text: string): Jsonc | undefined {
	const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
	if (bracketDepth(source) > DEPTH_MAX) return undefined;
	const { errors, program } = parseSync("config.js", `(${source}\n)`);
	const [statement, ...rest] = program.body;
	if (errors.length > 0 || rest.length > 0 || statement?.type !== "ExpressionStatement") return undefined;
	return toValue(statement.expression);
}

/** At least the depth of the brackets that are not in strings or comments. */
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
				if (property.type !== "Property" || property.computed || property.kind !== "init") return undefined;
				const { key } = property;
				const value = toValue(property.value);
				if (key.type !== "Literal" || typeof key.value !== "string" || value === undefined) return undefined;
				entries.set(key.value, value);
			}
			return entries;
		}
		default:
			return undefined;
	}
}

/** The Map that a value is, or an empty one. */
export function objectOf(value: Jsonc | undefined): ReadonlyMap<string, Jsonc> {
	return value instanceof Map ? value : new Map();
}

/** Those entries of an object whose values are strings. */
export function stringsOf(value: Jsonc | undefined): [string, string][] {
	return [...objectOf(value)].filter((entry): entry is [string, string] => typeof entry[1] === "string");
}
