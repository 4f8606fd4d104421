import type { Engine } from "./engine.ts";
import type { AbstractObject, ValueSet } from "./values.ts";

/** Gives a thing that the analysis made a property. */
export function setProperty(engine: Engine, object: AbstractObject, key: string, from: ValueSet) {
	engine.solver.include(from, engine.property(object, key));
}

/** The `[key, value]` pairs of a map, all in one. */
export function mapEntry(engine: Engine, map: AbstractObject): AbstractObject {
	const entry = engine.objects.allocate(map.node, `entry ${map.id}`, "array");
	if (!entry.populated) {
		entry.populated = true;
		setProperty(engine, entry, "0", engine.keys(map));
		setProperty(engine, entry, "1", map.summary);
	}
	return entry;
}
