/** Backward analysis of member expressions, calls and `super`. */
import { enclosingClass, type Node, staticKey, thisOwner } from "../bundle/syntax.ts";
import { unify } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { inIteration } from "../engine/iteration-context.ts";
import {
	NOTHING,
	objectValue,
	unknownValue,
	type Value,
	type ValueSet,
	withContext,
} from "../engine/values.ts";
import { addAbsent } from "../models/objects/absent-values.ts";
import { includePartsOfThis, isExtensible, shareParts } from "../models/subclasses/classes.ts";

/** Where it matters that a value is `undefined`: a parameter may have a default. */
const GIVING = new Set([
	"CallExpression",
	"NewExpression",
	"VariableDeclarator",
	"AssignmentExpression",
	"ReturnStatement",
	"ArrowFunctionExpression",
	"Property",
	"ArrayExpression",
	"ConditionalExpression",
	"ChainExpression",
	"AwaitExpression",
	"YieldExpression",
]);

function mayBeGiven(node: Node): boolean {
	const parent = node.parent as Node;
	if (parent.type === "LogicalExpression") return parent.right === node;
	return GIVING.has(parent.type) && parent.callee !== node;
}

/** `object.key` and `object[key]`. An unknown key reads the properties under all keys. */
export function evaluateMember(engine: Engine, node: Node, into: ValueSet) {
	const { solver } = engine;
	const maker = engine.schemas.makerAt(node);
	if (maker !== undefined) return solver.add(into, objectValue(engine.objects.atNode(maker)));
	const object = engine.evaluate(node.object);
	const key = staticKey(node.property, node.computed);
	const isGiven = mayBeGiven(node);
	const readKey = (value: Value, by: string | undefined, from: Value) => {
		const unified = unify(value.context, from.context);
		if (unified === undefined) return;
		engine.readProperty(value, by, (read) => {
			const found = by === undefined ? inIteration(engine, read, node) : read;
			const context = unify(found.context, unified);
			if (isGiven) addAbsent(engine, value, by, into, unified);
			const mayBeName = found.kind === "string" || found.kind === "unknown";
			if (context !== undefined)
				solver.add(
					into,
					withContext(found, context, found.reportAt ?? (mayBeName ? from.reportAt : undefined)),
				);
		});
	};
	if (key !== undefined) return solver.onValue(object, (value) => readKey(value, key, NOTHING));
	const keys = engine.evaluate(node.property);
	solver.onValue(object, (value) =>
		solver.onValue(keys, (by) => readKey(value, by.kind === "string" ? by.text : undefined, by)),
	);
}

/** The result of a call. A call of `super` returns the instance under construction. */
export function evaluateCall(engine: Engine, node: Node, into: ValueSet) {
	const site = engine.callSite(node);
	const called = (node.callee ?? node.tag) as Node;
	if (called.type !== "Super") {
		return engine.solver.onValue(engine.evaluate(called), (callee) => engine.invoke(callee, site, into));
	}
	engine.solver.include(engine.thisValue(thisOwner(node)), into);
	const owner = enclosingClass(node);
	if (!owner?.superClass) return;
	engine.solver.onValue(engine.evaluate(owner.superClass), (superclass) =>
		engine.invoke(superclass, site, undefined),
	);
}

function isMember(node: Node): boolean {
	if (node.parent?.type === "ClassBody") return true;
	const isMethod = node.method || node.kind === "get" || node.kind === "set";
	return node.type === "Property" && isMethod && node.parent?.type === "ObjectExpression";
}

/** `super` as an object: an instance of the superclass, or in static members the superclass itself. */
export function evaluateSuper(engine: Engine, node: Node, into: ValueSet) {
	let element = node.parent;
	while (element !== undefined && !isMember(element)) element = element.parent;
	// A literal also has the properties that it inherits.
	if (element?.type === "Property")
		return engine.solver.add(into, objectValue(engine.objects.atNode(element.parent as Node)));
	const owner = element?.parent?.parent;
	if (element === undefined || !owner?.superClass)
		return engine.solver.add(into, unknownValue("a computed value"));
	const isStatic = element.static || element.type === "StaticBlock";
	engine.solver.onValue(engine.evaluate(owner.superClass), (superclass) => {
		if (isStatic) return engine.solver.add(into, superclass);
		const self = engine.thisValue(thisOwner(node));
		if (superclass.kind === "builtin" && isExtensible(superclass.name))
			return includePartsOfThis(engine, self, superclass, into);
		if (superclass.kind !== "object" || superclass.object.kind !== "class")
			return engine.solver.add(into, superclass);
		const instance = engine.objects.allocate(
			owner,
			`super ${superclass.object.id}`,
			"instance",
			superclass.object,
		);
		if (!engine.isForeign(node)) shareParts(engine, self, instance);
		engine.solver.add(into, objectValue(instance, superclass.context));
	});
}
