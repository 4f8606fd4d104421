import ts from "typescript";
import { lineOf, type Source, type Violation, walk } from "./source.ts";

/** A rule for the sources, with examples that break it, to test the rule itself. */
export interface Rule {
	readonly name: string;
	/** The violations of the rule; empty if there are none. */
	readonly check: (sources: readonly Source[]) => Violation[];
	/** Each entry is a small project (path → text) that violates the rule. */
	readonly planted: readonly Readonly<Record<string, string>>[];
	/** Projects that do not violate it. */
	readonly innocent?: readonly Readonly<Record<string, string>>[];
}

/** Files of the product that run in Node. */
export function isProduct({ path }: Source): boolean {
	return path.startsWith("src/") && !path.startsWith("src/platform/runtime/host/");
}

/** The product and the scripts, without the tests. */
export function isCode(source: Source): boolean {
	return !source.path.startsWith("test/");
}

/** The violations in the chosen files: every syntax node for which `fault` returns a text. */
export function nodesThat(
	sources: readonly Source[],
	chosen: (source: Source) => boolean,
	fault: (node: ts.Node, source: Source) => string | undefined,
): Violation[] {
	const violations: Violation[] = [];
	for (const source of sources.filter(chosen)) {
		walk(source.tree, (node) => {
			const what = fault(node, source);
			if (what !== undefined) violations.push({ path: source.path, line: lineOf(source.tree, node), what });
		});
	}
	return violations;
}

/** The violations in the chosen files: every import for which `fault` returns a text. */
export function importsThat(
	sources: readonly Source[],
	fault: (specifier: string, target: string | undefined, source: Source) => string | undefined,
): Violation[] {
	return sources.flatMap((source) =>
		source.imports.flatMap(({ specifier, target, line }) => {
			const what = fault(specifier, target, source);
			return what === undefined ? [] : [{ path: source.path, line, what }];
		}),
	);
}

/**
 * `process.env` as ["process", "env"]: the names of a chain of property accesses, also through `?.`,
 * `["…"]` and `globalThis`; empty for anything else.
 */
export function accessChain(node: ts.Node): string[] {
	if (ts.isIdentifier(node)) return node.text === "globalThis" ? [] : [node.text];
	if (ts.isPropertyAccessExpression(node)) return chainOf(node.expression, node.name.text);
	if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
		return chainOf(node.expression, node.argumentExpression.text);
	}
	return [];
}

function chainOf(object: ts.Expression, property: string): string[] {
	const before = accessChain(object);
	const isGlobal = ts.isIdentifier(object) && object.text === "globalThis";
	return before.length === 0 && !isGlobal ? [] : [...before, property];
}

/** Names destructured from an object: `const { env } = process` as ["env"]. */
function destructured(node: ts.Node, object: string): string[] {
	if (!ts.isVariableDeclaration(node) || !ts.isObjectBindingPattern(node.name)) return [];
	if (node.initializer === undefined || accessChain(node.initializer).join(".") !== object) return [];
	return node.name.elements.map(({ propertyName, name }) => (propertyName ?? name).getText());
}

/** Whether a node reads one of the properties of a global object, by access or by destructuring. */
export function reads(node: ts.Node, object: string, properties: readonly string[]): boolean {
	if (destructured(node, object).some((name) => properties.includes(name))) return true;
	const [first, second] = accessChain(node);
	const isWhole = accessChain(node).length === 2;
	return isWhole && first === object && second !== undefined && properties.includes(second);
}
