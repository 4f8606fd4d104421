/** Backward analysis of the heap: the values of the properties of abstract objects. */
import { isPrototype, type Node, staticKey } from "../bundle/syntax.ts";
import { membersByKey } from "../engine/abstract-objects.ts";
import type { Engine } from "../engine/engine.ts";
import { keep } from "../engine/origins.ts";
import { addHeir, prototypeOf } from "../engine/synthetic-objects.ts";
import {
	type AbstractObject,
	NOTHING,
	objectValue,
	stringValue,
	unknownValue,
	ValueSet,
} from "../engine/values.ts";
import { readAll } from "../models/proxies.ts";
import { inheritLater } from "./accessors.ts";
import { includeAllClassMembers, includeClassMember, includeMember } from "./class-members.ts";
import { addCopiedKeys } from "./keys.ts";
import { includePrototypes } from "./prototypes.ts";

/** The values of one property. Forward propagation, which this starts, adds the values that later code assigns. */
export function makeProperty(engine: Engine): Engine["property"] {
	return (object, key) => {
		let set = object.properties.get(key);
		if (set === undefined) {
			set = new ValueSet();
			object.properties.set(key, set);
			// Only the class's own code can use a private name, and it always spells the name.
			if (!key.startsWith("#")) engine.solver.include(object.summary, set);
			if (object.anyProperty !== undefined) engine.solver.include(set, object.anyProperty);
			fillProperty(engine, object, key, set);
			engine.track(object);
		}
		return set;
	};
}

/** Adds the properties of other objects to one that may have been requested before. */
export function makeCopyProperties(engine: Engine): Engine["copyProperties"] {
	return (target, source) => {
		if (target.copiedFrom.includes(source)) return;
		target.copiedFrom.push(source);
		// What is copied may be `undefined`.
		engine.solver.add(target.lessened, unknownValue("a computed value"));
		for (const [key, into] of target.properties) copyLater(engine, source, key, into);
		if (target.anyProperty !== undefined) copyLater(engine, source, undefined, target.anyProperty);
		if (target.isConstructed) copyElements(engine, source, target);
		for (const [name, into] of target.accessors) inheritLater(engine, source, name, into);
		engine.solver.onValue(source, (from) => {
			if (from.kind === "object") addHeir(engine, from, target);
		});
		addCopiedKeys(engine, source, target.keys);
	};
}

/** Why a property of an object literal is not known whose name is that of a method of all objects. */
export const INHERITED_METHOD = "an inherited method";

/** The values that a property has from the object's allocation on, by the kind of the object. */
function fillProperty(engine: Engine, object: AbstractObject, key: string, into: ValueSet) {
	const { solver } = engine;
	for (const source of object.copiedFrom) copyLater(engine, source, key, into);
	switch (object.kind) {
		case "plain":
			return fillPlainProperty(engine, object, key, into);
		case "array":
			return fillArrayProperty(engine, object, key, into);
		case "class":
			if (key === "prototype") return solver.add(into, objectValue(prototypeOf(engine, object)));
			if (key === "name") addName(engine, object, into);
			return includeClassMember(engine, object, key, undefined, into);
		case "instance":
			if (object.constructedBy === undefined) return solver.add(into, unknownValue("a computed value"));
			includePrototypes(engine, object.constructedBy, key, into);
			if (object.constructedBy.kind === "function") return;
			return includeClassMember(engine, object.constructedBy, key, object, into);
		case "function":
			if (key === "prototype") solver.add(into, objectValue(prototypeOf(engine, object)));
			else if (key === "name") addName(engine, object, into);
			else if (key === "length") solver.add(into, unknownValue("a computed value"));
			return;
		case "map":
		case "set":
			if (key === "size") solver.add(into, unknownValue("a computed value"));
	}
}

/** The name of a function or class. One without its own name may get the name of a variable or property. */
function addName({ solver }: Engine, { node }: AbstractObject, into: ValueSet) {
	solver.add(into, node.id ? stringValue(node.id.name as string) : unknownValue("a computed value"));
}

/**
 * Includes the property of another object that this one copies.
 * @param isElsewhere whether this object may have the property from elsewhere, so that `undefined` does not count
 */
function copyProperty(engine: Engine, source: ValueSet, key: string, into: ValueSet, isElsewhere = true) {
	engine.solver.onValue(source, (value) => {
		if (value.kind === "nothing" && !isElsewhere) engine.solver.add(into, NOTHING);
		if (value.kind === "nothing" || value.kind === "string") return;
		engine.readProperty(value, key, (found) => {
			if (found.kind !== "nothing" || !isElsewhere) engine.solver.add(into, found);
		});
	});
}

/**
 * Includes a property of another object that an object gets after it was created.
 * @param key undefined for all properties
 */
function copyLater(engine: Engine, source: ValueSet, key: string | undefined, into: ValueSet) {
	const copied = new ValueSet();
	if (key === undefined) copyAllProperties(engine, source, copied);
	else copyProperty(engine, source, key, copied);
	engine.solver.onValue(copied, (value) => engine.solver.add(into, keep(value)));
}

/** The properties of an object literal with a given static key; empty for other objects. */
export function literalProperty(object: AbstractObject, key: string): readonly Node[] {
	if (object.node.type !== "ObjectExpression") return [];
	return membersByKey(object).get(key) ?? [];
}

/** A property of an object literal. It is `undefined` if neither the literal nor a spread defines it. */
function fillPlainProperty(engine: Engine, object: AbstractObject, key: string, into: ValueSet) {
	if (object.node.type !== "ObjectExpression") return;
	const own = literalProperty(object, key);
	const isElsewhere = own.length > 0 || key in Object.prototype;
	for (const property of own) includeMember(engine, property, into);
	let mayComeFromElsewhere = own.length > 0;
	for (const property of object.node.properties as Node[]) {
		if (isPrototype(property)) {
			mayComeFromElsewhere = true;
			copyProperty(engine, prototypeOfLiteral(engine, object, property), key, into);
		} else if (property.type === "SpreadElement") {
			mayComeFromElsewhere = true;
			copyProperty(engine, engine.evaluate(property.argument), key, into, isElsewhere);
		} else if (property.computed && staticKey(property.key, true) === undefined) {
			mayComeFromElsewhere = true;
			includeComputedProperty(engine, property, key, into);
		}
	}
	if (!mayComeFromElsewhere)
		engine.solver.add(into, key in Object.prototype ? unknownValue(INHERITED_METHOD) : NOTHING);
}

function prototypeOfLiteral(engine: Engine, object: AbstractObject, property: Node): ValueSet {
	const prototype = engine.evaluate(property.value);
	engine.solver.onValue(prototype, (base) => {
		if (base.kind === "object") addHeir(engine, base, object);
	});
	return prototype;
}

/** Includes `[name]: value` once the computed key may be the given one. */
function includeComputedProperty(engine: Engine, property: Node, key: string, into: ValueSet) {
	let included = false;
	engine.solver.onValue(engine.evaluate(property.key), (value) => {
		if (included || (value.kind === "string" && value.text !== key)) return;
		included = true;
		includeMember(engine, property, into);
	});
}

/** An element of an array literal. From the first spread on, positions are unknown. */
function fillArrayProperty(engine: Engine, object: AbstractObject, key: string, into: ValueSet) {
	const end = object.isComplete && object.node.type !== "ArrayExpression" ? object.knownLength : undefined;
	if (end !== undefined && /^\d{1,6}$/.test(key) && Number(key) >= end) engine.solver.add(into, NOTHING);
	if (object.node.type !== "ArrayExpression") return;
	const elements = object.node.elements as (Node | null)[];
	const spread = elements.findIndex((element) => element?.type === "SpreadElement");
	const index = /^\d{1,6}$/.test(key) ? Number(key) : -1;
	if (index < 0) return;
	if (spread < 0 || index < spread) {
		const element = elements[index];
		if (element) engine.solver.include(engine.evaluate(element), into);
		else engine.solver.add(into, NOTHING);
		return;
	}
	for (const element of elements.slice(spread)) if (element !== null) includeElement(engine, element, into);
}

function includeElement(engine: Engine, element: Node, into: ValueSet) {
	if (element.type !== "SpreadElement") return engine.solver.include(engine.evaluate(element), into);
	engine.solver.onValue(engine.evaluate(element.argument), (value) =>
		engine.iterate(value, (found) => engine.solver.add(into, found)),
	);
}

/** The values of all properties of an object. */
export function makeAnyProperty(engine: Engine): Engine["anyProperty"] {
	return (object) => {
		if (object.anyProperty !== undefined) return object.anyProperty;
		const set = new ValueSet();
		object.anyProperty = set;
		engine.solver.include(object.summary, set);
		for (const slot of object.properties.values()) engine.solver.include(slot, set);
		for (const source of object.copiedFrom) copyLater(engine, source, undefined, set);
		includeAllMembers(engine, object, set);
		engine.track(object);
		return set;
	};
}

/** Includes the elements of an instance of a class that extends `Array`. */
function includeElements(engine: Engine, { parts }: AbstractObject, into: ValueSet) {
	engine.solver.onValue(parts, (part) => {
		if (part.kind === "object" && part.object.kind === "array")
			engine.readProperty(part, undefined, (found) => engine.solver.add(into, found));
		else if (part.kind === "unknown") engine.solver.add(into, part);
	});
}

/** What is copied to an instance of a class that extends `Array` may be its elements. */
function copyElements(engine: Engine, source: ValueSet, { parts }: AbstractObject) {
	engine.solver.onValue(parts, (part) => {
		if (part.kind === "object" && part.object.kind === "array")
			copyLater(engine, source, undefined, part.object.summary);
	});
}

function copyAllProperties(engine: Engine, source: ValueSet, into: ValueSet) {
	engine.solver.onValue(source, (value) => {
		if (value.kind === "nothing" || value.kind === "string") return;
		readAll(engine, value, (found) => engine.solver.add(into, found));
	});
}

function includeAllMembers(engine: Engine, object: AbstractObject, into: ValueSet) {
	if (object.node.type === "ArrayExpression") {
		for (const element of object.node.elements as (Node | null)[]) {
			if (element !== null) includeElement(engine, element, into);
		}
	} else if (object.kind === "plain" && object.node.type === "ObjectExpression") {
		for (const property of object.node.properties as Node[]) {
			if (isPrototype(property))
				copyAllProperties(engine, prototypeOfLiteral(engine, object, property), into);
			else if (property.type === "SpreadElement")
				copyAllProperties(engine, engine.evaluate(property.argument), into);
			else includeMember(engine, property, into);
		}
	} else if (object.kind === "class" || object.kind === "instance") {
		const owner = object.kind === "class" ? object : object.constructedBy;
		if (owner?.kind === "class") includeAllClassMembers(engine, owner, object.kind === "class", into);
		if (object.kind === "instance") includeElements(engine, object, into);
	}
}
