/** Backwards: what functions are given, what they return and what `this` is in them. */

import { isFunction, type Node, thisOwner } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { Cell, type Thing, thingValue, unknown } from "../engine/values.ts";

/** Why a parameter of a function that unknown code calls is not known. */
export const OUTSIDE = "a parameter that code outside gives";

/** What the callers of a function give for a parameter; with `onwards`, for that one and all after it. */
export function parameter(engine: Engine, fn: Thing, index: number, cell: Cell, onwards = false) {
	const { solver } = engine;
	engine.onEscape(fn, () => solver.add(cell, unknown(OUTSIDE)));
	engine.onCall(fn, (call) => {
		const { site } = call;
		const last = onwards ? site.arguments.length - 1 : index;
		for (let at = index; at <= last; at++) {
			solver.each(engine.argument(site, at), (value) => {
				const entered = engine.enter(value, fn, call);
				if (entered !== undefined) solver.add(cell, entered);
			});
		}
		if (onwards && site.rest !== undefined && index <= site.arguments.length) {
			solver.each(engine.argument(site, site.arguments.length), (value) => {
				const entered = engine.enter(value, fn, call);
				if (entered !== undefined) solver.add(cell, entered);
			});
		}
	});
}

/** What a function returns, from its own point of view. */
export function makeReturned(engine: Engine): (fn: Node) => Cell {
	const cells = new Map<Node, Cell>();
	return (fn) => {
		let cell = cells.get(fn);
		if (cell === undefined) {
			cell = new Cell();
			cells.set(fn, cell);
			if (fn.generator) generated(engine, fn, cell);
			else for (const node of engine.things.returns(fn)) engine.solver.feed(engine.evaluate(node), cell);
		}
		return cell;
	};
}

/** What `this` is. */
export function makeSelf(engine: Engine): (owner: Node) => Cell {
	const cells = new Map<Node, Cell>();
	return (owner) => {
		let cell = cells.get(owner);
		if (cell === undefined) {
			const created = new Cell();
			cell = created;
			cells.set(owner, created);
			engine.solver.later(() => fillSelf(engine, owner, created));
		}
		return cell;
	};
}

function fillSelf(engine: Engine, owner: Node, cell: Cell) {
	const { solver } = engine;
	if (owner.type === "Program") return;
	const member = owner.parent as Node;
	const element = isFunction(owner) ? member : owner;
	const inClass = element.parent?.type === "ClassBody";
	const outside = () => {
		if (inClass) ownInstances(engine, element, cell);
		else if (member.type === "Property")
			solver.add(cell, thingValue(engine.things.of(member.parent as Node)));
		else solver.add(cell, unknown(OUTSIDE));
	};
	const accessor = isFunction(owner) && (member.kind === "get" || member.kind === "set");
	if (!isFunction(owner) || accessor) return outside();
	const fn = engine.things.of(owner);
	if (inClass && element.kind === "constructor") {
		solver.add(cell, thingValue(engine.things.outside(engine.things.of(element.parent?.parent as Node))));
	}
	engine.onEscape(fn, outside);
	engine.onCall(fn, (call) => {
		if (call.site.self === undefined) return;
		solver.each(call.site.self, (value) => {
			const entered = engine.enter(value, fn, call);
			if (entered !== undefined) solver.add(cell, entered);
		});
	});
}

function ownInstances(engine: Engine, element: Node, cell: Cell) {
	const owner = engine.things.of(element.parent?.parent as Node);
	if (element.static || element.type === "StaticBlock") return engine.solver.add(cell, thingValue(owner));
	engine.trace(owner);
	engine.solver.add(cell, thingValue(engine.things.outside(owner)));
	engine.solver.feed(owner.instances, cell);
}

/** A generator gives something to iterate over: what it yields. */
function generated(engine: Engine, fn: Node, cell: Cell) {
	const { solver } = engine;
	const thing = engine.things.made(fn, "generator", "array");
	for (const node of engine.things.yields(fn)) {
		const given = node.argument ? engine.evaluate(node.argument) : undefined;
		if (given === undefined) continue;
		if (!node.delegate) solver.feed(given, thing.open);
		else solver.each(given, (value) => engine.elements(value, (found) => solver.add(thing.open, found)));
	}
	solver.add(cell, thingValue(thing));
}

/** `arguments`: all that the callers give, in one. */
export function argumentsOf(engine: Engine, node: Node, cell: Cell) {
	const fn = thisOwner(node);
	if (!isFunction(fn)) return engine.solver.add(cell, unknown("a computed value"));
	const thing = engine.things.made(fn, "arguments", "array");
	if (!thing.named) {
		thing.named = true;
		parameter(engine, engine.things.of(fn), 0, thing.open, true);
	}
	engine.solver.add(cell, thingValue(thing));
}
