/** `Map` and `Set`. Which key has which value is not kept apart. */

import { entryOf } from "../engine/properties.ts";
import { Cell, NOTHING, type ObjectValue, thingValue } from "../engine/values.ts";
import type { Invocation } from "./builtin-call.ts";

export const COLLECTION_METHODS: ReadonlySet<string> = new Set(
	"get has set add delete clear forEach keys values entries".split(" "),
);

/** `new Map(entries)` and `new Set(elements)`. */
export function makeCollection(call: Invocation, kind: "map" | "set") {
	const { engine } = call;
	const made = engine.things.made(call.site.node, kind, kind);
	const given = new Cell();
	call.elementsOf(call.argument(0), kind === "set" ? made.open : given);
	if (kind === "map") {
		made.named = true;
		engine.solver.each(given, (entry) => {
			engine.read(entry, "0", (key) => engine.solver.add(made.names, key));
			engine.read(entry, "1", (value) => engine.solver.add(made.open, value));
		});
	}
	call.giveThing(made);
}

export function callCollectionMethod(call: Invocation, name: string, of: ObjectValue) {
	const { engine } = call;
	const { thing } = of;
	const keys = thing.kind === "map" ? thing.names : thing.open;
	switch (name) {
		case "get":
			return call.giveAll(thing.open);
		case "set":
			engine.solver.feed(call.argument(0), thing.names);
			engine.solver.feed(call.argument(1), thing.open);
			engine.trace(thing);
			return call.give(of);
		case "add":
			engine.solver.feed(call.argument(0), thing.open);
			engine.trace(thing);
			return call.give(of);
		case "forEach":
			return call.callback(0, [thing.open, keys]);
		case "keys":
		case "values": {
			const made = call.array(`${name} ${thing.id}`);
			engine.solver.feed(name === "keys" ? keys : thing.open, made.open);
			return call.giveThing(made);
		}
		case "entries": {
			const made = call.array(`entries ${thing.id}`);
			if (thing.kind === "map") engine.solver.add(made.open, thingValue(entryOf(engine, thing)));
			return call.giveThing(made);
		}
		default:
			call.give(NOTHING);
	}
}
