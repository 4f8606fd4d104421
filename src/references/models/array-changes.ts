/** Models of the methods that add elements to an array or replace them. Positions are not known afterwards. */
import {
	type AbstractObject,
	type ObjectValue,
	objectValue,
	unknownValue,
	type ValueSet,
} from "../engine/values.ts";
import type { BuiltinCall } from "./builtin-call.ts";

/** Notes that the number of elements of an array is not known any more. */
export function noteResized(call: BuiltinCall, array: AbstractObject) {
	call.engine.solver.add(array.resized, unknownValue("a computed value"));
}

/** Includes the arguments from a position on. */
function includeArguments(call: BuiltinCall, from: number, into: ValueSet) {
	for (const argument of call.arguments(from)) call.engine.solver.include(argument, into);
}

/** `push` and `unshift` add the arguments to the elements. */
export function append(call: BuiltinCall, receiver: ObjectValue, elements: ValueSet) {
	const { object } = receiver;
	noteResized(call, object);
	includeArguments(call, 0, object.summary);
	if (call.methodName === "unshift") call.engine.solver.include(elements, object.summary);
	call.engine.track(object);
	call.returnValue(unknownValue("an index"));
}

/** `splice` removes elements and adds the arguments from the third one on. It returns what it removes. */
export function splice(call: BuiltinCall, { object, context }: ObjectValue, elements: ValueSet) {
	noteResized(call, object);
	includeArguments(call, 2, object.summary);
	call.engine.solver.include(elements, object.summary);
	call.engine.track(object);
	const removed = call.newArray();
	call.engine.solver.include(elements, removed.summary);
	call.returnValue(objectValue(removed, context));
}

export function toSpliced(call: BuiltinCall, { context }: ObjectValue, elements: ValueSet) {
	const created = call.newArray();
	includeArguments(call, 2, created.summary);
	call.engine.solver.include(elements, created.summary);
	call.returnValue(objectValue(created, context));
}

/** `fill` puts its argument at some of the positions. */
export function fill(call: BuiltinCall, receiver: ObjectValue) {
	call.engine.solver.include(call.argument(0), receiver.object.summary);
	call.engine.track(receiver.object);
	call.returnValue(receiver);
}
