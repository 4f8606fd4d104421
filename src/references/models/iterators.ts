/**
 * Models of the methods of iterators. An iterator is represented by an array of the values that it yields. A
 * generator's iterator also has the values that the generator receives and returns.
 */
import { isFunction } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { keep } from "../engine/origins.ts";
import { setProperty } from "../engine/synthetic-objects.ts";
import {
	type AbstractObject,
	BOOLEANS,
	NOTHING,
	type ObjectValue,
	objectValue,
	unknownValue,
	type Value,
	ValueSet,
} from "../engine/values.ts";
import type { BuiltinCall } from "./builtin-call.ts";

type Model = (call: BuiltinCall, receiver: ObjectValue, elements: ValueSet) => void;

/** Returns `{ value, done }`. */
function returnResult(call: BuiltinCall, tag: string, values: ValueSet) {
	const { engine, site } = call;
	const result = engine.objects.allocate(site.node, `${tag} ${call.tag}`, "plain");
	setProperty(engine, result, "value", values);
	const done = engine.property(result, "done");
	for (const value of BOOLEANS) engine.solver.add(done, value);
	call.returnObject(result);
}

/** An exception arrives at each `yield` of a generator, and of those that it delegates to. */
function throwInto(
	engine: Engine,
	iterator: AbstractObject,
	values: ValueSet,
	seen = new Set<AbstractObject>(),
) {
	const generator = iterator.node;
	if (seen.has(iterator) || !isFunction(generator)) return;
	seen.add(iterator);
	const kept = new ValueSet();
	engine.solver.onValue(values, (value) => engine.solver.add(kept, keep(value)));
	for (const node of engine.objects.yieldNodes(generator)) {
		engine.thrown.throwFrom(kept, node);
		if (!node.delegate) continue;
		engine.solver.onValue(engine.evaluate(node.argument), (inner) => {
			if (inner.kind === "object") throwInto(engine, inner.object, kept, seen);
			else if (inner.kind === "unknown")
				engine.solver.onValue(kept, (value) => engine.escape(value, node, "passed to another iterator"));
		});
	}
}

/** Returns an iterator over the same elements. */
const toSameElements: Model = (call, receiver, elements) => {
	const created = call.newArray(`elements ${call.tag}`);
	call.engine.solver.include(elements, created.summary);
	call.returnValue(objectValue(created, receiver.context));
};

/** An iterator over a list, which ends where the list does. */
export function iterateAgain(call: BuiltinCall, receiver: ObjectValue) {
	call.engine.solver.add(receiver.object.lessened, unknownValue("an end of an iteration"));
	call.returnValue(receiver);
}

export const ITERATOR_MODELS: Readonly<Record<string, Model>> = {
	"@@iterator": iterateAgain,
	"@@asyncIterator": (call, receiver) => call.returnValue(receiver),
	next: (call, receiver, elements) => {
		const { solver } = call.engine;
		call.store(receiver, call.argument(0), receiver.object.received);
		const values = new ValueSet();
		solver.include(elements, values);
		solver.include(call.read(receiver, receiver.object.finalValues), values);
		solver.add(values, NOTHING);
		returnResult(call, "next", values);
	},
	return: (call, receiver) => {
		const values = new ValueSet();
		call.engine.solver.include(call.argument(0), values);
		call.engine.solver.include(call.read(receiver, receiver.object.finalValues), values);
		returnResult(call, "return", values);
	},
	throw: (call, receiver, elements) => {
		throwInto(call.engine, receiver.object, call.argument(0));
		const values = new ValueSet();
		call.engine.solver.include(elements, values);
		call.engine.solver.include(call.read(receiver, receiver.object.finalValues), values);
		returnResult(call, "throw", values);
	},
	take: toSameElements,
	drop: toSameElements,
	toArray: toSameElements,
};

/** The element that an array pattern takes. The order in which an iterator yields elements is not distinguished. */
export function readElement(engine: Engine, value: Value, index: number, into: (value: Value) => void) {
	const isIterated =
		value.kind === "object" && value.object.kind !== "array" && value.object.proxyHandler === undefined;
	if (!isIterated) return engine.readProperty(value, String(index), into);
	into(NOTHING);
	engine.iterate(value, into);
}

/** `Iterator.from(object)`: an iterator over an iterable, or one that calls a hand-written iterator. */
export function iteratorFrom(call: BuiltinCall) {
	const { engine } = call;
	engine.solver.onValue(call.argument(0), (from) => {
		if (from.kind === "object" && from.object.kind === "array") return call.returnValue(from);
		const created = call.newArray(`iterator ${from.key}`);
		const add = (value: Value) => engine.solver.add(created.summary, value);
		engine.iterate(from, add);
		if (from.kind === "object" && !["map", "set"].includes(from.object.kind))
			for (const name of ["next", "return"]) callIterator(call, from, name, add);
		call.returnObject(created);
	});
}

/** Calls a method of a hand-written iterator. */
function callIterator(
	{ engine, site }: BuiltinCall,
	from: Value,
	name: string,
	into: (value: Value) => void,
) {
	const inner = engine.impliedSite(site.node, `${name} ${from.key}`, [], engine.solver.singleton(from));
	const result = new ValueSet();
	engine.readProperty(from, name, (method) => engine.invoke(method, inner, result));
	engine.solver.onValue(result, (found) => engine.readProperty(found, "value", into));
}
