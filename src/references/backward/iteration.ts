/** Backwards: the names of a thing's properties, and what iterating over it gives. */

import { type Node, staticKey } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import {
	type Cell,
	join,
	place,
	shapeKey,
	type Thing,
	text,
	thingValue,
	unknown,
	type Value,
	withCall,
} from "../engine/values.ts";

export function makeNames(engine: Engine): Engine["names"] {
	return (thing) => {
		if (thing.named) return thing.names;
		thing.named = true;
		for (const source of thing.sources) fromSource(engine, source, thing.names);
		if (thing.node.type === "ObjectExpression" && thing.kind === "object") {
			literalNames(engine, thing.node, thing.names);
		} else if (thing.kind === "array" && thing.node.type === "ArrayExpression") {
			engine.solver.add(thing.names, unknown("an index"));
		} else if (thing.kind === "instance" || thing.kind === "class" || thing.kind === "function") {
			engine.solver.add(thing.names, unknown("a name from an enumeration"));
		}
		engine.trace(thing);
		return thing.names;
	};
}

/**
 * Marks a value as the one of this pass of a loop or this pick from a table, so that the parts of two
 * elements are not put together: `for (const [k, v] of …)` pairs each key with its own value.
 */
export function onePass(engine: Engine, value: Value, loop: Node): Value {
	if (value.kind !== "thing" && value.kind !== "string") return value;
	const id = engine.things.idOf(`loop ${loop.start} ${loop.end}`);
	return place(value, withCall(value.context, id, engine.things.idOf(shapeKey(value))));
}

function literalNames(engine: Engine, node: Node, names: Cell) {
	for (const property of node.properties as Node[]) {
		if (property.type === "SpreadElement") {
			fromSource(engine, engine.evaluate(property.argument), names);
			continue;
		}
		const key = staticKey(property.key, property.computed);
		if (key !== undefined) engine.solver.add(names, text(key));
		else engine.solver.feed(engine.evaluate(property.key), names);
	}
}

function fromSource(engine: Engine, source: Cell, names: Cell) {
	engine.solver.each(source, (value) => {
		if (value.kind === "thing") engine.solver.feed(engine.names(value.thing), names);
		else if (value.kind !== "nothing") engine.solver.add(names, unknown("a name from an enumeration"));
	});
}

export function makeElements(engine: Engine): Engine["elements"] {
	return (value, into) => {
		if (value.kind === "nothing") return;
		if (value.kind !== "thing") return into(place(unknown(why(value)), value.context, value.site));
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

/** Gives a thing that the analysis made a property. */
export function setSlot(engine: Engine, thing: Thing, key: string, from: Cell) {
	engine.solver.feed(from, engine.slot(thing, key));
}
