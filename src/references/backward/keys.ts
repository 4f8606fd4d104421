/**
 * Backward analysis of keys: the names of an object's properties, as `Object.keys` and `for … in` list them.
 */
import { type Node, staticKey } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { keep, readFrom } from "../engine/origins.ts";
import { isPrototypeObject, prototypeOf } from "../engine/synthetic-objects.ts";
import { type AbstractObject, stringValue, unknownValue, type ValueSet } from "../engine/values.ts";
import { isErrorClass } from "../models/classes/errors.ts";
import { hasNoKeys } from "../models/subclasses/classes.ts";

const ANY_NAME = unknownValue("a name from a listing");

/** The keys of an object. They are collected when they are first requested. */
export function makeKeys(engine: Engine): Engine["keys"] {
	return (object) => {
		engine.track(object);
		if (object.populated) return object.keys;
		object.populated = true;
		for (const source of object.copiedFrom) addCopiedKeys(engine, source, object.keys);
		if (object.node.type === "ObjectExpression" && object.kind === "plain") {
			addLiteralKeys(engine, object.node, object.keys);
		} else if (object.kind === "array" && object.node.type === "ArrayExpression") {
			engine.solver.add(object.keys, unknownValue("an index"));
		} else if (object.kind === "instance") addFieldKeys(engine, object.constructedBy, false, object.keys);
		else if (object.kind === "class") addFieldKeys(engine, object, true, object.keys);
		else if (object.kind === "function" || isPrototypeObject(object))
			engine.solver.add(object.keys, ANY_NAME);
		return object.keys;
	};
}

/**
 * The names of the fields of a class or of its instances, with those of superclasses. Fields that methods and other
 * code assign are added at the assignment.
 */
function addFieldKeys(
	engine: Engine,
	owner: AbstractObject | undefined,
	isStatic: boolean,
	names: ValueSet,
	seen = new Set<AbstractObject>(),
) {
	const { solver } = engine;
	// A dependency's assignments to its own objects may be followed later.
	if (owner?.kind !== "class" || engine.isForeign(owner.node)) return solver.add(names, ANY_NAME);
	if (seen.has(owner)) return;
	seen.add(owner);
	if (!isStatic) solver.include(prototypeOf(engine, owner).keys, names);
	for (const member of owner.node.body.body as Node[]) {
		if (member.type === "StaticBlock" || Boolean(member.static) !== isStatic) continue;
		// `for … in` lists no methods.
		if (member.type !== "PropertyDefinition") continue;
		const key = staticKey(member.key, member.computed);
		if (key === undefined) solver.include(engine.evaluate(member.key), names);
		else if (!key.startsWith("#")) solver.add(names, stringValue(key));
	}
	if (!owner.node.superClass) return;
	solver.onValue(engine.evaluate(owner.node.superClass), (superclass) => {
		// The properties of errors are not enumerable.
		if (superclass.kind === "builtin" && isErrorClass(superclass.name)) return;
		// An array has indexes, which are the names of no secrets.
		if (superclass.kind === "builtin" && !isStatic && hasNoKeys(superclass.name))
			return superclass.name === "Array" && solver.add(names, unknownValue("an index"));
		if (superclass.kind !== "object") solver.add(names, ANY_NAME);
		else addFieldKeys(engine, superclass.object, isStatic, names, seen);
	});
}

function addLiteralKeys(engine: Engine, node: Node, names: ValueSet) {
	for (const property of node.properties as Node[]) {
		if (property.type === "SpreadElement") {
			copyKeys(engine, engine.evaluate(property.argument), names);
			continue;
		}
		const key = staticKey(property.key, property.computed);
		if (key !== undefined) engine.solver.add(names, stringValue(key));
		else engine.solver.include(engine.evaluate(property.key), names);
	}
}

/**
 * The keys of what a literal spreads, as a read of that object returns them. The object may come from another call of
 * the function that makes both: `(all, key) => ({ ...all, [key]: 1 })`.
 */
function copyKeys(engine: Engine, source: ValueSet, names: ValueSet) {
	engine.solver.onValue(source, (value) => {
		if (value.kind === "nothing") return;
		if (value.kind !== "object") return engine.solver.add(names, ANY_NAME);
		engine.solver.onValue(engine.keys(value.object), (name) => {
			const read = readFrom(value, name);
			if (read !== undefined) engine.solver.add(names, read);
		});
	});
}

/** The keys of what an object gets after it was created. It keeps them beyond the call that copies them. */
export function addCopiedKeys(engine: Engine, source: ValueSet, names: ValueSet) {
	engine.solver.onValue(source, (value) => {
		if (value.kind === "nothing") return;
		if (value.kind !== "object") return engine.solver.add(names, ANY_NAME);
		engine.solver.onValue(engine.keys(value.object), (name) => engine.solver.add(names, keep(name)));
	});
}
