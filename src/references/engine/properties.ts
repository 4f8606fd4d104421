import type { Engine } from "./engine.ts";
import type { Cell, Thing } from "./values.ts";

/** Gives a thing that the analysis made a property. */

export function setSlot(engine: Engine, thing: Thing, key: string, from: Cell) {
	engine.solver.feed(from, engine.slot(thing, key));
}
/** The `[key, value]` pairs of a map, all in one. */

export function entryOf(engine: Engine, map: Thing): Thing {
	const entry = engine.things.made(map.node, `entry ${map.id}`, "array");
	if (!entry.named) {
		entry.named = true;
		setSlot(engine, entry, "0", engine.names(map));
		setSlot(engine, entry, "1", map.open);
	}
	return entry;
}
