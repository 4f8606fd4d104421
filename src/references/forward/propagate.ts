/**
 * Forwards: where a value goes. Only values that matter are followed: what leads to the environment, and
 * functions, objects and classes that somebody asked about. What goes where it cannot be followed escapes.
 */

import { enclosingFunction, type Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { thingValue, type Value } from "../engine/values.ts";
import { enumerate } from "../environment/object-reads.ts";
import { arriveArgument, arriveCallee } from "./arguments.ts";
import { arriveMember } from "./member-access.ts";

/** Whether a value is worth following. */
export function isFollowed(value: Value): boolean {
	return value.kind === "object" || value.kind === "runtime" || value.kind === "method";
}

export function makeArrive(engine: Engine): Engine["arrive"] {
	const seen = new Map<Node, Set<string>>();
	return (value, node) => {
		if (!isFollowed(value)) return;
		let values = seen.get(node);
		if (values === undefined) {
			values = new Set();
			seen.set(node, values);
		}
		if (values.has(value.key)) return;
		values.add(value.key);
		if (!engine.spend(node)) return;
		engine.solver.later(() => onwards(engine, value, node));
	};
}

function onwards(engine: Engine, value: Value, node: Node) {
	const parent = node.parent;
	if (parent === undefined) return;
	switch (parent.type) {
		case "ChainExpression":
		case "AwaitExpression":
		case "ParenthesizedExpression":
			return engine.arrive(value, parent);
		case "SequenceExpression":
			if (parent.expressions.at(-1) === node) engine.arrive(value, parent);
			return;
		case "ConditionalExpression":
			if (parent.test !== node) engine.arrive(value, parent);
			return;
		case "LogicalExpression":
			if (parent.right === node || parent.operator !== "&&") engine.arrive(value, parent);
			return;
		case "AssignmentExpression":
			if (parent.right !== node) return;
			engine.arriveTarget(value, parent.left);
			return engine.arrive(value, parent);
		case "VariableDeclarator":
			return engine.arriveTarget(value, parent.id);
		case "AssignmentPattern":
			return engine.arriveTarget(value, parent.left);
		case "MemberExpression":
			return arriveMember(engine, value, parent);
		case "CallExpression":
		case "NewExpression":
			if (parent.callee === node) return arriveCallee(engine, value, parent);
			return arriveArgument(engine, value, parent, parent.arguments.indexOf(node));
		case "ReturnStatement":
			return arriveReturn(engine, value, parent);
		case "ArrowFunctionExpression":
			return arriveReturn(engine, value, node);
		default:
			arriveElsewhere(engine, value, node, parent);
	}
}

function arriveElsewhere(engine: Engine, value: Value, node: Node, parent: Node) {
	switch (parent.type) {
		case "Property":
			return engine.trace(engine.things.of(parent.parent as Node));
		case "ArrayExpression":
			return engine.trace(engine.things.of(parent));
		case "MethodDefinition":
		case "PropertyDefinition":
			return engine.trace(engine.things.of(parent.parent?.parent as Node));
		case "ClassDeclaration":
		case "ClassExpression":
			return engine.trace(engine.things.of(parent));
		case "SpreadElement":
			return arriveSpread(engine, value, parent);
		case "ForOfStatement":
		case "ForInStatement":
			if (parent.right === node) arriveLoop(engine, value, parent);
			return;
		case "BinaryExpression":
			if (parent.operator === "in" && parent.right === node) enumerate.has(engine, value, parent);
			return;
		case "ExportSpecifier":
			if ((parent.exported.name ?? parent.exported.value) !== "default") return;
			return engine.escape(value, node, "exported");
		case "ExportDefaultDeclaration":
			return engine.escape(value, node, "exported");
		case "TaggedTemplateExpression":
		case "TemplateLiteral":
		case "YieldExpression":
			return engine.escape(value, node, "passed to code that cannot be followed");
	}
}

/** A value that a function returns arrives at its calls. */
function arriveReturn(engine: Engine, value: Value, node: Node) {
	const fn = enclosingFunction(node);
	if (fn === undefined) return;
	const thing = engine.things.of(fn);
	if (fn.parent?.kind === "get") return engine.arrive(thingValue(thing), fn);
	engine.onEscape(thing, () => engine.escape(value, node, "returned to code that cannot be followed"));
	engine.onCall(thing, (call) => {
		const left = call.site.written ? engine.leave(value, thing, call) : undefined;
		if (left !== undefined) engine.arrive(left, call.site.node);
	});
}

function arriveSpread(engine: Engine, value: Value, spread: Node) {
	const parent = spread.parent as Node;
	if (enumerate.copied(engine, value, spread)) return;
	if (value.kind === "runtime")
		return enumerate.all(engine, value, spread, "the whole environment is copied");
	if (parent.type === "ObjectExpression" || parent.type === "ArrayExpression") {
		return engine.trace(engine.things.of(parent));
	}
	const index = parent.arguments.indexOf(spread);
	engine.elements(value, (element) => arriveArgument(engine, element, parent, index));
}

function arriveLoop(engine: Engine, value: Value, loop: Node) {
	if (loop.type === "ForInStatement" && enumerate.filtered(engine, value, loop)) return;
	if (value.kind === "runtime")
		return enumerate.all(engine, value, loop.right, "the environment is enumerated");
	if (loop.type === "ForInStatement") return;
	const target = loop.left.type === "VariableDeclaration" ? loop.left.declarations[0].id : loop.left;
	engine.elements(value, (element) => engine.arriveTarget(element, target));
}
