/** Properties of the objects that models of built-in functions create. */
import type { Engine } from "./engine.ts";
import type { AbstractObject, ValueSet } from "./values.ts";

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
