/** The methods of arrays. */

import type { Node } from "../bundle/syntax.ts";
import { onePass } from "../engine/passes.ts";
import { setSlot } from "../engine/properties.ts";
import {
	Cell,
	makeValue,
	NOTHING,
	type ObjectValue,
	type Thing,
	text,
	thingValue,
	unknown,
	type Value,
} from "../engine/values.ts";
import type { Invocation } from "./builtin-call.ts";
import { concatenated } from "./strings.ts";

type Model = (call: Invocation, of: ObjectValue, elements: Cell) => void;

/** Some of the elements, in places of their own. */
const moved: Model = (call, of, elements) => {
	const made = call.array();
	call.engine.solver.feed(elements, made.open);
	call.give(thingValue(made, of.context));
};
/** The same array, in which each place may have any element now. */
const shuffled: Model = (call, of, elements) => {
	call.engine.solver.feed(elements, of.thing.open);
	call.give(of);
};
/** Same elements, perhaps fewer or in another order. */
const same: Model = (call, of, elements) => {
	call.callback(0, [elements, indexCell(call, of), selfCell(call, of)]);
	moved(call, of, elements);
};
const element: Model = (call, of, elements) => {
	call.callback(0, [elements, indexCell(call, of), selfCell(call, of)]);
	call.giveAll(elements);
	call.give(NOTHING);
};
const nothing: Model = (call, of, elements) => {
	call.callback(0, [elements, indexCell(call, of), selfCell(call, of)]);
	call.give(NOTHING);
};
const add: Model = (call, of) => {
	for (const index of call.site.arguments.keys())
		call.engine.solver.feed(call.argument(index), of.thing.open);
	if (call.site.rest !== undefined)
		call.engine.solver.feed(call.argument(call.site.arguments.length), of.thing.open);
	call.engine.trace(of.thing);
};

const MODELS: Readonly<Record<string, Model>> = {
	map: (call, of, elements) => mapped(call, of, elements, false),
	flatMap: (call, of, elements) => mapped(call, of, elements, true),
	filter: same,
	slice: moved,
	sort: shuffled,
	toSorted: moved,
	reverse: shuffled,
	toReversed: moved,
	values: (call, of) => call.give(of),
	forEach: nothing,
	some: nothing,
	every: nothing,
	findIndex: nothing,
	find: element,
	findLast: element,
	at: (call, _of, elements) => call.giveAll(elements),
	pop: (call, _of, elements) => call.giveAll(elements),
	shift: (call, of, elements) => {
		call.engine.solver.feed(elements, of.thing.open);
		call.giveAll(elements);
	},
	includes: (call) => call.give(NOTHING),
	indexOf: (call) => call.give(NOTHING),
	push: add,
	unshift: add,
	keys: (call) => {
		const made = call.array();
		call.engine.solver.add(made.open, unknown("an index"));
		call.giveThing(made);
	},
	entries: (call, of, elements) => {
		const made = call.array(`entries ${of.thing.id}`);
		const entry = call.array(`entry ${of.thing.id}`);
		setSlot(call.engine, entry, "0", indexCell(call));
		setSlot(call.engine, entry, "1", elements);
		call.engine.solver.add(made.open, thingValue(entry));
		call.giveThing(made);
	},
	concat: (call, _of, elements) => {
		const made = call.array();
		call.engine.solver.feed(elements, made.open);
		for (const index of call.site.arguments.keys()) elementsOrItself(call, call.argument(index), made.open);
		call.giveThing(made);
	},
	flat: (call, _of, elements) => {
		const made = call.array();
		elementsOrItself(call, elements, made.open);
		call.giveThing(made);
	},
	reduce: (call, of, elements) => {
		const gathered = new Cell();
		const { solver } = call.engine;
		if (call.site.arguments.length > 1) solver.feed(call.argument(1), gathered);
		else solver.feed(elements, gathered);
		call.callback(0, [gathered, elements, indexCell(call, of), selfCell(call, of)], gathered);
		call.giveAll(gathered);
	},
	join: (call, of) => joined(call, of.thing),
};

export const ARRAY_METHODS: ReadonlySet<string> = new Set(Object.keys(MODELS));

export function callArrayMethod(call: Invocation, name: string, of: ObjectValue) {
	const elements = new Cell();
	call.engine.elements(of, (value) =>
		call.engine.solver.add(elements, onePass(call.engine, value, call.site.node)),
	);
	MODELS[name]?.(call, of, elements);
}

function mapped(call: Invocation, of: ObjectValue, elements: Cell, flat: boolean) {
	const made = call.array();
	const returned = new Cell();
	call.callback(0, [elements, indexCell(call, of), selfCell(call, of)], returned);
	if (flat) elementsOrItself(call, returned, made.open);
	else call.engine.solver.feed(returned, made.open);
	call.giveThing(made);
}

/** `concat` and `flat` take arrays apart and keep everything else. */
function elementsOrItself(call: Invocation, cell: Cell, into: Cell) {
	const { engine } = call;
	engine.solver.each(cell, (value) => {
		if (value.kind !== "object" || value.thing.kind !== "array") return engine.solver.add(into, value);
		engine.elements(value, (found) => engine.solver.add(into, found));
	});
}

/** The most indexes that are told apart. */
const INDEX_MAX = 64;

/** The indexes of an array that is written out; of others they are not known. */
function indexCell(call: Invocation, of?: ObjectValue): Cell {
	const { solver } = call.engine;
	const cell = new Cell();
	const elements =
		of?.thing.node.type === "ArrayExpression" ? (of.thing.node.elements as (Node | null)[]) : [];
	if (
		of === undefined ||
		elements.length === 0 ||
		elements.some((element) => element?.type === "SpreadElement")
	) {
		solver.add(cell, unknown("an index"));
		return cell;
	}
	addNumbers(call, elements.length, cell);
	solver.each(of.thing.open, () => solver.add(cell, unknown("an index")));
	return cell;
}

/** 0, 1, 2 … below a count; not known where there are too many. */
export function addNumbers(call: Invocation, count: number, cell: Cell) {
	if (!(count <= INDEX_MAX)) return call.engine.solver.add(cell, unknown("an index"));
	for (let at = 0; at < count; at++) {
		call.engine.solver.add(cell, makeValue({ kind: "string", text: String(at), numeric: true }));
	}
}

function selfCell(call: Invocation, of: Value): Cell {
	const cell = new Cell();
	call.engine.solver.add(cell, of);
	return cell;
}

/** `["A", suffix].join("_")`, for the arrays that are written out. */
function joined(call: Invocation, thing: Thing) {
	const { engine } = call;
	const parts = thing.node.type === "ArrayExpression" ? (thing.node.elements as (Node | null)[]) : undefined;
	if (
		parts === undefined ||
		parts.length > 64 ||
		parts.some((part) => part === null || part.type === "SpreadElement")
	) {
		return call.give(unknown("a computed value"));
	}
	const comma = new Cell();
	engine.solver.add(comma, text(","));
	const separator = call.site.arguments.length === 0 ? comma : call.argument(0);
	let result = new Cell();
	engine.solver.add(result, text(""));
	for (const [index, part] of parts.entries()) {
		const steps = index === 0 ? [engine.evaluate(part as Node)] : [separator, engine.evaluate(part as Node)];
		for (const step of steps) {
			const next = new Cell();
			concatenated(engine.solver, result, step, next);
			result = next;
		}
	}
	call.giveAll(result);
	// What was added since belongs to it too.
	engine.solver.each(thing.open, () => call.give(unknown("a text put together in steps")));
}
