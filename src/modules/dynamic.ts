/**
 * The values that the argument of `import(…)` or `require(…)` can have, as far as the bundler evaluates it. Pure.
 */
import type { Expression } from "oxc-parser";

/** A specifier in parts; undefined for a part that is known at run time only. Two known parts never follow each other. */
export type SpecifierPieces = readonly (string | undefined)[];

/** Hand-written code does not have more alternatives in one argument. */
const ALTERNATIVES_MAX = 64;

/** Every specifier that the expression can evaluate to. */
export function dynamicSpecifiers(node: Expression): SpecifierPieces[] {
	const found = alternatives(node);
	return (found.length > ALTERNATIVES_MAX ? [] : found).map(mergePieces);
}

function alternatives(node: Expression): SpecifierPieces[] {
	switch (node.type) {
		case "Literal":
			return [[typeof node.value === "string" ? node.value : undefined]];
		case "TemplateLiteral":
			return concatenations(
				node.quasis.flatMap((quasi, index) => {
					const expression = node.expressions[index];
					const text: SpecifierPieces[] = [[quasi.value.cooked ?? undefined]];
					return expression === undefined ? [text] : [text, alternatives(expression)];
				}),
			);
		case "BinaryExpression":
			if (node.operator !== "+") return [[undefined]];
			return concatenations([alternatives(node.left), alternatives(node.right)]);
		case "ConditionalExpression":
			return [...alternatives(node.consequent), ...alternatives(node.alternate)];
		case "LogicalExpression":
			return [...alternatives(node.left), ...alternatives(node.right)];
		case "SequenceExpression": {
			const last = node.expressions.at(-1);
			return last === undefined ? [[undefined]] : alternatives(last);
		}
		case "ParenthesizedExpression":
		case "TSAsExpression":
		case "TSSatisfiesExpression":
		case "TSNonNullExpression":
		case "TSTypeAssertion":
			return alternatives(node.expression);
		default:
			return [[undefined]];
	}
}

/** Concatenates one item of each list, in every combination. */
function concatenations(lists: readonly SpecifierPieces[][]): SpecifierPieces[] {
	let out: SpecifierPieces[] = [[]];
	for (const list of lists) {
		if (out.length * list.length > ALTERNATIVES_MAX) return [[undefined]];
		out = out.flatMap((head) => list.map((tail) => [...head, ...tail]));
	}
	return out;
}

function mergePieces(pieces: SpecifierPieces): SpecifierPieces {
	const out: (string | undefined)[] = [];
	for (const piece of pieces) {
		const last = out.at(-1);
		if (piece === "") continue;
		if (piece !== undefined && last !== undefined) out[out.length - 1] = last + piece;
		else if (piece !== undefined || out.length === 0 || last !== undefined) out.push(piece);
	}
	return out;
}

/**
 * Whether the options are exactly `{ with: { type: "json" } }`, or name another data type. Then the import loads data.
 */
export function importsData(options: Expression | null): boolean {
	const attributes = onlyProperty(options, "with");
	const type = onlyProperty(attributes, "type");
	return type?.type === "Literal" && isDataType(type.value);
}

/** Whether a module with this `type` attribute is data, which imports nothing. */
export function isDataType(type: unknown): boolean {
	return type === "json" || type === "text" || type === "bytes";
}

function onlyProperty(node: Expression | null, name: string): Expression | null {
	if (node?.type !== "ObjectExpression" || node.properties.length !== 1) return null;
	const [property] = node.properties;
	if (property?.type !== "Property" || property.computed || property.kind !== "init") return null;
	const { key } = property;
	const named = key.type === "Identifier" ? key.name === name : key.type === "Literal" && key.value === name;
	return named ? property.value : null;
}
