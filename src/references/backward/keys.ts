/**
 * Backward analysis of keys: the names of an object's properties, as `Object.keys` and `for … in` list them.
 */
import { type Node, staticKey } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { stringValue, unknownValue, type ValueSet } from "../engine/values.ts";

/** The keys of an object. They are collected once somebody has asked for them. */
export function makeKeys(engine: Engine): Engine["keys"] {
	return (object) => {
		engine.track(object);
		if (object.populated) return object.keys;
		object.populated = true;
		for (const source of object.copiedFrom) copyKeys(engine, source, object.keys);
		if (object.node.type === "ObjectExpression" && object.kind === "plain") {
			addLiteralKeys(engine, object.node, object.keys);
		} else if (object.kind === "array" && object.node.type === "ArrayExpression") {
			engine.solver.add(object.keys, unknownValue("an index"));
		} else if (object.kind === "instance" || object.kind === "class" || object.kind === "function") {
			engine.solver.add(object.keys, unknownValue("a name from a listing"));
		}
		return object.keys;
	};
}

function addLiteralKeys(engine: Engine, node: Node, names: ValueSet) {
	for (const property of node.properties as Node[]) {
		if (property.type === "SpreadElement") {
			copyKeys(engine, engine.evaluate(property.argument), names);
			continue;
		}
		const key = staticKey(property.key, property.computed);
		if (key !== undefined) engine.solver.add(names, stringValue(key));
		else engine.solver.include(engine.evaluate(property.key), names);
	}
}

function copyKeys(engine: Engine, source: ValueSet, names: ValueSet) {
	engine.solver.onValue(source, (value) => {
		if (value.kind === "object") engine.solver.include(engine.keys(value.object), names);
		else if (value.kind !== "nothing") engine.solver.add(names, unknownValue("a name from a listing"));
	});
}
