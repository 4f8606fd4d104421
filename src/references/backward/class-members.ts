/** Backward analysis of object literals and classes: the values of their members, inherited ones included. */
import type { Node } from "../bundle/syntax.ts";
import { COMPUTED, membersByKey } from "../engine/abstract-objects.ts";
import type { Engine } from "../engine/engine.ts";
import { type AbstractObject, NOTHING, unknownValue, type Value, type ValueSet } from "../engine/values.ts";
import { isErrorClass, readError } from "../models/classes/errors.ts";
import { includeDecorated, isDecorated } from "../models/objects/decorators.ts";
import { isExtensible, readInherited } from "../models/subclasses/classes.ts";

/**
 * Includes the value of a property of an object literal, or of a member of a class. A getter has the value
 * that it returns.
 */
export function includeMember(engine: Engine, member: Node, into: ValueSet) {
	if (member.kind === "set" || member.kind === "constructor") return;
	if (isDecorated(member)) return includeDecorated(engine, member, into);
	if (member.kind === "get") return engine.solver.include(engine.returned(member.value), into);
	if (member.value) engine.solver.include(engine.evaluate(member.value), into);
	else engine.solver.add(into, NOTHING);
}

/**
 * Includes a member of a class, or of its instances. If the class does not define it, its superclass may.
 * @param instance the instance; undefined for a static member
 * @param seen the classes that were visited, since classes may extend themselves in a cycle
 */
export function includeClassMember(
	engine: Engine,
	owner: AbstractObject,
	key: string,
	instance: AbstractObject | undefined,
	into: ValueSet,
	seen = new Set<AbstractObject>(),
) {
	if (seen.has(owner)) return;
	seen.add(owner);
	const { solver } = engine;
	const isStatic = instance === undefined;
	if (owner.kind !== "class") {
		if (!isStatic) solver.add(into, unknownValue("a computed value"));
		return;
	}
	const own = membersByKey(owner).get(key) ?? [];
	const members = own.filter((member) => Boolean(member.static) === isStatic);
	for (const member of members) includeMember(engine, member, into);
	includeComputedMembers(engine, owner, key, isStatic, into);
	if (members.length > 0 || !owner.node.superClass) return;
	solver.onValue(engine.evaluate(owner.node.superClass), (superclass) => {
		if (!isStatic && superclass.kind === "builtin" && isErrorClass(superclass.name))
			return readError(key, (value) => solver.add(into, value));
		const isOwn = ![...seen].some(({ node }) => engine.isForeign(node));
		if (!isStatic && isOwn && superclass.kind === "builtin" && isExtensible(superclass.name))
			return readInherited(engine, instance, superclass.name, key, into);
		// Without a definition, a built-in method makes objects of the same class.
		if (key === "@@species" && superclass.kind === "builtin") return;
		if (superclass.kind !== "object") return solver.add(into, unknownValue("an inherited value"));
		if (isStatic) return solver.include(engine.property(superclass.object, key), into);
		includeClassMember(engine, superclass.object, key, instance, into, seen);
	});
}

/** Includes `[name]() {}` and `[name] = value` once the computed key may be the given one. */
function includeComputedMembers(
	engine: Engine,
	owner: AbstractObject,
	key: string,
	isStatic: boolean,
	into: ValueSet,
) {
	for (const member of membersByKey(owner).get(COMPUTED) ?? []) {
		if (Boolean(member.static) !== isStatic) continue;
		let isIncluded = false;
		engine.solver.onValue(engine.evaluate(member.key), (by) => {
			if (isIncluded || !mayBeKey(by, key)) return;
			isIncluded = true;
			includeMember(engine, member, into);
		});
	}
}

/** Whether a computed key may be a given one. A symbol is no text. */
function mayBeKey(value: Value, key: string): boolean {
	if (value.kind === "string") return value.text === key;
	const isSymbol =
		(value.kind === "object" && value.object.builtinClass === "Symbol") ||
		(value.kind === "builtin" && value.name.startsWith("Symbol."));
	return !isSymbol || key.startsWith("@@");
}

/** Includes all members of a class, or of its instances, with those of superclasses. */
export function includeAllClassMembers(
	engine: Engine,
	owner: AbstractObject,
	isStatic: boolean,
	into: ValueSet,
	seen = new Set<AbstractObject>(),
) {
	if (seen.has(owner)) return;
	seen.add(owner);
	for (const member of owner.node.body.body as Node[]) {
		if (member.type !== "StaticBlock" && Boolean(member.static) === isStatic)
			includeMember(engine, member, into);
	}
	if (!owner.node.superClass) return;
	engine.solver.onValue(engine.evaluate(owner.node.superClass), (superclass) => {
		if (superclass.kind === "object" && superclass.object.kind === "class")
			includeAllClassMembers(engine, superclass.object, isStatic, into, seen);
	});
}
