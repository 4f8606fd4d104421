/** Backwards: the members of object literals and classes, inherited ones too. */

import { type Node, staticKey } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { type Cell, NOTHING, type Thing, unknown } from "../engine/values.ts";

const indexes = new WeakMap<Node, Map<string, Node[]>>();

/** The members of a literal or class body by key. */
export function keyed(node: Node, members: readonly Node[]): Map<string, Node[]> {
	let index = indexes.get(node);
	if (index === undefined) {
		index = new Map();
		for (const member of members) {
			const key = member.key ? staticKey(member.key, member.computed) : undefined;
			if (key === undefined) continue;
			const list = index.get(key);
			if (list === undefined) index.set(key, [member]);
			else list.push(member);
		}
		indexes.set(node, index);
	}
	return index;
}

/** What a property of an object literal or a member of a class holds. */
export function memberValue(engine: Engine, member: Node, cell: Cell) {
	if (member.kind === "set" || member.kind === "constructor") return;
	if (member.kind === "get") return engine.solver.feed(engine.returned(member.value), cell);
	if (member.value) engine.solver.feed(engine.evaluate(member.value), cell);
	else engine.solver.add(cell, NOTHING);
}

/** A static member, or one of an instance; what a class does not have, the class above may. */
export function classSlot(
	engine: Engine,
	owner: Thing,
	key: string,
	isStatic: boolean,
	cell: Cell,
	seen = new Set<Thing>(),
) {
	if (seen.has(owner)) return;
	seen.add(owner);
	const { solver } = engine;
	if (owner.kind !== "class") {
		if (!isStatic) solver.add(cell, unknown("a computed value"));
		return;
	}
	const own = keyed(owner.node.body, owner.node.body.body).get(key) ?? [];
	const members = own.filter((member) => Boolean(member.static) === isStatic);
	for (const member of members) memberValue(engine, member, cell);
	if (members.length > 0 || !owner.node.superClass) return;
	solver.each(engine.evaluate(owner.node.superClass), (above) => {
		if (above.kind !== "object") return solver.add(cell, unknown("something inherited"));
		if (isStatic) return solver.feed(engine.slot(above.thing, key), cell);
		classSlot(engine, above.thing, key, false, cell, seen);
	});
}

/** All members of a class or of its instances. */
export function everyOfClass(
	engine: Engine,
	owner: Thing,
	isStatic: boolean,
	cell: Cell,
	seen = new Set<Thing>(),
) {
	if (seen.has(owner)) return;
	seen.add(owner);
	for (const member of owner.node.body.body as Node[]) {
		if (member.type !== "StaticBlock" && Boolean(member.static) === isStatic)
			memberValue(engine, member, cell);
	}
	if (!owner.node.superClass) return;
	engine.solver.each(engine.evaluate(owner.node.superClass), (above) => {
		if (above.kind === "object" && above.thing.kind === "class")
			everyOfClass(engine, above.thing, isStatic, cell, seen);
	});
}
