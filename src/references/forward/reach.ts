/**
 * Reached code: the upload's own code that may run. The analysis evaluates every expression of it, and follows every
 * value that an expression may have. So no use of an object is missed.
 */

import { childKeys } from "../bundle/child-keys.ts";
import { isFunction, isTarget, type Node, staticKey } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { noteCode } from "../environment/modules.ts";
import { replaceBuiltin } from "../environment/replaced.ts";
import { callDecorator } from "../models/objects/decorators.ts";

/** Methods that operators and built-in functions call without naming them. */
const IMPLICIT_METHODS = new Set(["toString", "valueOf", "toJSON", "then"]);

export function makeReach(engine: Engine): Pick<Engine, "reach" | "isReached" | "onReached"> {
	const reached = new Set<Node>();
	const waiting = new Map<Node, (() => void)[]>();
	/** Functions that were reached before the program was. */
	const early: Node[] = [];
	let hasBegun = false;
	return {
		isReached: (owner) => reached.has(owner),
		reach(owner) {
			if (owner.type === "Program") {
				hasBegun = true;
				for (const fn of early) engine.reach(fn);
			}
			if (!hasBegun) return void early.push(owner);
			if (reached.has(owner)) return;
			reached.add(owner);
			for (const listener of waiting.get(owner) ?? []) engine.solver.enqueue(listener);
			waiting.delete(owner);
			if (owner.type !== "Program" && engine.isForeign(owner)) return;
			if (owner.type !== "Program") engine.thrown.noteReached(owner);
			engine.solver.enqueue(() => visit(engine, owner));
		},
		onReached(node, listener) {
			const owner = ownerOf(node);
			if (reached.has(owner) || engine.isForeign(node)) return engine.solver.enqueue(listener);
			const listeners = waiting.get(owner);
			if (listeners === undefined) waiting.set(owner, [listener]);
			else listeners.push(listener);
		},
	};
}

/** The innermost function around a node, or the program. */
function ownerOf(node: Node): Node {
	let owner = node;
	for (let outer = node.parent; outer !== undefined; outer = outer.parent) {
		owner = outer;
		if (isFunction(outer)) break;
	}
	return owner;
}

/** Evaluates the expressions of a function or program, without those of functions inside it. */
function visit(engine: Engine, owner: Node) {
	const stack: Node[] = [owner];
	for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
		if (node !== owner && node.type !== "Literal") visitNode(engine, node);
		if (node !== owner && isFunction(node)) continue;
		const isStatement = owner.type === "Program" && node === owner;
		const push = (inner: Node | null | undefined) => {
			if (inner && !(isStatement && engine.isForeign(inner))) stack.push(inner);
		};
		const keys = childKeys(node);
		for (let index = 0; index < keys.length; index++) {
			const child = node[keys[index] as string] as Node | (Node | null)[] | null | undefined;
			if (Array.isArray(child)) child.forEach(push);
			else push(child);
		}
	}
}

function visitNode(engine: Engine, node: Node) {
	if (isImplicit(node)) engine.reach(node);
	if (node.source?.type === "Literal") noteCode(engine, String(node.source.value), node);
	if (node.type === "Decorator") return void callDecorator(engine, node);
	if (node.type === "ThrowStatement") return engine.thrown.throwFrom(engine.evaluate(node.argument), node);
	if (CREATES_OBJECT.has(node.type)) return engine.track(engine.objects.atNode(node));
	if (node.type === "MemberExpression" && (isTarget(node) || node.parent?.type === "UpdateExpression")) {
		const key = staticKey(node.property, node.computed) ?? engine.evaluate(node.property);
		engine.solver.onValue(engine.evaluate(node.object), (holder) => replaceBuiltin(engine, holder, key));
	}
	if (!EXPRESSIONS.has(node.type) || isTarget(node)) return;
	if (node.type === "Identifier" && engine.scopes.isDeclaration(node)) return;
	engine.solver.onValue(engine.evaluate(node), (value) => engine.propagate(value, node));
}

const CREATES_OBJECT = new Set([
	"ObjectExpression",
	"ArrayExpression",
	"FunctionDeclaration",
	"FunctionExpression",
	"ArrowFunctionExpression",
	"ClassDeclaration",
	"ClassExpression",
]);
/** Expressions that have their own value. Others, such as `await x`, have the value of a part. */
const EXPRESSIONS = new Set([
	"Identifier",
	"MemberExpression",
	"CallExpression",
	"NewExpression",
	"TaggedTemplateExpression",
	"ThisExpression",
	"ImportExpression",
	"MetaProperty",
	"YieldExpression",
]);

/** Whether a function may be called without a call in the code: an accessor, or a method such as `toJSON`. */
function isImplicit(fn: Node): boolean {
	const member = fn.parent;
	if (!isFunction(fn) || member === undefined) return false;
	if (member.type !== "Property" && member.type !== "MethodDefinition") return false;
	if (member.kind === "get" || member.kind === "set" || member.computed) return true;
	return IMPLICIT_METHODS.has(member.key?.name ?? member.key?.value);
}
