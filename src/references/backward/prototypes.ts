/** Backward analysis of prototypes: inherited properties that are not members of a class. */
import type { Engine } from "../engine/engine.ts";
import { keep } from "../engine/origins.ts";
import { prototypeOf } from "../engine/synthetic-objects.ts";
import type { AbstractObject, Value, ValueSet } from "../engine/values.ts";

/** Includes the values that the code assigns to the prototype of a constructor, or of a class and its superclasses. */
export function includePrototypes(
	engine: Engine,
	owner: AbstractObject,
	key: string,
	into: ValueSet,
	seen = new Set<AbstractObject>(),
) {
	if (seen.has(owner) || (owner.kind !== "class" && owner.kind !== "function")) return;
	seen.add(owner);
	const add = (found: Value) => found.kind !== "nothing" && engine.solver.add(into, found);
	engine.solver.onValue(engine.property(prototypeOf(engine, owner), key), add);
	if (owner.kind === "function") {
		// The prototype of a function may be replaced as a whole.
		const own = prototypeOf(engine, owner);
		return engine.solver.onValue(engine.property(owner, "prototype"), (prototype) => {
			if (prototype.kind === "nothing" || prototype.kind === "string") return;
			if (prototype.kind === "object" && prototype.object === own) return;
			engine.readProperty(prototype, key, (found) => add(keep(found)));
		});
	}
	if (!owner.node.superClass) return;
	engine.solver.onValue(engine.evaluate(owner.node.superClass), (superclass) => {
		if (superclass.kind === "object") includePrototypes(engine, superclass.object, key, into, seen);
	});
}

/**
 * Reads a member of a class from its `prototype`.
 * @param key undefined for all members
 */
export function includePrototypeMember(
	engine: Engine,
	prototype: AbstractObject,
	key: string | undefined,
	into: (value: Value) => void,
) {
	const owner = prototype.constructedBy;
	if (owner?.kind !== "class") return;
	const example = engine.objects.allocate(prototype.node, "example", "instance", owner);
	const members = key === undefined ? engine.anyProperty(example) : engine.property(example, key);
	engine.solver.onValue(members, into);
}
