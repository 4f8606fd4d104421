/** Models of promises. A promise is taken for the value that it resolves to, unless it is known to be rejected. */
import type { Node } from "../bundle/syntax.ts";
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
import type { BuiltinCall } from "./builtin-call.ts";

/** The property of the abstract object of a promise that holds what it resolves to. */
const RESOLVED = "@@resolved";
const PROMISE = "promise";
const REJECTED = "rejected promise";
/** What a rejected promise is rejected with. */
const REASON = "@@reason";

/** The promise that a node makes, and the function that resolves it. */
function promiseAt(engine: Engine, node: Node): { promise: AbstractObject; resolve: Value } {
	const promise = engine.objects.allocate(node, PROMISE, "plain");
	promise.builtinClass = PROMISE;
	return { promise, resolve: makeValue({ kind: "method", name: "resolve", receiver: objectValue(promise) }) };
}

/** `new Promise((resolve, reject) => …)` */
function makePromise(call: BuiltinCall) {
	const { engine, site } = call;
	const { promise, resolve } = promiseAt(engine, site.node);
	const reject = engine.solver.singleton(unknownValue("a function that rejects a promise"));
	call.invokeCallback(0, [engine.solver.singleton(resolve), reject]);
	engine.solver.onValue(call.argument(0), (executor) => {
		const isFunction = executor.kind === "object" && executor.object.kind === "function";
		if (!isFunction) call.returnValue(unknownValue("what a promise resolves to"));
	});
	call.returnAll(engine.property(promise, RESOLVED));
}

export function isPromise(object: AbstractObject): boolean {
	return object.builtinClass === PROMISE;
}

/** `resolve(value)` */
export function resolvePromise(call: BuiltinCall, promise: ObjectValue) {
	call.store(promise, call.argument(0), call.engine.property(promise.object, RESOLVED));
}

/** `Promise.withResolvers()` */
function withResolvers(call: BuiltinCall) {
	const { engine, site } = call;
	const { promise, resolve } = promiseAt(engine, site.node);
	const parts = engine.objects.allocate(site.node, "parts of a promise", "plain");
	promise.trackedAs = objectValue(parts);
	setProperty(engine, parts, "promise", engine.property(promise, RESOLVED));
	setProperty(engine, parts, "resolve", engine.solver.singleton(resolve));
	setProperty(
		engine,
		parts,
		"reject",
		engine.solver.singleton(unknownValue("a function that rejects a promise")),
	);
	call.returnObject(parts);
}

/** `Promise.reject(reason)` */
function makeRejected(call: BuiltinCall) {
	const { engine, site } = call;
	const rejected = engine.objects.allocate(site.node, REJECTED, "plain");
	rejected.builtinClass = REJECTED;
	setProperty(engine, rejected, REASON, call.argument(0));
	// Whoever waits for the promise throws what it is rejected with, and any code may catch that.
	call.giveUpArguments();
	call.returnObject(rejected);
}

function isRejected(value: Value): boolean {
	return value.kind === "object" && value.object.builtinClass === REJECTED;
}

function reasonOf(call: BuiltinCall, rejected: Value): ValueSet {
	if (rejected.kind !== "object") return new ValueSet();
	return call.read(rejected, call.engine.property(rejected.object, REASON));
}

/** `Promise.allSettled(promises)`: why a promise is rejected is known of those that are surely rejected. */
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
	"Promise.all": (call) => call.returnAll(call.argument(0)),
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
	const failed = isFailed ? reasonOf(call, receiver) : solver.singleton(unknownValue("an error"));
	if (name === "then") {
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

/** A rejected promise stays one where nothing handles it. */
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
	const { promise, resolve } = promiseAt(engine, node);
	const args = [solver.singleton(resolve), solver.singleton(unknownValue("a function that rejects"))];
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
