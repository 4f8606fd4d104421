/** Models of promises that code makes. A promise is taken for the value that it resolves to. */
import {
	type AbstractObject,
	makeValue,
	type ObjectValue,
	objectValue,
	unknownValue,
} from "../engine/values.ts";
import type { BuiltinCall } from "./builtin-call.ts";

/** The property of the abstract object of a promise that holds what it resolves to. */
const RESOLVED = "@@resolved";
const PROMISE = "promise";

/** `new Promise((resolve, reject) => …)` */
export function makePromise(call: BuiltinCall) {
	const { engine, site } = call;
	const promise = engine.objects.allocate(site.node, PROMISE, "plain");
	promise.builtinClass = PROMISE;
	const resolve = makeValue({ kind: "method", name: "resolve", receiver: objectValue(promise) });
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
