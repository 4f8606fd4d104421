/** Models of the methods of arrays. Positions are not distinguished in the arrays that they return. */
import type { Node } from "../../bundle/syntax.ts";
import { inIteration, iterationOf } from "../../engine/iteration-context.ts";
import { leaveIteration } from "../../engine/origins.ts";
import { setEntry, wholeOf } from "../../engine/synthetic-objects.ts";
import {
	makeValue,
	NOTHING,
	type ObjectValue,
	objectValue,
	unknownValue,
	ValueSet,
} from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { ITERATOR_MODELS, iterateAgain } from "../iterators.ts";
import { append, fill, noteResized, splice, toSpliced } from "./changes.ts";
import { flatten, flattenInto, joinArray, spreadOthers } from "./contents.ts";
import { isFresh, mapOrdered, onReordered, reduceOrdered, reverseOrdered } from "./ordered.ts";

/**
 * @param receiver the array
 * @param elements its elements, each in the context of one iteration
 */
type Model = (call: BuiltinCall, receiver: ObjectValue, elements: ValueSet) => void;

/** Calls `callback` in `list.map(callback, self)` with each element. */
function callBack(call: BuiltinCall, receiver: ObjectValue, elements: ValueSet, returned?: ValueSet) {
	const args = callbackArguments(call, receiver, elements);
	call.invokeCallback(0, args, returned, call.thisArgument(1));
}

/** Returns a new array of some of the elements. */
const toNewArray: Model = (call, receiver) => {
	const created = call.newArray();
	call.engine.solver.include(elementsOf(call, receiver), created.summary);
	call.returnValue(objectValue(created, receiver.context));
};
/** Returns the same array, in which any element may be at any position now. */
const inPlace: Model = (call, receiver) => {
	call.store(receiver, elementsOf(call, receiver), receiver.object.summary);
	call.returnValue(receiver);
};
/** Calls the callback with each element, and returns a new array of some of them. */
const toFilteredArray: Model = (call, receiver, elements) => {
	callBack(call, receiver, elements);
	toNewArray(call, receiver, elements);
};
/** Calls the callback with each element, and returns one of them or `undefined`. */
const toElement: Model = (call, receiver, elements) => {
	callBack(call, receiver, elements);
	call.returnAll(elements);
	call.returnValue(NOTHING);
};
/** Calls the callback with each element, and returns none of them. */
const toNothing: Model = (call, receiver, elements) => {
	callBack(call, receiver, elements);
	call.returnValue(NOTHING);
};
const toBoolean: Model = (call, receiver, elements) => {
	callBack(call, receiver, elements);
	call.returnBooleans();
};
/** Calls the callback with each element, and returns a number. */
const toIndex: Model = (call, receiver, elements) => {
	callBack(call, receiver, elements);
	call.returnValue(unknownValue("an index"));
};
const MODELS: Readonly<Record<string, Model>> = {
	map: (call, receiver, elements) => mapArray(call, receiver, elements, false),
	flatMap: (call, receiver, elements) => mapArray(call, receiver, elements, true),
	filter: toFilteredArray,
	slice: toNewArray,
	sort: (call, receiver, elements) => {
		call.invokeCallback(0, [elementsOf(call, receiver), elementsOf(call, receiver)]);
		inPlace(call, receiver, elements);
	},
	toSorted: (call, receiver, elements) => {
		call.invokeCallback(0, [elementsOf(call, receiver), elementsOf(call, receiver)]);
		toNewArray(call, receiver, elements);
	},
	reverse: (call, receiver, elements) => {
		if (!isFresh(call, receiver) || !reverseOrdered(call, receiver)) inPlace(call, receiver, elements);
	},
	toReversed: (call, receiver, elements) => {
		if (!reverseOrdered(call, receiver)) toNewArray(call, receiver, elements);
	},
	values: iterateAgain,
	forEach: toNothing,
	some: toBoolean,
	every: toBoolean,
	findIndex: toIndex,
	findLastIndex: toIndex,
	find: toElement,
	findLast: toElement,
	at: (call, _of, elements) => call.returnAll(elements),
	pop: (call, receiver, elements) => {
		noteResized(call, receiver.object);
		call.returnAll(elements);
		call.returnValue(NOTHING);
	},
	shift: (call, receiver, elements) => {
		noteResized(call, receiver.object);
		call.store(receiver, elementsOf(call, receiver), receiver.object.summary);
		call.returnAll(elements);
		call.returnValue(NOTHING);
	},
	includes: (call) => call.returnBooleans(),
	indexOf: (call) => call.returnValue(unknownValue("an index")),
	lastIndexOf: (call) => call.returnValue(unknownValue("an index")),
	reduceRight: (call, receiver, elements) => reduceArray(call, receiver, elements),
	push: (call, receiver) => append(call, receiver, elementsOf(call, receiver)),
	unshift: (call, receiver) => append(call, receiver, elementsOf(call, receiver)),
	splice: (call, receiver) => splice(call, receiver, elementsOf(call, receiver)),
	toSpliced: (call, receiver) => toSpliced(call, receiver, elementsOf(call, receiver)),
	fill,
	copyWithin: inPlace,
	with: (call: BuiltinCall, receiver: ObjectValue, elements: ValueSet) => {
		toNewArray(call, receiver, elements);
		call.engine.solver.include(call.argument(1), call.newArray().summary);
	},
	...Object.fromEntries(
		Object.entries(ITERATOR_MODELS).map(([name, model]): [string, Model] => [
			name,
			(call, receiver) => model(call, receiver, elementsOf(call, receiver)),
		]),
	),
	keys: (call) => {
		const created = call.newArray();
		call.engine.solver.add(created.summary, unknownValue("an index"));
		call.returnObject(created);
	},
	entries: (call, receiver) => {
		const created = call.newArray(`entries ${receiver.object.id}`);
		const entry = call.newArray(`entry ${receiver.object.id}`);
		setEntry(call.engine, entry, indexSet(call), elementsOf(call, receiver));
		call.engine.solver.add(created.summary, objectValue(entry));
		call.returnObject(created);
	},
	concat: (call, receiver) => {
		const created = call.newArray();
		call.engine.solver.include(elementsOf(call, receiver), created.summary);
		for (const argument of call.arguments()) {
			flattenInto(call, argument, created.summary, 1);
			spreadOthers(call, argument, created.summary);
		}
		call.returnObject(created);
	},
	flat: (call, receiver) => {
		const created = call.newArray();
		flatten(call, elementsOf(call, receiver), created.summary);
		call.returnObject(created);
	},
	toLocaleString: (call: BuiltinCall) => call.giveUp("a computed value"),
	reduce: (call, receiver, elements) => {
		const isOrdered = reduceOrdered(call, receiver);
		if (isOrdered) onReordered(call, receiver, () => reduceArray(call, receiver, elements));
		else reduceArray(call, receiver, elements);
	},
	join: (call, receiver) => joinArray(call, receiver),
};

export const ARRAY_METHODS: ReadonlySet<string> = new Set(Object.keys(MODELS));

/** The elements of an array, regardless of iterations. */
function elementsOf(call: BuiltinCall, receiver: ObjectValue): ValueSet {
	const elements = new ValueSet();
	call.engine.iterate(receiver, (value) => call.engine.solver.add(elements, value));
	return elements;
}

/** Calls a method of an array. */
export function callArrayMethod(call: BuiltinCall, name: string, receiver: ObjectValue) {
	const elements = new ValueSet();
	call.engine.iterate(receiver, (value) =>
		call.engine.solver.add(elements, inIteration(call.engine, value, call.site.node)),
	);
	MODELS[name]?.(call, receiver, elements);
}

/** `map`, or `flatMap` where `flat` is set. */
function mapArray(call: BuiltinCall, receiver: ObjectValue, elements: ValueSet, flat: boolean) {
	const leaving = new ValueSet();
	callBack(call, receiver, elements, leaving);
	if (!flat && mapOrdered(call, receiver, leaving)) return;
	const created = call.newArray();
	const returned = new ValueSet();
	outOfIteration(call, leaving, returned);
	if (flat) flattenInto(call, returned, created.summary, 1);
	else call.engine.solver.include(returned, created.summary);
	call.returnObject(created);
}

/** `reduce` and `reduceRight` */
function reduceArray(call: BuiltinCall, receiver: ObjectValue, elements: ValueSet) {
	const accumulator = new ValueSet();
	const { solver } = call.engine;
	if (call.site.arguments.length > 1) solver.include(call.argument(1), accumulator);
	else solver.include(elementsOf(call, receiver), accumulator);
	const returned = new ValueSet();
	call.invokeCallback(0, [accumulator, ...callbackArguments(call, receiver, elements)], returned);
	// The accumulator is passed on to the next element.
	outOfIteration(call, returned, accumulator);
	call.returnAll(accumulator);
}

/** Includes the result of a callback for one element, without the context of the element. */
function outOfIteration(call: BuiltinCall, returned: ValueSet, into: ValueSet) {
	const { solver } = call.engine;
	const { id } = iterationOf(call.engine, call.site.node);
	solver.onValue(returned, (value) => solver.add(into, leaveIteration(value, id)));
}

/** The arguments of a callback: an element, its index and the array. */
function callbackArguments(call: BuiltinCall, receiver: ObjectValue, elements: ValueSet): ValueSet[] {
	return [elements, indexSet(call, receiver), call.engine.solver.singleton(wholeOf(receiver))];
}

/** The most indexes of one array that are distinguished. */
const INDEX_MAX = 64;

/** The indexes of an array literal without spreads; those of any other array are unknown. */
function indexSet(call: BuiltinCall, receiver?: ObjectValue): ValueSet {
	const { solver } = call.engine;
	const indexes = new ValueSet();
	const elements =
		receiver?.object.node.type === "ArrayExpression"
			? (receiver.object.node.elements as (Node | null)[])
			: [];
	if (
		receiver === undefined ||
		elements.length === 0 ||
		elements.some((element) => element?.type === "SpreadElement")
	) {
		solver.add(indexes, unknownValue("an index"));
		return indexes;
	}
	addNumbers(call, elements.length, indexes);
	solver.onValue(receiver.object.summary, () => solver.add(indexes, unknownValue("an index")));
	return indexes;
}

/** Adds 0, 1, 2 … below a count, or an unknown index where the count is too large or not a number. */
export function addNumbers(call: BuiltinCall, count: number, into: ValueSet) {
	if (!(count <= INDEX_MAX)) return call.engine.solver.add(into, unknownValue("an index"));
	for (let at = 0; at < count; at++) {
		call.engine.solver.add(into, makeValue({ kind: "string", text: String(at), numeric: true }));
	}
}
