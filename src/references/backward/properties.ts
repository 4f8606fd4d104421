/** Backwards: what the properties of things are. */

import { type Node, staticKey } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import {
	Cell,
	join,
	makeValue,
	NOTHING,
	place,
	type Thing,
	thingValue,
	unknown,
	type Value,
} from "../engine/values.ts";
import { readNative } from "../environment/runtime-apis.ts";
import { ARRAY_METHODS } from "../models/arrays.ts";
import { COLLECTION_METHODS } from "../models/collections.ts";
import { readTrapped } from "../models/proxies.ts";
import { STRING_METHODS } from "../models/strings.ts";
import { classSlot, everyOfClass, keyed, memberValue } from "./class-members.ts";

const PROMISE_METHODS = new Set(["then", "catch", "finally"]);
const FUNCTION_METHODS = new Set(["call", "apply", "bind"]);
const OBJECT_METHODS = new Set(["hasOwnProperty"]);

/** What is under a key of a value. Methods of the language's own become values too, so that they can be passed on. */
export function makeRead(engine: Engine): Engine["read"] {
	return (value, key, into) => {
		const method = (name: string) => into(makeValue({ kind: "method", name, of: value }, value.context));
		switch (value.kind) {
			case "nothing":
				return key !== undefined && PROMISE_METHODS.has(key) ? method(key) : undefined;
			case "native":
				return key !== undefined && PROMISE_METHODS.has(key) ? method(key) : into(readNative(value, key));
			case "thing":
				return readThing(engine, value, key, into, method);
			case "builtin":
				return into(
					key === undefined
						? unknown("a computed value")
						: makeValue({ kind: "builtin", name: `${value.name}.${key}` }),
				);
			case "string":
				if (key !== undefined && (STRING_METHODS.has(key) || PROMISE_METHODS.has(key))) return method(key);
				return into(place(unknown("a computed value"), value.context));
			case "method":
				if (key !== undefined && FUNCTION_METHODS.has(key)) return method(key);
				return into(unknown("a computed value"));
			case "unknown":
				if (key !== undefined && PROMISE_METHODS.has(key)) return method(key);
				if (value.start === undefined) return into(value);
				return key !== undefined && STRING_METHODS.has(key)
					? method(key)
					: into(place(unknown("a computed value"), value.context));
		}
	};
}

function readThing(
	engine: Engine,
	value: Value & { kind: "thing" },
	key: string | undefined,
	into: (value: Value) => void,
	method: (name: string) => void,
) {
	const { thing } = value;
	const { solver } = engine;
	if (thing.traps !== undefined && key !== "then") return readTrapped(engine, thing, thing.traps, key, into);
	if (key !== undefined && hasMethod(thing, key)) return method(key);
	if (key === "length" && thing.kind === "array") return into(lengthOf(thing));
	const cell = key === undefined ? engine.every(thing) : engine.slot(thing, key);
	solver.each(cell, (found) => {
		const context = join(found.context, value.context);
		if (context !== undefined) into(place(found, context));
	});
}

function lengthOf(thing: Thing): Value {
	const elements =
		thing.node.type === "ArrayExpression" ? (thing.node.elements as (Node | null)[]) : undefined;
	if (elements === undefined || elements.some((element) => element?.type === "SpreadElement")) {
		return unknown("a computed value");
	}
	return makeValue({ kind: "string", text: String(elements.length), numeric: true });
}

function hasMethod(thing: Thing, key: string): boolean {
	if (thing.kind === "array" && ARRAY_METHODS.has(key)) return true;
	if ((thing.kind === "map" || thing.kind === "set") && COLLECTION_METHODS.has(key)) return true;
	if (thing.kind === "function" && FUNCTION_METHODS.has(key)) return true;
	if (thing.kind !== "object" && thing.kind !== "instance" && thing.kind !== "array") return false;
	if (!PROMISE_METHODS.has(key) && !OBJECT_METHODS.has(key)) return false;
	return !thing.slots.has(key) && ownProperty(thing, key).length === 0;
}

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
		case "object":
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
	const prototype = engine.things.made(fn.node, "prototype", "object", fn);
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
function ownProperty(thing: Thing, key: string): readonly Node[] {
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
	} else if (thing.kind === "object" && thing.node.type === "ObjectExpression") {
		for (const property of thing.node.properties as Node[]) {
			if (property.type === "SpreadElement") everySource(engine, engine.evaluate(property.argument), cell);
			else memberValue(engine, property, cell);
		}
	} else if (thing.kind === "class" || thing.kind === "instance") {
		const owner = thing.kind === "class" ? thing : thing.made;
		if (owner?.kind === "class") everyOfClass(engine, owner, thing.kind === "class", cell);
	}
}
