/**
 * Finds which names of a listing of the environment the code uses. Often it keeps only names with certain prefixes, as
 * in `Object.keys(env).filter((name) => name.startsWith("A_"))`. Only the syntax around the listing is examined.
 */
import type { Scopes } from "../bundle/scopes.ts";
import { enclosingFunction, isFunction, isTarget, type Node, staticKey } from "../bundle/syntax.ts";
import { DEPTH_MAX, nameVariable, onlyDeletes, onlyResult, unionIfAllKnown } from "./listing-syntax.ts";
import { prefixesIfFalse, prefixesIfTrue } from "./name-conditions.ts";

/** An element of a listing. */
interface Element {
	/** The variable that holds the name. */
	readonly name: Node;
	/** The parameters or the pattern that get the element, its index and the list. */
	readonly params: readonly Node[];
}

/** Methods that pass each element to a condition, and keep those that meet it. */
const FILTER_METHODS = new Set(["filter", "find", "findLast", "some"]);
/** Methods that pass each element to a function. */
const VISITOR_METHODS = new Set(["forEach", "map", "flatMap"]);
/** Methods that return the same elements. */
const REORDER_METHODS = new Set(["sort", "toSorted", "reverse", "toReversed"]);

/**
 * The prefixes of all names that the code around a listing uses.
 * @param listing the call `Object.keys(env)` or `Object.entries(env)`, or the loop `for (const name in env)`
 * @param depth how many variables and methods were followed so far
 * @returns undefined if the code may use other names
 */
export function usedPrefixes(scopes: Scopes, listing: Node, depth = 0): string[] | undefined {
	if (depth > DEPTH_MAX) return undefined;
	if (listing.type === "ForInStatement") return prefixesInLoop(scopes, listing);
	const parent = listing.parent;
	if (parent?.type === "ForOfStatement" && parent.right === listing) return prefixesInLoop(scopes, parent);
	if (parent?.type === "MemberExpression" && parent.object === listing)
		return prefixesInMethod(scopes, parent, depth);
	if (parent?.type !== "VariableDeclarator" || parent.id.type !== "Identifier") return undefined;
	const binding = scopes.resolve(parent.id);
	if (binding === undefined) return undefined;
	const { reads, writes } = scopes.uses(binding);
	if (writes.some((write) => write !== parent.id) || reads.length === 0) return undefined;
	return unionIfAllKnown(
		reads.map((read) => (read.parent === undefined ? undefined : usedPrefixes(scopes, read, depth + 1))),
	);
}

/** `for (const name of names) { if (!name.startsWith("A_")) continue; … }`, or a body that consists of conditions. */
function prefixesInLoop(scopes: Scopes, loop: Node): string[] | undefined {
	const target = loop.left.type === "VariableDeclaration" ? loop.left.declarations[0].id : undefined;
	const name = nameVariable(scopes, target);
	if (name === undefined || target === undefined || !isKeptInside(scopes, name, loop)) return undefined;
	if (onlyDeletes(scopes, target, loop)) return [];
	return prefixesInBody(scopes, loop.body, { name, params: [target] }, "ContinueStatement");
}

/** Whether code reads the variable of a loop in the same iteration only. A variable of `var` outlives its iteration. */
function isKeptInside(scopes: Scopes, name: Node, loop: Node): boolean {
	const binding = scopes.resolve(name);
	if (loop.left.kind !== "var" || binding === undefined) return loop.left.kind !== "var";
	const isInside = ({ start, end }: Node) => loop.body.start <= start && end <= loop.body.end;
	return scopes
		.uses(binding)
		.reads.every((read) => isInside(read) && enclosingFunction(read) === enclosingFunction(loop));
}

/** `names.filter(condition)`, `names.forEach((name) => { … })` and the like. */
function prefixesInMethod(scopes: Scopes, member: Node, depth: number): string[] | undefined {
	const call = member.parent;
	const method = staticKey(member.property, member.computed);
	if (method === "length" && !isTarget(member)) return [];
	if (call?.type !== "CallExpression" || call.callee !== member || method === undefined) return undefined;
	if (REORDER_METHODS.has(method)) return usedPrefixes(scopes, call, depth + 1);
	const [fn] = call.arguments as Node[];
	const isReduce = method === "reduce";
	if (fn === undefined || !isFunction(fn)) return undefined;
	// Without an initial value a reducer begins with an element that it has not checked.
	if (isReduce && call.arguments.length < 2) return undefined;
	const params = fn.params as Node[];
	const at = isReduce ? 1 : 0;
	const name = nameVariable(scopes, params[at]);
	if (params.length > at + 2 || params.some(({ type }) => type === "RestElement")) return undefined;
	if (name === undefined) return undefined;
	if (FILTER_METHODS.has(method)) return prefixesIfTrue(scopes, onlyResult(fn), name);
	return VISITOR_METHODS.has(method) || isReduce
		? prefixesInBody(scopes, fn.body, { name, params: params.slice(at) }, "ReturnStatement")
		: undefined;
}

/**
 * A body that begins by leaving other names out, or that consists only of conditions.
 * @param exitType the type of the statement that leaves a name out: `ContinueStatement` or `ReturnStatement`
 */
function prefixesInBody(
	scopes: Scopes,
	body: Node,
	element: Element,
	exitType: string,
): string[] | undefined {
	const { name } = element;
	const statements: Node[] = body.type === "BlockStatement" ? body.body : [body];
	const [first] = statements;
	const result = first?.type === "ReturnStatement" ? first.argument : first;
	// `name.startsWith("A_") ? use(name) : others`
	if (result?.type === "ConditionalExpression" && isExitValue(scopes, result.alternate, element))
		return prefixesIfTrue(scopes, result.test, name);
	if (first?.type === "IfStatement" && isExit(scopes, first.consequent, element, exitType)) {
		const negated = prefixesIfFalse(scopes, first.test, name);
		if (negated !== undefined) return negated;
	}
	return unionIfAllKnown(
		statements.map((statement) =>
			statement.type === "IfStatement" && !statement.alternate
				? prefixesIfTrue(scopes, statement.test, name)
				: undefined,
		),
	);
}

/** Whether a statement only continues with the next name. A reducer does so by returning its accumulator. */
function isExit(scopes: Scopes, node: Node, element: Element, exitType: string): boolean {
	const inner = node.type === "BlockStatement" ? (node.body as Node[]) : [node];
	const [only] = inner;
	if (inner.length !== 1 || only?.type !== exitType) return false;
	return exitType === "ContinueStatement" || !only.argument || isExitValue(scopes, only.argument, element);
}

/** Whether a value leaves a name out: an empty list or object, or a variable that has no part of the listing. */
function isExitValue(scopes: Scopes, value: Node, { params }: Element): boolean {
	if (value.type !== "Identifier") return (value.elements ?? value.properties)?.length === 0;
	const declarations = scopes.resolve(value)?.declarations ?? [];
	return declarations.every(
		({ start }) => !params.some((param) => param.start <= start && start < param.end),
	);
}
