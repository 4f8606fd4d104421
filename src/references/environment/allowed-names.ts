/**
 * The names that a condition lets pass: `ALLOWED.has(name)`, `name === "A"`, `name in TABLE`. What the sets, lists and
 * tables hold is evaluated, so names that the code adds later count too.
 */
import type { Scopes } from "../bundle/scopes.ts";
import { isFunction, isPrototype, type Node, staticKey } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { isPrototypeObject } from "../engine/synthetic-objects.ts";
import { type ObjectValue, unknownValue, type Value } from "../engine/values.ts";
import { refersTo } from "./listing-syntax.ts";
import { prefixesIfTrue } from "./name-conditions.ts";
import { isReplaced } from "./replaced.ts";

/** Calls back with each name. A value that is not known stands for any name. */
export type Names = (engine: Engine, into: (name: Value) => void) => void;

const ANY = unknownValue("a value of a list that is not known");
/** The most variables and functions that are followed to a condition. */
const DEPTH_MAX = 4;

/** The names that a variable may have where a condition is true; undefined if the condition says nothing about it. */
export function namesIfTrue(scopes: Scopes, given: Node, name: Node, depth = 0): Names | undefined {
	const test = given.type === "ChainExpression" ? (given.expression as Node) : given;
	if (depth > DEPTH_MAX) return undefined;
	const inner = (part: Node) => namesIfTrue(scopes, part, name, depth + 1);
	switch (test.type) {
		case "UnaryExpression":
			return test.operator === "!" ? namesIfFalse(scopes, test.argument, name, depth + 1) : undefined;
		case "LogicalExpression":
			if (test.operator === "&&") return inner(test.left) ?? inner(test.right);
			return test.operator === "||" ? both(inner(test.left), inner(test.right)) : undefined;
		case "BinaryExpression":
			return namesOfComparison(scopes, test, name) ?? prefixed(scopes, test, name);
		case "CallExpression":
			return (
				namesOfCall(scopes, test, name) ??
				namesOfPredicate(scopes, test, name, depth) ??
				prefixed(scopes, test, name)
			);
		case "Identifier": {
			const init = initOf(scopes, test);
			return init ? inner(init) : undefined;
		}
		default:
			return undefined;
	}
}

/** The names that a variable may have where a condition is false. */
export function namesIfFalse(scopes: Scopes, test: Node, name: Node, depth = 0): Names | undefined {
	if (depth > DEPTH_MAX) return undefined;
	if (test.type === "UnaryExpression" && test.operator === "!")
		return namesIfTrue(scopes, test.argument, name, depth + 1);
	if (test.type === "BinaryExpression" && test.operator === "!==") return namesOfEquality(scopes, test, name);
	if (test.type === "BinaryExpression" && isNotFound(test)) return namesOfCall(scopes, test.left, name);
	if (test.type !== "LogicalExpression") return undefined;
	const [left, right] = [test.left, test.right].map((part) => namesIfFalse(scopes, part, name, depth + 1));
	if (test.operator === "||") return left ?? right;
	return test.operator === "&&" ? both(left, right) : undefined;
}

function both(left: Names | undefined, right: Names | undefined): Names | undefined {
	if (left === undefined || right === undefined) return undefined;
	return (engine, into) => {
		left(engine, into);
		right(engine, into);
	};
}

/** `list.indexOf(name) === -1` */
function isNotFound({ left, operator, right }: Node): boolean {
	const isMinusOne = right.type === "UnaryExpression" && right.operator === "-" && right.argument.value === 1;
	return isIndexOf(left) && (operator === "<" ? right.value === 0 : operator === "===" && isMinusOne);
}

function isIndexOf({ type, callee }: Node): boolean {
	const isMethod = type === "CallExpression" && callee.type === "MemberExpression";
	return isMethod && staticKey(callee.property, callee.computed) === "indexOf";
}

function namesOfComparison(scopes: Scopes, test: Node, name: Node): Names | undefined {
	const { left, operator, right } = test;
	if (operator === "===") return namesOfEquality(scopes, test, name);
	if (operator === "in" && refersTo(scopes, left, name)) return keysOf(right);
	const isFound = isIndexOf(left) && (operator === ">=" || operator === ">" || operator === "!==");
	return isFound && isNotFound({ ...test, operator: operator === "!==" ? "===" : "<", right: bound(test) })
		? namesOfCall(scopes, left, name)
		: undefined;
}

/** The bound of `>= 0`; that of `> -1`, as the same bound. */
function bound({ operator, right }: Node): Node {
	const isMinusOne = right.type === "UnaryExpression" && right.operator === "-" && right.argument.value === 1;
	return operator === ">" ? { ...right, value: isMinusOne ? 0 : undefined } : right;
}

function namesOfEquality(scopes: Scopes, { left, right }: Node, name: Node): Names | undefined {
	const other = refersTo(scopes, left, name) ? right : refersTo(scopes, right, name) ? left : undefined;
	if (other === undefined) return undefined;
	return (engine, into) => engine.solver.onValue(engine.evaluate(other), into);
}

/** `set.has(name)`, `list.includes(name)`, `Object.hasOwn(table, name)` */
function namesOfCall(scopes: Scopes, call: Node, name: Node): Names | undefined {
	if (call.callee.type !== "MemberExpression") return undefined;
	const names = namesOfMethod(scopes, call, name);
	return (
		names &&
		((engine, into) => {
			const { object, property, computed } = call.callee as Node;
			const method = staticKey(property, computed) === "call" ? (object as Node) : (call.callee as Node);
			// A function of the code may be in the method's place.
			engine.solver.onValue(engine.evaluate(method), (value) => {
				if (value.kind !== "method" && value.kind !== "builtin") into(ANY);
			});
			names(engine, into);
		})
	);
}

function namesOfMethod(scopes: Scopes, call: Node, name: Node): Names | undefined {
	const { object, property, computed } = call.callee as Node;
	const [first, second] = call.arguments as Node[];
	const isFirst = first !== undefined && refersTo(scopes, first, name);
	const isSecond = second !== undefined && first?.type !== "SpreadElement" && refersTo(scopes, second, name);
	const method = staticKey(property, computed);
	if (isSecond && method === "hasOwn" && object.name === "Object") return keysOf(first as Node);
	if (isSecond && method === "call" && object.property?.name === "hasOwnProperty")
		return keysOf(first as Node);
	if (!isFirst) return undefined;
	if (method === "hasOwnProperty") return keysOf(object);
	if (method === "has") return elementsOf(object, ["set", "map"], method);
	return method === "includes" || method === "indexOf" ? elementsOf(object, ["array"], method) : undefined;
}

/** What a list, a set or the keys of a map holds. */
function elementsOf(holder: Node, kinds: readonly string[], method: string): Names {
	return (engine, into) => {
		if (isReplaced(engine, method)) into(ANY);
		engine.solver.onValue(engine.evaluate(holder), (value) => {
			if (value.kind === "nothing") return;
			if (value.kind !== "object" || !kinds.includes(value.object.kind)) return into(ANY);
			// The object may have a method of its own. What it holds counts as its properties too, and no text is a method.
			engine.solver.onValue(engine.property(value.object, method), (own) => {
				if (own.kind !== "string" && own.kind !== "nothing") into(ANY);
			});
			if (value.object.kind === "map") engine.solver.onValue(engine.keys(value.object), into);
			else engine.iterate(value, into);
		});
	};
}

/** The names of the properties of a table. */
function keysOf(table: Node): Names {
	return (engine, into) => {
		engine.solver.onValue(engine.evaluate(table), (value) => {
			if (value.kind === "nothing") return;
			if (value.kind !== "object" || !hasOwnKeys(value)) return into(ANY);
			engine.solver.onValue(engine.keys(value.object), into);
		});
	};
}

/** Whether all properties of a table are its own. */
function hasOwnKeys({ object }: ObjectValue): boolean {
	const { kind, builtinClass, proxyHandler, node } = object;
	if (kind !== "plain" || builtinClass !== undefined || proxyHandler !== undefined) return false;
	if (isPrototypeObject(object)) return false;
	return node.type !== "ObjectExpression" || !(node.properties as Node[]).some(isPrototype);
}

/** `isAllowed(name)`, with a function that only returns a condition. */
function namesOfPredicate(scopes: Scopes, call: Node, name: Node, depth: number): Names | undefined {
	if (call.callee.type !== "Identifier") return undefined;
	const at = positionOf(scopes, call, name);
	const fn = functionOf(scopes, call.callee);
	const param = at < 0 ? undefined : (fn?.params as Node[] | undefined)?.[at];
	if (fn === undefined || param?.type !== "Identifier" || !isConstant(scopes, param)) return undefined;
	const only = fn.body.type === "BlockStatement" ? (fn.body.body as Node[])[0] : undefined;
	const result = fn.body.type === "BlockStatement" ? only?.argument : fn.body;
	if (!result || (only !== undefined && only.type !== "ReturnStatement")) return undefined;
	return namesIfTrue(scopes, result, param, depth + 1);
}

/** `name.startsWith("A_")` */
function prefixed(scopes: Scopes, test: Node, name: Node): Names | undefined {
	const prefixes = prefixesIfTrue(scopes, test, name);
	if (prefixes === undefined) return undefined;
	return (_engine, into) => {
		for (const prefix of prefixes) into(unknownValue("a name that a condition lets pass", prefix));
	};
}

/** The position of a variable among the arguments of a call; -1 if it is none, or after a spread. */
export function positionOf(scopes: Scopes, { arguments: args }: Node, name: Node): number {
	const at = (args as Node[]).findIndex((argument) => refersTo(scopes, argument, name));
	return (args as Node[]).slice(0, at).some(({ type }) => type === "SpreadElement") ? -1 : at;
}

/** The first value of a variable that never changes. */
function initOf(scopes: Scopes, identifier: Node): Node | undefined {
	const [declaration, ...more] = scopes.resolve(identifier)?.declarations ?? [];
	if (declaration?.parent?.type !== "VariableDeclarator" || more.length > 0) return undefined;
	return isConstant(scopes, declaration) ? (declaration.parent.init as Node | undefined) : undefined;
}

/** The function that a name surely is. One that is asynchronous or a generator does not run to its end at once. */
export function functionOf(scopes: Scopes, callee: Node): Node | undefined {
	const binding = scopes.resolve(callee);
	const [declaration, ...more] = binding?.declarations ?? [];
	if (declaration === undefined || more.length > 0 || !isConstant(scopes, declaration)) return undefined;
	const parent = declaration.parent as Node;
	const fn = parent.type === "VariableDeclarator" ? (parent.init as Node | null) : parent;
	return fn && isFunction(fn) && !fn.async && !fn.generator && fn.params.indexOf(declaration) < 0
		? fn
		: undefined;
}

/** Whether a variable keeps its first value. */
export function isConstant(scopes: Scopes, declaration: Node): boolean {
	const binding = scopes.resolve(declaration);
	return binding !== undefined && scopes.uses(binding).writes.every((write) => write === declaration);
}
