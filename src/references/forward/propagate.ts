/**
 * Forward analysis of expressions: follows a value from the expression that has it.
 *
 * Only values that matter are propagated: APIs that lead to the environment, and objects, functions and classes that
 * were requested. A value that the analysis cannot follow escapes.
 */
import { enclosingFunction, isPrototype, type Node, thisOwner } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { objectValue, type Value } from "../engine/values.ts";
import { objectReads } from "../environment/object-reads.ts";
import { isCopyFollowed, reportCopiedMethods } from "../environment/spread-copies.ts";
import { listThroughProxy } from "../models/proxies.ts";
import { isWritten } from "../models/text/conversions.ts";
import { propagateArgument, propagateCallee } from "./arguments.ts";
import { propagateMember } from "./member-access.ts";

/** Whether a value is propagated. Strings and unknown values are found by backward analysis instead. */
export function isPropagated(value: Value): boolean {
	return value.kind === "object" || value.kind === "runtime" || value.kind === "method";
}

export function makePropagate(engine: Engine): Engine["propagate"] {
	const seenAt = new Map<Node, Set<string>>();
	return (value, node) => {
		if (!isPropagated(value)) return;
		let values = seenAt.get(node);
		if (values === undefined) {
			values = new Set();
			seenAt.set(node, values);
		}
		if (values.has(value.key)) return;
		if (!engine.spendBudget(node)) {
			// The reads of the environment in a dependency already show what it does with its own objects.
			const isOwn = value.kind === "object" && !engine.isDependency(value.object.node);
			if (isOwn) engine.postponed.push(() => engine.propagate(value, node));
			return;
		}
		values.add(value.key);
		engine.solver.enqueue(() => propagateToParent(engine, value, node));
	};
}

/** Follows a value from a node to the node around it. */
function propagateToParent(engine: Engine, value: Value, node: Node) {
	const parent = node.parent;
	if (parent === undefined) return;
	switch (parent.type) {
		case "ChainExpression":
		case "AwaitExpression":
		case "ParenthesizedExpression":
			return engine.propagate(value, parent);
		case "SequenceExpression":
			if (parent.expressions.at(-1) === node) engine.propagate(value, parent);
			return;
		case "ConditionalExpression":
			if (parent.test !== node) engine.propagate(value, parent);
			return;
		case "LogicalExpression":
			if (parent.right === node || parent.operator !== "&&") engine.propagate(value, parent);
			return;
		case "AssignmentExpression":
			if (parent.right !== node) return;
			engine.propagateInto(value, parent.left);
			return engine.propagate(value, parent);
		case "VariableDeclarator":
			return engine.propagateInto(value, parent.id);
		case "AssignmentPattern":
			return engine.propagateInto(value, parent.left);
		case "MemberExpression":
			return propagateMember(engine, value, parent);
		case "CallExpression":
		case "NewExpression":
			if (parent.callee === node) return propagateCallee(engine, value, parent);
			return propagateArgument(engine, value, parent, parent.arguments.indexOf(node));
		case "TaggedTemplateExpression":
			if (parent.tag === node) return propagateCallee(engine, value, parent);
			return propagateArgument(engine, value, parent, 0);
		case "ReturnStatement":
			return propagateReturn(engine, value, parent);
		case "ArrowFunctionExpression":
			return propagateReturn(engine, value, node);
		default:
			propagateToOtherParent(engine, value, node, parent);
	}
}

/** A value becomes a part of an object or a list, which code may list later. */
function propagateIntoLiteral(engine: Engine, value: Value, literal: Node) {
	listThroughProxy(engine, value);
	engine.track(engine.objects.atNode(literal));
}

function propagateToOtherParent(engine: Engine, value: Value, node: Node, parent: Node) {
	switch (parent.type) {
		case "Property":
			if (isPrototype(parent))
				objectReads.ofEverything(engine, value, parent, "the environment is a prototype");
			return propagateIntoLiteral(engine, value, parent.parent as Node);
		case "ArrayExpression":
			return propagateIntoLiteral(engine, value, parent);
		case "MethodDefinition":
		case "PropertyDefinition":
			listThroughProxy(engine, value);
			return engine.track(engine.objects.atNode(parent.parent?.parent as Node));
		case "ClassDeclaration":
		case "ClassExpression":
			return engine.track(engine.objects.atNode(parent));
		case "TemplateLiteral":
			if (parent.parent?.type !== "TaggedTemplateExpression") {
				if (!isTextKnown(engine, value, parent)) engine.escape(value, node, NOT_FOLLOWED);
				return;
			}
			return propagateArgument(engine, value, parent.parent, parent.expressions.indexOf(node) + 1);
		case "SpreadElement":
			return propagateSpread(engine, value, parent);
		case "YieldExpression":
			listThroughProxy(engine, value);
			// Only in the upload's own code is every use of the iterator evaluated.
			if (engine.isForeign(parent)) return engine.escape(value, node, NOT_FOLLOWED);
			return engine.track(engine.objects.iteratorOf(thisOwner(parent)));
		case "ForOfStatement":
		case "ForInStatement":
			if (parent.right === node) propagateLoop(engine, value, parent);
			return;
		case "BinaryExpression":
			if (parent.right === node) propagateToRight(engine, value, parent);
			return;
		case "ExportSpecifier":
			if ((parent.exported.name ?? parent.exported.value) !== "default") return;
			return engine.escape(value, node, "exported", false);
		case "ExportDefaultDeclaration":
			return engine.escape(value, node, "exported", false);
		case "ThrowStatement":
			// A value that the upload's own code throws is followed to its handlers.
			if (engine.isForeign(parent)) engine.escape(value, node, NOT_FOLLOWED);
			return;
		default:
			if (!ENDS.has(parent.type)) engine.escape(value, node, NOT_FOLLOWED);
	}
}

/**
 * Whether a text has nothing of a value that is put into it, or what the code's own methods make of it. The text of the
 * environment is `[object Object]`, unless a copy of it gets a method.
 */
function isTextKnown(engine: Engine, value: Value, template: Node): boolean {
	if (value.kind === "runtime") return value.api === "env";
	return value.kind === "object" && !engine.isForeign(template) && isWritten(engine, value.object);
}

/** `Symbol.hasInstance` of a copy has the copy as `this`. */
const HAS_INSTANCE = "a method of the environment is called";
const NOT_FOLLOWED = "passed to code that the analysis cannot follow";
/**
 * Nodes at which the propagation of a value ends: they test it, compare it, compute with its text, or drop it. At any
 * other node without a rule, the value escapes.
 */
const ENDS = new Set([
	"ExpressionStatement",
	// The call of a decorator is modelled.
	"Decorator",
	"UnaryExpression",
	"UpdateExpression",
	"IfStatement",
	"WhileStatement",
	"DoWhileStatement",
	"ForStatement",
	"SwitchStatement",
	"SwitchCase",
	"ImportExpression",
	"ExportNamedDeclaration",
	"BlockStatement",
	"Program",
	"StaticBlock",
	"LabeledStatement",
	"FunctionDeclaration",
	"FunctionExpression",
]);

/** `name in value`, and `object instanceof value`. */
function propagateToRight(engine: Engine, value: Value, node: Node) {
	if (node.operator === "in") objectReads.ofInOperator(engine, value, node);
	if (node.operator === "instanceof") objectReads.ofEverything(engine, value, node, HAS_INSTANCE);
}

/** A returned value goes to the calls of the function. */
function propagateReturn(engine: Engine, value: Value, node: Node) {
	const fn = enclosingFunction(node);
	if (fn === undefined) return;
	const object = engine.objects.atNode(fn);
	if (fn.parent?.kind === "get") return engine.propagate(objectValue(object), fn);
	engine.onEscape(object, () =>
		engine.escape(value, node, "returned to code that the analysis cannot follow"),
	);
	engine.onCallEdge(object, (call) => {
		const left = call.site.isInSource ? engine.leaveCall(value, object, call) : undefined;
		if (left !== undefined) engine.propagate(left, call.site.node);
	});
}

const isEnvironmentCopied = (value: Value) => value.kind === "runtime" && value.api === "env";

/** A value is spread into an object, an array or arguments. */
function propagateSpread(engine: Engine, value: Value, spread: Node) {
	const parent = spread.parent as Node;
	if (objectReads.ofSpread(engine, value, spread)) return;
	if (isEnvironmentCopied(value) && isCopyFollowed(engine, parent)) {
		for (const { argument, type } of parent.properties as Node[])
			if (type === "SpreadElement") reportCopiedMethods(engine, engine.evaluate(argument), spread);
		return engine.propagate(value, parent);
	}
	if (value.kind === "runtime")
		return objectReads.ofEverything(engine, value, spread, "the whole environment is copied");
	if (parent.type === "ObjectExpression" || parent.type === "ArrayExpression") {
		listThroughProxy(engine, value);
		return engine.track(engine.objects.atNode(parent));
	}
	const index = parent.arguments.indexOf(spread);
	engine.iterate(value, (element) => propagateArgument(engine, element, parent, index));
}

/** A loop runs over the value. */
function propagateLoop(engine: Engine, value: Value, loop: Node) {
	if (loop.type === "ForInStatement" && objectReads.ofListing(engine, value, loop)) return;
	if (value.kind === "runtime")
		return objectReads.ofEverything(engine, value, loop.right, "the environment is listed");
	if (loop.type === "ForInStatement") return;
	const target = loop.left.type === "VariableDeclaration" ? loop.left.declarations[0].id : loop.left;
	engine.iterate(value, (element) => engine.propagateInto(element, target));
}
