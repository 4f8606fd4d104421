/**
 * Backward analysis of tests of types: where code runs only if a variable is a text, the variable is not the environment
 * there. `typeof value === "string" ? JSON.stringify(value) : …`
 */
import { endsBlock } from "../../bundle/completions.ts";
import type { Binding } from "../../bundle/names.ts";
import type { Scopes } from "../../bundle/scopes.ts";
import { enclosingFunction, type Node } from "../../bundle/syntax.ts";
import type { Engine } from "../../engine/engine.ts";
import { isNeverCallable } from "../../engine/synthetic-objects.ts";
import { NOTHING, type Value, type ValueSet } from "../../engine/values.ts";

/**
 * What `typeof` says of a value, or `object` if the value is what a promise resolves to: a promise has the same values. A
 * text may also be a number.
 */
type Type = "object" | "function" | "text";

const NO_TYPES: ReadonlySet<Type> = new Set();
const OBJECTS: readonly Type[] = ["object", "function"];
/** The types of values for which `typeof value === "…"` is false. */
const OTHER_TYPES: Readonly<Record<string, readonly Type[]>> = {
	object: [],
	function: ["object", "text"],
	string: OBJECTS,
	number: OBJECTS,
	bigint: OBJECTS,
	boolean: [...OBJECTS, "text"],
	symbol: [...OBJECTS, "text"],
	undefined: [...OBJECTS, "text"],
};

function typeOf(value: Value): Type | undefined {
	if (value.kind === "string") return "text";
	if (value.kind === "runtime") return value.api === "env" ? "object" : undefined;
	if (value.kind !== "object") return undefined;
	const { kind, builtinClass, proxyHandler } = value.object;
	if (builtinClass !== undefined || proxyHandler !== undefined) return undefined;
	if (kind === "function" || kind === "class") return "function";
	return isNeverCallable(value.object) ? "object" : undefined;
}

/** Whether a read of a variable surely does not have a value, because of a test of its type. */
export function isTestedAway(engine: Engine, value: Value, read: Node, binding: Binding): boolean {
	if (engine.isForeign(read) || !mayBeTested(engine, binding)) return false;
	const { excluded } = engine.remembered;
	let types = excluded.get(read) as ReadonlySet<Type> | undefined;
	if (types === undefined) {
		types = typesNotAt(engine.scopes, read, binding);
		excluded.set(read, types);
	}
	const type = types.size === 0 ? undefined : typeOf(value);
	return type !== undefined && types.has(type);
}

/**
 * Adds the values of a variable at a read. In place of one that a test excludes comes `undefined`: if there is no other,
 * the code does not run, and its value counts as known.
 */
export function addTested(engine: Engine, read: Node, binding: Binding, from: ValueSet, into: ValueSet) {
	if (engine.isForeign(read) || !mayBeTested(engine, binding)) return engine.solver.include(from, into);
	engine.solver.onValue(from, (value) =>
		engine.solver.add(into, isTestedAway(engine, value, read, binding) ? NOTHING : value),
	);
}

/** Whether tests may say what a variable is. It never changes. */
function mayBeTested({ scopes, remembered }: Engine, binding: Binding): boolean {
	let known = remembered.tested.get(binding);
	if (known === undefined) {
		const { declarations } = binding;
		const { reads, writes } = scopes.uses(binding);
		known =
			declarations.length === 1 &&
			reads.length > 1 &&
			writes.every((write) => declarations.includes(write)) &&
			reads.some(isTest);
		remembered.tested.set(binding, known);
	}
	return known;
}

function isTest(read: Node): boolean {
	const { type, operator, test } = read.parent as Node;
	if (type === "UnaryExpression") return operator === "typeof" || operator === "!";
	if (type === "IfStatement" || type === "ConditionalExpression") return test === read;
	return type === "BinaryExpression" && /^[!=]==?$/.test(operator);
}

/** The types that a variable does not have at a read, by the conditions around the read and before it. */
function typesNotAt(scopes: Scopes, read: Node, binding: Binding): ReadonlySet<Type> {
	const found = new Set<Type>();
	for (let inner = read, outer = read.parent; outer !== undefined; inner = outer, outer = outer.parent) {
		// Code may call a declared function before a condition is checked.
		if (outer.type === "FunctionDeclaration") break;
		for (const [test, isTrue] of conditionsAt(inner, outer))
			if (isSameValue(read, test, binding))
				for (const type of typesNot(scopes, test, isTrue, read)) found.add(type);
		if (outer === binding.scope) break;
	}
	return found.size === 0 ? NO_TYPES : found;
}

/** Whether a variable has at a read the value that a test had. One of `var` gets a value where it is declared. */
function isSameValue(read: Node, test: Node, { declarations }: Binding): boolean {
	const [declaration] = declarations as [Node];
	let outer: Node | undefined = declaration;
	while (outer !== undefined && outer.type !== "VariableDeclaration" && !/Function/.test(outer.type))
		outer = outer.parent;
	if (outer?.type !== "VariableDeclaration" || outer.kind !== "var") return true;
	return declaration.end <= test.start && enclosingFunction(declaration) === enclosingFunction(read);
}

/** The conditions that hold in a part of a node, each with whether it is true. */
function conditionsAt(inner: Node, outer: Node): (readonly [test: Node, isTrue: boolean])[] {
	switch (outer.type) {
		case "IfStatement":
		case "ConditionalExpression":
			return outer.test === inner ? [] : [[outer.test, outer.consequent === inner]];
		case "LogicalExpression":
			return outer.right === inner && outer.operator !== "??" ? [[outer.left, outer.operator === "&&"]] : [];
		case "SwitchCase":
			return outer.test === inner ? [] : conditionsBefore(inner, outer.consequent);
		case "BlockStatement":
		case "Program":
			return conditionsBefore(inner, outer.body);
		default:
			return [];
	}
}

/** `if (test) return;` before a statement */
function conditionsBefore(inner: Node, statements: readonly Node[]): (readonly [Node, boolean])[] {
	return statements
		.slice(0, statements.indexOf(inner))
		.filter(
			({ type, alternate, consequent }) => type === "IfStatement" && !alternate && endsBlock(consequent),
		)
		.map(({ test }) => [test as Node, false]);
}

/** The types of values for which a condition surely has the other result. */
function typesNot(scopes: Scopes, test: Node, isTrue: boolean, read: Node): readonly Type[] {
	const isRead = (node: Node) => node.type === "Identifier" && scopes.resolve(node) === scopes.resolve(read);
	if (isRead(test)) return isTrue ? [] : OBJECTS;
	if (test.type === "UnaryExpression" && test.operator === "!")
		return typesNot(scopes, test.argument, !isTrue, read);
	if (test.type === "LogicalExpression" && test.operator !== "??") {
		const [left, right] = [test.left, test.right].map((part) => typesNot(scopes, part, isTrue, read)) as [
			readonly Type[],
			readonly Type[],
		];
		// Both parts of `a && b` have the result `true`; of `a || b`, at least one.
		if ((test.operator === "&&") === isTrue) return [...left, ...right];
		return left.filter((type) => right.includes(type));
	}
	const [, negation] = test.type === "BinaryExpression" ? (/^([!=])==?$/.exec(test.operator) ?? []) : [];
	if (negation === undefined) return [];
	const isEqual = (negation === "=") === isTrue;
	const { left, right } = test;
	if (isRead(left)) return isEqual && isSimple(right) ? OBJECTS : [];
	const type = right.type === "Literal" && isTypeOf(scopes, left, isRead) ? String(right.value) : "";
	if (!Object.hasOwn(OTHER_TYPES, type)) return [];
	if (isEqual) return OTHER_TYPES[type] ?? [];
	return type === "object" ? [type] : [];
}

/** A value that no object is equal to, also by `==`. A text may be equal to an object. */
function isSimple({ type, name, value, regex, bigint, operator, argument }: Node): boolean {
	if (type === "UnaryExpression") return operator === "void" && argument.type === "Literal";
	if (type === "Literal") return value === null && regex === undefined && bigint === undefined;
	return type === "Identifier" && name === "undefined";
}

/** `typeof value`, or a constant with that value. */
function isTypeOf(scopes: Scopes, node: Node, isRead: (node: Node) => boolean): boolean {
	const value = node.type === "Identifier" ? initOfConstant(scopes, node) : node;
	return value?.type === "UnaryExpression" && value.operator === "typeof" && isRead(value.argument);
}

/** The expression that gives a constant its value; undefined for another variable, and for one of a loop. */
function initOfConstant(scopes: Scopes, identifier: Node): Node | undefined {
	const binding = scopes.resolve(identifier);
	const [declaration, ...more] = binding?.declarations ?? [];
	const { parent } = declaration ?? {};
	if (binding === undefined || parent?.type !== "VariableDeclarator" || more.length > 0) return undefined;
	const isConstant = scopes.uses(binding).writes.every((write) => write === declaration);
	return isConstant && parent.parent?.kind === "const" ? (parent.init ?? undefined) : undefined;
}
