/** Forwards into and out of properties; here the reads of `process.env.X` are found. */

import { isTarget, type Node, staticKey } from "../bundle/syntax.ts";
import { join } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { type Cell, place, type Thing, text, unknown, type Value } from "../engine/values.ts";
import { enumerate } from "../environment/object-reads.ts";

/** A value is the object of a member expression. */
export function arriveMember(engine: Engine, value: Value, member: Node) {
	const parent = member.parent;
	if (member.object.parent !== member) return;
	const assigned = isTarget(member);
	const compound = parent?.type === "AssignmentExpression" && parent.operator !== "=";
	if (assigned && !compound) return assign(engine, value, member);
	if (compound) assign(engine, value, member);
	if (parent?.type === "UnaryExpression" && parent.operator === "delete") return;
	const key = staticKey(member.property, member.computed);
	if (key !== undefined) {
		if (!isOwnMethod(value, member, key)) enumerate.key(engine, value, key, member);
		return engine.read(value, key, (found) => engine.arrive(found, member));
	}
	const keys = engine.evaluate(member.property);
	enumerate.keys(engine, value, keys, member);
	if (value.kind === "runtime" && value.native === "env") return;
	const seen = new Set<string | undefined>();
	engine.solver.each(keys, (by) => {
		const name = by.kind === "string" ? by.text : undefined;
		if (seen.has(name) || by.kind === "nothing") return;
		seen.add(name);
		engine.read(value, name, (found) => engine.arrive(found, member));
	});
}

function isOwnMethod(value: Value, member: Node, key: string): boolean {
	if (value.kind !== "runtime" || value.native !== "env") return false;
	const called = member.parent?.type === "CallExpression" && member.parent.callee === member;
	return (
		called &&
		["hasOwnProperty", "propertyIsEnumerable", "toString", "valueOf", "then", "catch", "finally"].includes(
			key,
		)
	);
}

/** Something is put into a property of the value. */
function assign(engine: Engine, value: Value, member: Node) {
	if (value.kind !== "object") return;
	const source = engine.target(member);
	const key = staticKey(member.property, member.computed);
	const { thing } = value;
	if (key !== undefined) return put(engine, thing, key, member, source);
	engine.solver.each(engine.evaluate(member.property), (by) => {
		if (by.kind === "nothing") return;
		if (by.kind === "string") return put(engine, thing, by.text, member, source);
		engine.solver.add(thing.names, unknown("a name from an enumeration"));
		feedAgreeing(engine, thing, member, source, thing.open);
	});
}

function put(engine: Engine, thing: Thing, key: string, member: Node, source: Cell) {
	engine.solver.add(thing.names, text(key));
	feedAgreeing(engine, thing, member, source, engine.slot(thing, key));
}

/** Of two `this.a = a`, one for each `new`, each instance gets its own. */
function feedAgreeing(engine: Engine, thing: Thing, member: Node, source: Cell, into: Cell) {
	engine.solver.each(engine.evaluate(member.object), (holder) => {
		if (holder.kind !== "object" || holder.thing !== thing) return;
		if (holder.context.entries.length === 0) return engine.solver.feed(source, into);
		engine.solver.each(source, (value) => {
			const context = join(value.context, holder.context);
			if (context !== undefined) engine.solver.add(into, place(value, context));
		});
	});
}

/** A followed value is put into a property of something: what has it then is followed too. */
export function store(engine: Engine, value: Value, member: Node) {
	engine.solver.each(engine.evaluate(member.object), (holder) => {
		if (holder.kind === "object") return engine.trace(holder.thing);
		if (holder.kind === "nothing" || holder.kind === "string") return;
		if (holder.kind === "runtime" && holder.native !== "global") return;
		engine.escape(value, member, "kept where it cannot be followed");
	});
}
