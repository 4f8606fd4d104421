/** Models of the methods that add elements to an array or replace them. Positions are unknown afterwards. */
import {
	type AbstractObject,
	type ObjectValue,
	objectValue,
	unknownValue,
	type ValueSet,
} from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";

/** Notes that the number of elements of an array is no longer known. */
export function noteResized(call: BuiltinCall, array: AbstractObject) {
	call.engine.solver.add(array.resized, unknownValue("a computed value"));
}

/** Stores the arguments from a position on in an array. */
function storeArguments(call: BuiltinCall, from: number, receiver: ObjectValue) {
	for (const argument of call.arguments(from)) call.store(receiver, argument, receiver.object.summary);
}

/** `push` and `unshift` add the arguments to the elements. */
export function append(call: BuiltinCall, receiver: ObjectValue, elements: ValueSet) {
	const { object } = receiver;
	noteResized(call, object);
	storeArguments(call, 0, receiver);
	if (call.methodName === "unshift") call.store(receiver, elements, object.summary);
	call.engine.track(object);
	call.returnValue(unknownValue("an index"));
}

/** `splice` removes elements and adds the arguments from the third one on. It returns what it removes. */
export function splice(call: BuiltinCall, receiver: ObjectValue, elements: ValueSet) {
	const { object, context } = receiver;
	noteResized(call, object);
	storeArguments(call, 2, receiver);
	call.store(receiver, elements, object.summary);
	call.engine.track(object);
	const removed = call.newArray();
	call.engine.solver.include(elements, removed.summary);
	call.returnValue(objectValue(removed, context));
}

export function toSpliced(call: BuiltinCall, { context }: ObjectValue, elements: ValueSet) {
	const created = call.newArray();
	for (const argument of call.arguments(2)) call.engine.solver.include(argument, created.summary);
	call.engine.solver.include(elements, created.summary);
	call.returnValue(objectValue(created, context));
}

/** `fill` puts its argument at some of the positions. */
export function fill(call: BuiltinCall, receiver: ObjectValue) {
	call.store(receiver, call.argument(0), receiver.object.summary);
	call.engine.track(receiver.object);
	call.returnValue(receiver);
}
