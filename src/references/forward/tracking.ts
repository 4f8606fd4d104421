/** Forwards, the beginning: from where a thing is made to its first uses. */

import type { Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { type Thing, thingValue } from "../engine/values.ts";

/** Follows a thing from its place: to its uses by name, and to the `this` of its own methods. */
export function makeTrace(engine: Engine): Engine["trace"] {
	return (thing) => {
		if (thing.traced) return;
		thing.traced = true;
		engine.solver.later(() => traceFrom(engine, thing));
	};
}

function traceFrom(engine: Engine, thing: Thing) {
	const { node } = thing;
	const value = thing.origin ?? thingValue(thing);
	if ((thing.kind === "function" || thing.kind === "class") && node.id) engine.arriveTarget(value, node.id);
	if (node.type === "RestElement") return engine.arriveTarget(value, node.argument);
	if (thing.kind === "instance" && thing.node.type !== "NewExpression") return arriveOwner(engine, thing);
	if (!node.type.endsWith("Declaration") || node.parent?.type === "ExportDefaultDeclaration") {
		engine.arrive(value, node);
	}
	arriveOwner(engine, thing);
	if (thing.kind === "class") {
		for (const member of node.body.body as Node[]) {
			if (member.static || member.type === "StaticBlock") ownThis(engine, thing, member);
		}
		engine.trace(engine.things.outside(thing));
	}
	if (thing.kind === "plain" && node.type === "ObjectExpression") {
		for (const property of node.properties as Node[]) {
			if (property.value?.type === "FunctionExpression") ownThis(engine, thing, property);
		}
	}
	for (const source of thing.sources)
		engine.solver.each(source, (from) => from.kind === "object" && engine.trace(from.thing));
}

function arriveOwner(engine: Engine, thing: Thing) {
	if (thing.kind === "instance" && thing.made?.kind === "function")
		ownThis(engine, thing, thing.made.node.body);
	if (thing.kind === "instance" && thing.made?.kind === "class") arriveThis(engine, thing, thing.made);
}

function ownThis(engine: Engine, thing: Thing, member: Node) {
	const whole = member.type === "StaticBlock" || member.type === "BlockStatement";
	const root = whole ? member : (member.value as Node | null);
	if (!root) return;
	for (const node of engine.things.selfNodes(root)) {
		if (node.type === "ThisExpression") engine.arrive(thingValue(thing), node);
		else if (node.parent?.type === "CallExpression") engine.evaluate(node.parent);
		else engine.solver.each(engine.evaluate(node), (above) => engine.arrive(above, node));
	}
}

/** An instance is the `this` of its class's methods, and of those of the classes above. */
function arriveThis(engine: Engine, instance: Thing, owner: Thing, seen = new Set<Thing>()) {
	if (seen.has(owner)) return;
	seen.add(owner);
	for (const member of owner.node.body.body as Node[]) {
		if (!member.static && member.type !== "StaticBlock") ownThis(engine, instance, member);
	}
	if (!owner.node.superClass) return;
	engine.solver.each(engine.evaluate(owner.node.superClass), (above) => {
		if (above.kind === "object" && above.thing.kind === "class")
			arriveThis(engine, instance, above.thing, seen);
	});
}
