/** Objects that models of built-in functions create, and the prototypes of classes and functions. */
import type { Engine } from "./engine.ts";
import { type AbstractObject, type ObjectValue, objectValue, type ValueSet } from "./values.ts";

/** Includes the values of a set in a property of an object. */
export function setProperty(engine: Engine, object: AbstractObject, key: string, from: ValueSet) {
	engine.solver.include(from, engine.property(object, key));
}

/** Makes an array a `[key, value]` entry. */
export function setEntry(engine: Engine, entry: AbstractObject, key: ValueSet, value: ValueSet) {
	setProperty(engine, entry, "0", key);
	setProperty(engine, entry, "1", value);
}

/** An array of two that stands for every `[key, value]` entry of a map. */
export function mapEntry(engine: Engine, map: AbstractObject): AbstractObject {
	const entry = engine.objects.allocate(map.node, `entry ${map.id}`, "array");
	if (!entry.populated) {
		entry.populated = true;
		setEntry(engine, entry, engine.keys(map), map.summary);
	}
	return entry;
}

/** The `prototype` object of a class, or of a function that is used as one. */
export function prototypeOf(engine: Engine, fn: AbstractObject): AbstractObject {
	const prototype = engine.objects.allocate(fn.node, "prototype", "plain", fn);
	prototype.trackedAs = objectValue(fn);
	return prototype;
}

/** Whether an object is the `prototype` of a class or function. */
export function isPrototypeObject(object: AbstractObject): boolean {
	return object.kind === "plain" && object.constructedBy !== undefined;
}

/**
 * Whether an object is surely no function: the code spells it as an object or a list, or it is what a CommonJS module
 * exports before it replaces its exports. A call of it throws an error.
 */
export function isNeverCallable(object: AbstractObject): boolean {
	const { kind, node, trackedAs } = object;
	if (object.builtinClass !== undefined || object.proxyHandler !== undefined) return false;
	if (kind === "array") return node.type === "ArrayExpression";
	const isOfModule = trackedAs?.kind === "method" && trackedAs.name === "require";
	return kind === "plain" && (node.type === "ObjectExpression" || isOfModule);
}

/** The object that code has where a value is a part of one. */
export function wholeOf(value: ObjectValue): ObjectValue {
	const { partOf } = value.object;
	return partOf === undefined ? value : (objectValue(partOf, value.context) as ObjectValue);
}

/** Notes that an object has a prototype: methods of the prototype may be called on the object. */
export function addHeir(engine: Engine, prototype: ObjectValue, heir: AbstractObject) {
	const of = (object: AbstractObject) => {
		engine.solver.add(object.instances, objectValue(heir));
		engine.solver.include(heir.instances, object.instances);
	};
	of(prototype.object);
	if (isPrototypeObject(prototype.object)) of(prototype.object.constructedBy as AbstractObject);
}
