/** Backward analysis of accessors: the functions that reads of properties and assignments to them call. */
import { isPrototype, type Node, staticKey } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { keep, readFrom } from "../engine/origins.ts";
import { ANY_KEY } from "../engine/stores.ts";
import { prototypeOf } from "../engine/synthetic-objects.ts";
import { type AbstractObject, ValueSet } from "../engine/values.ts";

type Kind = "get" | "set";

/** The accessors of objects. `defineAccessor` adds those that later code defines. */
export function makeAccessors(engine: Engine): Engine["accessors"] {
	return (object, kind, key) => {
		const name = key === undefined ? kind : `${kind} ${key}`;
		let set = object.accessors.get(name);
		if (set === undefined) {
			set = new ValueSet();
			object.accessors.set(name, set);
			if (key === undefined) {
				for (const [other, accessors] of object.accessors)
					if (other.startsWith(`${kind} `)) engine.solver.include(accessors, set);
			} else {
				const all = object.accessors.get(kind);
				if (all !== undefined) engine.solver.include(set, all);
				if (key !== ANY_KEY) engine.solver.include(engine.accessors(object, kind, ANY_KEY), set);
			}
			if (key !== ANY_KEY) fillAccessors(engine, object, kind, key, set);
			engine.track(object);
		}
		return set;
	};
}

/** The accessors that an object has from its allocation on, and those that it inherits. */
function fillAccessors(
	engine: Engine,
	object: AbstractObject,
	kind: Kind,
	key: string | undefined,
	into: ValueSet,
) {
	const inherit = (source: ValueSet) => inheritAccessors(engine, source, kind, key, into);
	for (const source of object.copiedFrom) inherit(source);
	if (object.kind === "plain" && object.node.type === "ObjectExpression") {
		for (const property of object.node.properties as Node[]) {
			if (isPrototype(property)) inherit(engine.evaluate(property.value));
			else includeAccessor(engine, property, kind, key, into);
		}
	}
	const owner = object.kind === "class" ? object : object.constructedBy;
	if (owner?.kind === "class")
		includeOfClass(engine, owner, { kind, key, isStatic: object.kind === "class" }, into);
	if (object.kind === "instance" && owner !== undefined)
		inheritFromPrototypes(engine, owner, kind, key, into);
}

/** Includes the accessors of objects whose properties are copied to this one. */
function inheritAccessors(
	engine: Engine,
	source: ValueSet,
	kind: Kind,
	key: string | undefined,
	into: ValueSet,
) {
	engine.solver.onValue(source, (from) => {
		if (from.kind !== "object") return;
		engine.solver.onValue(engine.accessors(from.object, kind, key), (stored) => {
			const found = readFrom(from, stored);
			if (found !== undefined) engine.solver.add(into, keep(found));
		});
	});
}

/** Includes a member of a literal or class if it is such an accessor. */
function includeAccessor(engine: Engine, member: Node, kind: Kind, key: string | undefined, into: ValueSet) {
	if (member.kind !== kind) return;
	const own = staticKey(member.key, member.computed);
	if (own !== undefined) {
		if (key === undefined || key === own) engine.solver.include(engine.evaluate(member.value), into);
		return;
	}
	engine.solver.onValue(engine.evaluate(member.key), (by) => {
		if (key === undefined || by.kind !== "string" || by.text === key)
			engine.solver.include(engine.evaluate(member.value), into);
	});
}

interface Wanted {
	readonly kind: Kind;
	readonly key: string | undefined;
	readonly isStatic: boolean;
}

/** Includes the accessors of a class and its superclasses. */
function includeOfClass(
	engine: Engine,
	owner: AbstractObject,
	wanted: Wanted,
	into: ValueSet,
	seen = new Set<AbstractObject>(),
) {
	if (seen.has(owner)) return;
	seen.add(owner);
	for (const member of owner.node.body.body as Node[]) {
		if (member.type === "MethodDefinition" && Boolean(member.static) === wanted.isStatic)
			includeAccessor(engine, member, wanted.kind, wanted.key, into);
	}
	if (!owner.node.superClass) return;
	engine.solver.onValue(engine.evaluate(owner.node.superClass), (superclass) => {
		if (superclass.kind !== "object") return;
		if (superclass.object.kind === "class") includeOfClass(engine, superclass.object, wanted, into, seen);
		if (wanted.isStatic)
			engine.solver.include(engine.accessors(superclass.object, wanted.kind, wanted.key), into);
	});
}

/** Includes the accessors that the code defines on the prototypes of a class or constructor function. */
function inheritFromPrototypes(
	engine: Engine,
	owner: AbstractObject,
	kind: Kind,
	key: string | undefined,
	into: ValueSet,
	seen = new Set<AbstractObject>(),
) {
	if (seen.has(owner) || (owner.kind !== "class" && owner.kind !== "function")) return;
	seen.add(owner);
	engine.solver.include(engine.accessors(prototypeOf(engine, owner), kind, key), into);
	if (owner.kind === "function")
		return inheritAccessors(engine, engine.property(owner, "prototype"), kind, key, into);
	if (!owner.node.superClass) return;
	engine.solver.onValue(engine.evaluate(owner.node.superClass), (superclass) => {
		if (superclass.kind === "object") inheritFromPrototypes(engine, superclass.object, kind, key, into, seen);
	});
}

/** Includes the accessors of an object whose properties are copied to another one after both were created. */
export function inheritLater(engine: Engine, source: ValueSet, name: string, into: ValueSet) {
	const [kind, ...rest] = name.split(" ");
	const key = rest.length === 0 ? undefined : rest.join(" ");
	if (key !== ANY_KEY) inheritAccessors(engine, source, kind as Kind, key, into);
}
