/** Methods of objects that have the name of a built-in method, such as `cache.get = …` of a `Map`. */
import { isPrototype, type Node, staticKey } from "../bundle/syntax.ts";
import { membersByKey } from "../engine/abstract-objects.ts";
import type { Engine } from "../engine/engine.ts";
import { readFrom } from "../engine/origins.ts";
import type { AbstractObject, ObjectValue, Value } from "../engine/values.ts";
import { INHERITED_METHOD } from "./properties.ts";

/**
 * Reads what an object has in place of a built-in method.
 *
 * Most objects have nothing, and for these no property is made. Where the code stores a value by a key that is not
 * known, or copies other objects, the value counts if it is a function of the code.
 */
export function readReplacement(
	engine: Engine,
	holder: ObjectValue,
	key: string,
	into: (value: Value) => void,
) {
	const { object } = holder;
	const include = (isWanted: (value: Value) => boolean) =>
		engine.solver.onValue(engine.property(object, key), (stored) => {
			const found = readFrom(holder, stored);
			if (found !== undefined && isWanted(found)) into(found);
		});
	if (isClassMember(object, key)) include(isValue);
	else if (getsOtherKeys(object)) include(isFunctionOfCode);
	let isIncluded = false;
	engine.solver.onValue(object.keys, (name) => {
		const isSame = name.kind === "string" && name.text === key;
		// The keys of an array that are not known are those of its elements.
		if (isIncluded || !(isSame || (name.kind !== "string" && object.kind !== "array"))) return;
		isIncluded = isSame;
		include(isSame ? isValue : isFunctionOfCode);
	});
}

/** The built-in method itself is another value of the property. */
const isValue = (value: Value) =>
	value.kind !== "nothing" && (value.kind !== "unknown" || value.why !== INHERITED_METHOD);

const isFunctionOfCode = (value: Value) => value.kind === "object" && value.object.kind === "function";

/** Whether the class of an instance may define a method. Its superclass may define it, too. */
function isClassMember({ constructedBy, kind }: AbstractObject, key: string): boolean {
	if (kind !== "instance" || constructedBy?.kind !== "class") return false;
	return Boolean(constructedBy.node.superClass) || membersByKey(constructedBy).has(key);
}

/** Whether an object literal has properties that it does not spell. */
function getsOtherKeys({ kind, node }: AbstractObject): boolean {
	if (kind !== "plain" || node.type !== "ObjectExpression") return false;
	return (node.properties as Node[]).some(
		(property) =>
			property.type === "SpreadElement" ||
			isPrototype(property) ||
			(property.computed && staticKey(property.key, true) === undefined),
	);
}
