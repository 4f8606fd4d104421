/** Backwards: the names of a thing's properties, and what iterating over it gives. */

import { join } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { entryOf } from "../engine/properties.ts";
import { type Cell, place, thingValue, unknown, type Value } from "../engine/values.ts";

export function makeElements(engine: Engine): Engine["elements"] {
	return (value, into) => {
		if (value.kind === "nothing") return;
		if (value.kind !== "object") return into(place(unknown(why(value)), value.context, value.site));
		const { thing } = value;
		const give = (cell: Cell) =>
			engine.solver.each(cell, (found) => {
				const context = join(found.context, value.context);
				if (context !== undefined) into(place(found, context));
			});
		if (thing.kind === "array") give(engine.every(thing));
		else if (thing.kind === "set") give(thing.open);
		else if (thing.kind === "map") into(thingValue(entryOf(engine, thing), value.context));
		else into(unknown("an element of something unknown"));
	};
}

function why(value: Value): string {
	return value.kind === "unknown" ? value.why : "a name from an enumeration";
}
