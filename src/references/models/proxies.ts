/** Models of `Proxy`: every read of a property may call the handler's `get`. */
import type { Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { callSetters, storeUnder } from "../engine/stores.ts";
import { setProperty } from "../engine/synthetic-objects.ts";
import { type AbstractObject, stringValue, unknownValue, type Value, ValueSet } from "../engine/values.ts";
import type { BuiltinCall } from "./builtin-call.ts";

/** The property of a proxy's abstract object that holds the target. */
const TARGET = "@@target";

/** `new Proxy(target, handler)` */
export function makeProxy(call: BuiltinCall) {
	const proxy = call.engine.objects.allocate(call.site.node, "proxy", "plain");
	proxy.proxyHandler ??= call.argument(1);
	setProperty(call.engine, proxy, TARGET, call.argument(0));
	call.engine.copyProperties(proxy, call.argument(0));
	escapeTraps(call, proxy);
	call.returnObject(proxy);
}

/** The traps of a handler, without `get`, which reads of properties call. */
const OTHER_TRAPS = Object.getOwnPropertyNames(Reflect).filter((name) => name !== "get");

/** Any code may call the other traps, with anything. Their results are unknown. */
function escapeTraps(call: BuiltinCall, proxy: AbstractObject) {
	const { engine, site } = call;
	engine.solver.onValue(call.argument(1), (handler) => {
		for (const name of OTHER_TRAPS)
			engine.readProperty(handler, name, (trap) => {
				if (trap.kind === "nothing") return;
				engine.escape(trap, site.node, "a trap of a proxy");
				engine.solver.add(proxy.keys, unknownValue("a name from a listing"));
			});
	});
}

/**
 * Reads a property of a proxy, by a call of the handler's `get`.
 * @param key undefined for an unknown key
 */
export function readThroughProxy(
	engine: Engine,
	object: AbstractObject,
	proxyHandler: ValueSet,
	key: string | undefined,
	into: (value: Value) => void,
) {
	const { solver } = engine;
	const site = engine.callSite(object.node);
	const name = solver.singleton(key === undefined ? unknownValue("a computed value") : stringValue(key));
	const inner = engine.syntheticSite(site, key === undefined ? "get any" : `get =${key}`, [
		engine.argument(site, 0),
		name,
	]);
	const result = new ValueSet();
	solver.onValue(proxyHandler, (handler) =>
		engine.readProperty(handler, "get", (trap) => {
			if (trap.kind !== "nothing") return engine.invoke(trap, inner, result);
			// Without a trap, the target's property is read.
			solver.onValue(engine.argument(site, 0), (target) =>
				engine.readProperty(target, key, (found) => solver.add(result, found)),
			);
		}),
	);
	solver.onValue(result, into);
}

/**
 * Assigns to a property of a proxy: to its target, in addition to the effects of the trap, which other code may call.
 */
export function assignThroughProxy(
	engine: Engine,
	proxy: AbstractObject,
	key: string | undefined,
	values: ValueSet,
	node: Node,
) {
	engine.solver.onValue(engine.property(proxy, TARGET), (target) => {
		if (target.kind === "object" && target.object.proxyHandler !== undefined)
			return assignThroughProxy(engine, target.object, key, values, node);
		if (target.kind !== "object") return;
		storeUnder(engine, target, key, values);
		callSetters(engine, target, key, values, node);
	});
}
