/** Abstract values of constants that a model computes, such as the result of `JSON.parse("…")`. */
import type { Node } from "../../bundle/syntax.ts";
import type { Engine } from "../../engine/engine.ts";
import { setProperty } from "../../engine/synthetic-objects.ts";
import {
	booleanValue,
	makeValue,
	NOTHING,
	objectValue,
	stringValue,
	unknownValue,
	type Value,
} from "../../engine/values.ts";

/** Constants with more parts are unknown. */
const PARTS_MAX = 2_000;

export type Constant =
	| string
	| number
	| bigint
	| boolean
	| null
	| undefined
	| readonly Constant[]
	| { readonly [key: string]: Constant };

/**
 * The abstract value of a constant. Arrays and objects are allocated at the node.
 * @param tag distinguishes several constants of one node
 */
export function constantValue(engine: Engine, node: Node, tag: string, constant: Constant): Value {
	const left = { parts: PARTS_MAX };
	return build(engine, node, tag, constant, left);
}

function build(engine: Engine, node: Node, tag: string, constant: Constant, left: { parts: number }): Value {
	if (--left.parts < 0) return unknownValue("a part of a large constant");
	switch (typeof constant) {
		case "string":
			return stringValue(constant);
		case "number":
			return numberValue(constant);
		case "bigint":
			return makeValue({ kind: "string", text: String(constant), numeric: true });
		case "boolean":
			return booleanValue(constant);
		case "undefined":
			return NOTHING;
	}
	if (constant === null) return NOTHING;
	const isList = Array.isArray(constant);
	const object = engine.objects.allocate(node, `constant ${tag}`, isList ? "array" : "plain");
	if (!object.populated) {
		object.populated = true;
		object.isComplete = true;
		if (isList) object.knownLength = (constant as readonly Constant[]).length;
		for (const [key, part] of Object.entries(constant)) {
			if (!isList) engine.solver.add(object.keys, stringValue(key));
			const value = build(engine, node, `${tag}.${key}`, part, left);
			setProperty(engine, object, key, engine.solver.singleton(value));
		}
	}
	return objectValue(object);
}

/** A known number. `NaN` is treated like `undefined`. */
export function numberValue(value: number): Value {
	return Number.isNaN(value) ? NOTHING : makeValue({ kind: "string", text: String(value), numeric: true });
}
