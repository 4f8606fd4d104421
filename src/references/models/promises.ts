/**
 * Models of promises. A promise is represented by the value to which it resolves, unless it is known to be rejected.
 */
import type { Node } from "../bundle/syntax.ts";
import { REJECTED_PROMISE } from "../engine/completion.ts";
import type { Engine } from "../engine/engine.ts";
import { setProperty } from "../engine/synthetic-objects.ts";
import {
	type AbstractObject,
	type MethodValue,
	makeValue,
	NOTHING,
	type ObjectValue,
	objectValue,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
} from "../engine/values.ts";
import { languageError } from "../exceptions/language-errors.ts";
import { holdsUnknown } from "../exceptions/opaque-values.ts";
import type { BuiltinCall } from "./builtin-call.ts";
import { listAll } from "./groups.ts";

/** The property of the abstract object of a promise that contains the value to which it resolves. */
const RESOLVED = "@@resolved";
const PROMISE = "promise";
const REJECTED = REJECTED_PROMISE;
/** The reason of a rejected promise. */
const REASON = "@@reason";

/** The promise that a node creates, and the functions that resolve and reject it. */
function promiseAt(engine: Engine, node: Node): { promise: AbstractObject; resolve: Value; reject: Value } {
	const promise = engine.objects.allocate(node, PROMISE, "plain");
	promise.builtinClass = PROMISE;
	const receiver = objectValue(promise);
	engine.thrown.reject(engine.property(promise, REASON), node);
	return {
		promise,
		resolve: makeValue({ kind: "method", name: "resolve", receiver }),
		reject: makeValue({ kind: "method", name: "reject", receiver }),
	};
}

/** The value to which a promise resolves, or a rejected promise after it was rejected. */
function outcomeOf(engine: Engine, promise: AbstractObject): ValueSet {
	const outcome = new ValueSet();
	const reasons = engine.property(promise, REASON);
	engine.solver.include(engine.property(promise, RESOLVED), outcome);
	engine.solver.onValue(reasons, () => engine.solver.add(outcome, rejectedAt(engine, promise.node, reasons)));
	return outcome;
}

/** A promise that is rejected. */
function rejectedAt(engine: Engine, node: Node, reasons: ValueSet): Value {
	const rejected = engine.objects.allocate(node, REJECTED, "plain");
	rejected.builtinClass = REJECTED;
	// Each expression with this promise is followed separately.
	rejected.tracked = true;
	setProperty(engine, rejected, REASON, reasons);
	return objectValue(rejected);
}

/** The result of a call of an asynchronous function that never ends in a value. */
export function rejectedBy(engine: Engine, fn: Node): Value {
	return rejectedAt(engine, fn, engine.thrown.rejections);
}

/** `new Promise((resolve, reject) => …)` */
function makePromise(call: BuiltinCall) {
	const { engine, site } = call;
	const { promise, resolve, reject } = promiseAt(engine, site.node);
	call.invokeCallback(0, [engine.solver.singleton(resolve), engine.solver.singleton(reject)]);
	engine.solver.onValue(call.argument(0), (executor) => {
		const isFunction = executor.kind === "object" && executor.object.kind === "function";
		if (!isFunction) call.returnValue(unknownValue("what a promise resolves to"));
	});
	call.returnAll(outcomeOf(engine, promise));
}

export function isPromise(object: AbstractObject): boolean {
	return object.builtinClass === PROMISE;
}

/** `resolve(value)` and `reject(reason)` */
export function settlePromise(call: BuiltinCall, promise: ObjectValue) {
	const slot = call.methodName === "reject" ? REASON : RESOLVED;
	call.store(promise, call.argument(0), call.engine.property(promise.object, slot));
}

/** `Promise.withResolvers()` */
function withResolvers(call: BuiltinCall) {
	const { engine, site } = call;
	const { promise, resolve, reject } = promiseAt(engine, site.node);
	const parts = engine.objects.allocate(site.node, "parts of a promise", "plain");
	promise.trackedAs = objectValue(parts);
	setProperty(engine, parts, "promise", outcomeOf(engine, promise));
	setProperty(engine, parts, "resolve", engine.solver.singleton(resolve));
	setProperty(engine, parts, "reject", engine.solver.singleton(reject));
	call.returnObject(parts);
}

/** `Promise.reject(reason)` */
function makeRejected(call: BuiltinCall) {
	const { engine, site } = call;
	call.returnValue(rejectedAt(engine, site.node, call.argument(0)));
	engine.thrown.reject(call.argument(0), site.node);
}

export function isRejected(value: Value): boolean {
	return value.kind === "object" && value.object.builtinClass === REJECTED;
}

function reasonOf(call: BuiltinCall, rejected: Value): ValueSet {
	if (rejected.kind !== "object") return new ValueSet();
	return call.read(rejected, call.engine.property(rejected.object, REASON));
}

/** `Promise.allSettled(promises)`: the reason is known for promises that are surely rejected. */
function settleAll(call: BuiltinCall) {
	const { engine } = call;
	const settled = call.newArray();
	const result = engine.objects.allocate(call.site.node, "settled", "plain");
	const elements = new ValueSet();
	call.iterateInto(call.argument(0), elements);
	const add = (key: string, value: Value) => engine.solver.add(engine.property(result, key), value);
	for (const status of ["fulfilled", "rejected"]) add("status", stringValue(status));
	for (const key of ["value", "reason"]) add(key, NOTHING);
	engine.solver.onValue(elements, (value) => {
		if (isRejected(value))
			return engine.solver.include(reasonOf(call, value), engine.property(result, "reason"));
		add("value", value);
		add("reason", unknownValue("an error"));
	});
	engine.solver.add(settled.summary, objectValue(result));
	call.returnObject(settled);
}

/** `Promise.race` and `Promise.any` */
function returnOneOf(call: BuiltinCall, isRejectedOut: boolean) {
	const elements = new ValueSet();
	call.iterateInto(call.argument(0), elements);
	call.engine.solver.onValue(elements, (value) => {
		if (isRejectedOut && isRejected(value)) return;
		call.returnValue(value);
	});
}

/** `Promise.try(f, …)` */
function callNow(call: BuiltinCall) {
	if (call.site.spreadArguments !== undefined) return call.giveUp();
	const returned = new ValueSet();
	call.invokeCallback(0, call.arguments(1), returned);
	call.returnAll(returned);
}

export const PROMISE_MODELS: Readonly<Record<string, (call: BuiltinCall) => void>> = {
	Promise: makePromise,
	"Promise.resolve": (call) => call.returnAll(call.argument(0)),
	"Promise.reject": makeRejected,
	"Promise.all": listAll,
	"Promise.allSettled": settleAll,
	"Promise.race": (call) => returnOneOf(call, false),
	"Promise.any": (call) => returnOneOf(call, true),
	"Promise.try": callNow,
	"Promise.withResolvers": withResolvers,
};

/** `then`, `catch` and `finally` */
export function callPromise(call: BuiltinCall, { name, receiver }: MethodValue) {
	const { solver } = call.engine;
	const returned = new ValueSet();
	const isFailed = isRejected(receiver);
	const failed = isFailed ? reasonOf(call, receiver) : rejectionsOf(call, receiver);
	if (name === "then") {
		// A callback that never ends in a value rejects the promise.
		if (!isFailed) call.engine.solver.onValue(call.argument(0), (fn) => returnRejected(call, fn));
		if (!isFailed) call.invokeCallback(0, [solver.singleton(receiver)], returned);
		call.invokeCallback(1, [failed], returned);
		if (isFailed) returnWithoutHandler(call, 1, receiver);
	} else if (name === "catch") {
		call.invokeCallback(0, [failed], returned);
		if (isFailed) returnWithoutHandler(call, 0, receiver);
		else solver.add(returned, receiver);
	} else {
		call.invokeCallback(0, []);
		solver.add(returned, receiver);
	}
	call.returnAll(returned);
}

/** The reasons with which a promise of a value may be rejected. */
function rejectionsOf({ engine, site }: BuiltinCall, receiver: Value): ValueSet {
	const reasons = new ValueSet();
	if (holdsUnknown(engine, receiver)) {
		engine.thrown.rejectUnknown();
		engine.solver.add(reasons, unknownValue("an error"));
		if (receiver.kind === "unknown") return reasons;
	}
	engine.solver.include(engine.thrown.rejections, reasons);
	engine.solver.add(reasons, languageError(engine, site.node, true));
	return reasons;
}

function returnRejected({ engine, ...call }: BuiltinCall, fn: Value) {
	const isRejecting =
		fn.kind === "object" && fn.object.kind === "function" && engine.objects.neverReturns(fn.object.node);
	if (isRejecting && call.result !== undefined)
		engine.solver.add(call.result, rejectedBy(engine, fn.object.node));
}

/** A rejected promise stays rejected if nothing handles it. */
function returnWithoutHandler(call: BuiltinCall, index: number, rejected: Value) {
	call.engine.solver.onValue(call.argument(index), (handler) => {
		if (handler.kind === "nothing" || handler.kind === "unknown") call.returnValue(rejected);
	});
}

/** `await`: a rejected promise throws, and an object may say itself what it resolves to. */
export function evaluateAwait(engine: Engine, node: Node, into: ValueSet) {
	const { solver } = engine;
	solver.onValue(engine.evaluate(node.argument), (value) => {
		if (isRejected(value)) return;
		if (value.kind === "object" && isWrittenThenable(value.object)) awaitThenable(engine, value, node, into);
		else solver.add(into, value);
	});
}

/** Calls the method `then` of an object. */
function awaitThenable(engine: Engine, value: Value, node: Node, into: ValueSet) {
	const { solver } = engine;
	const { promise, resolve, reject } = promiseAt(engine, node);
	const args = [solver.singleton(resolve), solver.singleton(reject)];
	const site = engine.impliedSite(node, `then ${value.key}`, args, solver.singleton(value));
	engine.readProperty(value, "then", (method) => {
		if (method.kind === "unknown") solver.add(into, method);
		engine.invoke(method, site, undefined);
	});
	solver.include(engine.property(promise, RESOLVED), into);
}

/** Whether an object literal has a method `then`. */
function isWrittenThenable({ kind, node }: AbstractObject): boolean {
	if (kind !== "plain" || node.type !== "ObjectExpression") return false;
	return (node.properties as Node[]).some((property) => property.key?.name === "then" && !property.computed);
}
