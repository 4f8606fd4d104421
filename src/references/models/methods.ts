/** Models of built-in methods, by the kind of value that they are called on. */
import type { Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import {
	type CallSite,
	type MethodValue,
	makeValue,
	unknownValue,
	type Value,
	ValueSet,
} from "../engine/values.ts";
import { recordReads } from "../environment/name-reads.ts";
import { callArrayMethod } from "./arrays/methods.ts";
import { bindFunction, callBound, isBound } from "./bound-functions.ts";
import { BuiltinCall } from "./builtin-call.ts";
import { requireModule } from "./bundler-helpers.ts";
import { callOfClass, isOfClass } from "./classes/index.ts";
import { callCollectionMethod } from "./collections.ts";
import { defineByMethod } from "./objects/definitions.ts";
import { callPromise, isPromise, settlePromise } from "./promises.ts";
import { returnWhole } from "./subclasses/methods.ts";
import { eachPart } from "./subclasses/parts.ts";
import { prefixAfter } from "./text/prefixes.ts";
import { callPatternMethod, callStringMethod } from "./text/string-methods.ts";

/** Methods of `Object.prototype` without effects. */
const OF_ALL_OBJECTS = new Set(["toString", "toLocaleString", "valueOf", "isPrototypeOf"]);

/** Calls a built-in method of a known value. */
export function callMethod(
	engine: Engine,
	callee: MethodValue,
	site: CallSite,
	result: ValueSet | undefined,
) {
	const { receiver, name } = callee;
	const isOfPart = receiver.kind === "object" && receiver.object.partOf !== undefined;
	const returned = isOfPart && result !== undefined ? new ValueSet() : result;
	const call = new BuiltinCall(engine, site, returned, callee.context, receiver.key, name);
	if (isOfPart) returnWhole(call, receiver, result);
	if (name === "call" || name === "apply" || name === "bind") return callWithReceiver(call, callee);
	if (name === "then" || name === "catch" || name === "finally") return callPromise(call, callee);
	if (name === "require") return requireModule(call, callee);
	if (receiver.kind === "object" && isBound(receiver.object)) return callBound(call, receiver.object);
	if (name === "hasOwnProperty" || name === "propertyIsEnumerable") {
		if (receiver.kind === "runtime" && receiver.api === "env")
			recordReads(engine, call.argument(0), callee, site.node);
		return call.returnBooleans();
	}
	if (receiver.kind === "object" && (name === "__defineGetter__" || name === "__defineSetter__"))
		return defineByMethod(call, receiver, name === "__defineGetter__" ? "get" : "set");
	if (receiver.kind === "object" && isOfClass(receiver)) return callOfClass(call, name, receiver);
	if (receiver.kind === "object" && isPromise(receiver.object)) return settlePromise(call, receiver);
	if (receiver.kind === "object" && OF_ALL_OBJECTS.has(name))
		return call.returnValue(name === "valueOf" ? receiver : unknownValue("a computed value"));
	if (receiver.kind === "string") return callStringMethod(call, name, receiver);
	if (receiver.kind === "pattern") return callPatternMethod(call, name, receiver);
	if (receiver.kind === "unknown" && receiver.prefix !== undefined) {
		const prefix = prefixAfter(
			name,
			receiver.prefix,
			site.spreadArguments === undefined ? (site.arguments as Node[]) : [],
		);
		call.giveUpArguments();
		return call.returnValue(
			makeValue({ kind: "unknown", why: receiver.why, prefix }, receiver.context, receiver.reportAt),
		);
	}
	if (receiver.kind !== "object") return call.giveUp();
	if (receiver.object.kind === "array") return callArrayMethod(call, name, receiver);
	if (receiver.object.kind === "map" || receiver.object.kind === "set")
		return callCollectionMethod(call, name, receiver);
	call.giveUp();
}

/** `f.call(receiver, …)`, `f.apply(receiver, array)` and `f.bind(receiver)`. */
function callWithReceiver(call: BuiltinCall, callee: MethodValue) {
	const { engine, site } = call;
	if (callee.name === "bind") return bindFunction(call, callee.receiver);
	const inner: CallSite = {
		...engine.syntheticSite(site, callee.name, []),
		arguments: callee.name === "call" ? site.arguments.slice(1) : [],
		spreadArguments: callee.name === "call" ? site.spreadArguments : new ValueSet(),
		receiver: call.argument(0),
		isInSource: true,
	};
	const { spreadArguments } = inner;
	if (spreadArguments instanceof ValueSet) {
		call.iterateInto(call.argument(1), spreadArguments);
		engine.solver.onValue(call.argument(1), (list) => {
			// An array-like object has elements under indexes.
			if (list.kind === "object" && list.object.kind !== "array")
				engine.solver.add(spreadArguments, unknownValue("an element of an object like an array"));
		});
	}
	const called = callee.receiver;
	if (called.kind !== "method" || called.receiver.kind === "runtime")
		return engine.invoke(called, inner, call.result);
	// `[].push.apply(list, names)`: the method of another object.
	const invokeOf = (receiver: Value) =>
		engine.readProperty(receiver, called.name, (method) => engine.invoke(method, inner, call.result));
	engine.solver.onValue(call.argument(0), (receiver) => {
		invokeOf(receiver);
		if (receiver.kind === "object" && receiver.object.isConstructed) eachPart(engine, receiver, invokeOf);
	});
}
