/** Backwards: what the properties of things are. */

import { type Node, staticKey } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { Cell, NOTHING, type Thing, thingValue, unknown } from "../engine/values.ts";
import { classSlot, everyOfClass, keyed, memberValue } from "./class-members.ts";

/** The cell of one property, with what the code puts there later. */
export function makeSlot(engine: Engine): Engine["slot"] {
	return (thing, key) => {
		let cell = thing.slots.get(key);
		if (cell === undefined) {
			cell = new Cell();
			thing.slots.set(key, cell);
			engine.solver.feed(thing.open, cell);
			if (thing.every !== undefined) engine.solver.feed(cell, thing.every);
			fillSlot(engine, thing, key, cell);
			engine.trace(thing);
		}
		return cell;
	};
}

function fillSlot(engine: Engine, thing: Thing, key: string, cell: Cell) {
	const { solver } = engine;
	for (const source of thing.sources) fromSource(engine, source, key, cell);
	switch (thing.kind) {
		case "plain":
			return objectSlot(engine, thing, key, cell);
		case "array":
			return arraySlot(engine, thing, key, cell);
		case "class":
			return classSlot(engine, thing, key, true, cell);
		case "instance":
			if (thing.made === undefined) return solver.add(cell, unknown("a computed value"));
			if (thing.made.kind === "function")
				return solver.feed(engine.slot(prototypeOf(engine, thing.made), key), cell);
			return classSlot(engine, thing.made, key, false, cell);
		case "function":
			if (key === "prototype") solver.add(cell, thingValue(prototypeOf(engine, thing)));
			else if (key === "name" || key === "length") solver.add(cell, unknown("a computed value"));
			return;
		case "map":
		case "set":
			if (key === "size") solver.add(cell, unknown("a computed value"));
	}
}

/** What a function that is used as a class puts its methods into. */
function prototypeOf(engine: Engine, fn: Thing): Thing {
	const prototype = engine.things.made(fn.node, "prototype", "plain", fn);
	prototype.origin = thingValue(fn);
	return prototype;
}

function fromSource(engine: Engine, source: Cell, key: string, cell: Cell) {
	engine.solver.each(source, (value) => {
		if (value.kind === "nothing" || value.kind === "string") return;
		engine.read(value, key, (found) => found.kind !== "nothing" && engine.solver.add(cell, found));
	});
}

/** The parts of a literal or class body that define a key. */
export function ownProperty(thing: Thing, key: string): readonly Node[] {
	if (thing.node.type !== "ObjectExpression") return [];
	return keyed(thing.node, thing.node.properties).get(key) ?? [];
}

function objectSlot(engine: Engine, thing: Thing, key: string, cell: Cell) {
	if (thing.node.type !== "ObjectExpression") return;
	const own = ownProperty(thing, key);
	for (const property of own) memberValue(engine, property, cell);
	let open = own.length > 0;
	for (const property of thing.node.properties as Node[]) {
		if (property.type === "SpreadElement") {
			open = true;
			fromSource(engine, engine.evaluate(property.argument), key, cell);
		} else if (property.computed && staticKey(property.key, true) === undefined) {
			open = true;
			computedProperty(engine, property, key, cell);
		}
	}
	if (!open) engine.solver.add(cell, NOTHING);
}

function computedProperty(engine: Engine, property: Node, key: string, cell: Cell) {
	let fed = false;
	engine.solver.each(engine.evaluate(property.key), (value) => {
		if (fed || (value.kind === "string" && value.text !== key)) return;
		fed = true;
		memberValue(engine, property, cell);
	});
}

function arraySlot(engine: Engine, thing: Thing, key: string, cell: Cell) {
	if (thing.node.type !== "ArrayExpression") return;
	const elements = thing.node.elements as (Node | null)[];
	const spread = elements.findIndex((element) => element?.type === "SpreadElement");
	const index = /^\d{1,6}$/.test(key) ? Number(key) : -1;
	if (index < 0) return;
	if (spread < 0 || index < spread) {
		const element = elements[index];
		if (element) engine.solver.feed(engine.evaluate(element), cell);
		else engine.solver.add(cell, NOTHING);
		return;
	}
	for (const element of elements.slice(spread)) if (element !== null) feedElement(engine, element, cell);
}

function feedElement(engine: Engine, element: Node, cell: Cell) {
	if (element.type !== "SpreadElement") return engine.solver.feed(engine.evaluate(element), cell);
	engine.solver.each(engine.evaluate(element.argument), (value) =>
		engine.elements(value, (found) => engine.solver.add(cell, found)),
	);
}

/** All values of a thing, under any key. */
export function makeEvery(engine: Engine): Engine["every"] {
	return (thing) => {
		if (thing.every !== undefined) return thing.every;
		const cell = new Cell();
		thing.every = cell;
		engine.solver.feed(thing.open, cell);
		for (const slot of thing.slots.values()) engine.solver.feed(slot, cell);
		for (const source of thing.sources) everySource(engine, source, cell);
		everyMember(engine, thing, cell);
		engine.trace(thing);
		return cell;
	};
}

function everySource(engine: Engine, source: Cell, cell: Cell) {
	engine.solver.each(source, (value) => {
		if (value.kind === "nothing" || value.kind === "string") return;
		engine.read(value, undefined, (found) => engine.solver.add(cell, found));
	});
}

function everyMember(engine: Engine, thing: Thing, cell: Cell) {
	if (thing.node.type === "ArrayExpression") {
		for (const element of thing.node.elements as (Node | null)[]) {
			if (element !== null) feedElement(engine, element, cell);
		}
	} else if (thing.kind === "plain" && thing.node.type === "ObjectExpression") {
		for (const property of thing.node.properties as Node[]) {
			if (property.type === "SpreadElement") everySource(engine, engine.evaluate(property.argument), cell);
			else memberValue(engine, property, cell);
		}
	} else if (thing.kind === "class" || thing.kind === "instance") {
		const owner = thing.kind === "class" ? thing : thing.made;
		if (owner?.kind === "class") everyOfClass(engine, owner, thing.kind === "class", cell);
	}
}
