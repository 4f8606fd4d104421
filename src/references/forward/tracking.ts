/** The start of forward analysis: from the allocation site of an object to its first uses. */
import type { Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { type AbstractObject, objectValue } from "../engine/values.ts";

/** Follows an object from its allocation site to its uses by name, and to `this` in its own methods. */
export function makeTrack(engine: Engine): Engine["track"] {
	return (object) => {
		if (object.tracked) return;
		object.tracked = true;
		engine.solver.enqueue(() => trackObject(engine, object));
	};
}

function trackObject(engine: Engine, object: AbstractObject) {
	const { node } = object;
	const value = object.trackedAs ?? objectValue(object);
	if ((object.kind === "function" || object.kind === "class") && node.id)
		engine.propagateInto(value, node.id);
	if (node.type === "RestElement") return engine.propagateInto(value, node.argument);
	if (object.kind === "instance" && object.node.type !== "NewExpression")
		return propagateInstance(engine, object);
	if (!node.type.endsWith("Declaration") || node.parent?.type === "ExportDefaultDeclaration") {
		engine.propagate(value, node);
	}
	propagateInstance(engine, object);
	if (object.kind === "class") {
		for (const member of node.body.body as Node[]) {
			if (member.static || member.type === "StaticBlock") propagateToThis(engine, object, member);
		}
		engine.track(engine.objects.externalInstance(object));
	}
	if (object.kind === "plain" && node.type === "ObjectExpression") {
		for (const property of node.properties as Node[]) {
			if (property.value?.type === "FunctionExpression") propagateToThis(engine, object, property);
		}
	}
	for (const source of object.copiedFrom)
		engine.solver.onValue(source, (from) => from.kind === "object" && engine.track(from.object));
}

function propagateInstance(engine: Engine, object: AbstractObject) {
	if (object.kind === "instance" && object.constructedBy?.kind === "function")
		propagateToThis(engine, object, object.constructedBy.node.body);
	if (object.kind === "instance" && object.constructedBy?.kind === "class")
		propagateToMethods(engine, object, object.constructedBy);
}

/** Propagates an object to each `this` and `super` in a method, field initialiser or block. */
function propagateToThis(engine: Engine, object: AbstractObject, member: Node) {
	const isBlock = member.type === "StaticBlock" || member.type === "BlockStatement";
	const root = isBlock ? member : (member.value as Node | null);
	if (!root) return;
	for (const node of engine.objects.thisNodes(root)) {
		if (node.type === "ThisExpression") engine.propagate(objectValue(object), node);
		else if (node.parent?.type === "CallExpression") engine.evaluate(node.parent);
		else engine.solver.onValue(engine.evaluate(node), (superclass) => engine.propagate(superclass, node));
	}
}

/** An instance is `this` in the methods of its class and of all superclasses. */
function propagateToMethods(
	engine: Engine,
	instance: AbstractObject,
	owner: AbstractObject,
	seen = new Set<AbstractObject>(),
) {
	if (seen.has(owner)) return;
	seen.add(owner);
	for (const member of owner.node.body.body as Node[]) {
		if (!member.static && member.type !== "StaticBlock") propagateToThis(engine, instance, member);
	}
	if (!owner.node.superClass) return;
	engine.solver.onValue(engine.evaluate(owner.node.superClass), (superclass) => {
		if (superclass.kind === "object" && superclass.object.kind === "class")
			propagateToMethods(engine, instance, superclass.object, seen);
	});
}
