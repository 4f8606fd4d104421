/** Models of `Proxy`: every read of a property may call the handler's `get`. */
import type { Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { keep } from "../engine/origins.ts";
import { callSetters, storeUnder } from "../engine/stores.ts";
import { setProperty } from "../engine/synthetic-objects.ts";
import {
	type AbstractObject,
	type CallSite,
	makeValue,
	NOTHING,
	objectValue,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
} from "../engine/values.ts";
import { objectReads } from "../environment/object-reads.ts";
import type { BuiltinCall } from "./builtin-call.ts";

/** The property of a proxy's abstract object that holds the target. */
const TARGET = "@@target";

/** `new Proxy(target, handler)` */
export function makeProxy(call: BuiltinCall) {
	const proxy = call.engine.objects.allocate(call.site.node, "proxy", "plain");
	proxy.proxyHandler ??= call.argument(1);
	setProperty(call.engine, proxy, TARGET, call.argument(0));
	call.engine.copyProperties(proxy, call.argument(0));
	followTraps(call, proxy);
	// What a proxy does without a trap, it does with its target.
	if (!call.engine.isForeign(call.site.node)) call.returnEnvironment(call.argument(0));
	call.returnObject(proxy);
}

/** The traps that any code may call, with anything. Their results are unknown. */
const OTHER_TRAPS = Object.getOwnPropertyNames(Reflect).filter(
	(name) => !["get", "ownKeys", "apply", "construct"].includes(name),
);

/** Follows the traps of a handler, without those that reads of properties and calls of the proxy call. */
function followTraps(call: BuiltinCall, proxy: AbstractObject) {
	const { engine, site } = call;
	engine.solver.onValue(call.argument(1), (handler) => {
		for (const name of OTHER_TRAPS)
			engine.readProperty(handler, name, (trap) => {
				if (trap.kind === "nothing") return;
				// A loop that deletes what it lists is no listing, unless a trap gets the names.
				if (name === "deleteProperty" && !engine.isForeign(site.node))
					engine.solver.onValue(call.argument(0), (target) =>
						objectReads.ofEverything(engine, target, site.node, "the environment has a trap for deletions"),
					);
				engine.escape(trap, site.node, "a trap of a proxy");
				const given = [call.argument(0), engine.solver.singleton(unknownValue("a computed value"))];
				const inner = engine.syntheticSite(site, name, given);
				engine.solver.onValue(call.argument(0), (target) => {
					if (target.kind === "runtime") engine.invoke(trap, inner, undefined);
				});
			});
		engine.readProperty(handler, "ownKeys", (trap) => {
			if (trap.kind === "nothing") return;
			const names = new ValueSet();
			engine.invoke(trap, engine.syntheticSite(site, "ownKeys", [engine.argument(site, 0)]), names);
			engine.solver.onValue(names, (list) =>
				engine.iterate(list, (name) => engine.solver.add(proxy.keys, keep(name))),
			);
		});
	});
}

/** Calls the handler's `get` for each property of a proxy, as code does that lists, copies or writes an object. */
export function listThroughProxy(engine: Engine, value: Value) {
	if (value.kind === "object" && value.object.proxyHandler !== undefined)
		readAll(engine, value, () => undefined);
}

/** Reads all properties of a value. Those of a proxy are read by their names, as far as these are known. */
export function readAll(engine: Engine, value: Value, into: (value: Value) => void) {
	if (value.kind !== "object" || value.object.proxyHandler === undefined)
		return engine.readProperty(value, undefined, into);
	engine.solver.onValue(engine.keys(value.object), (key) => {
		if (key.kind !== "nothing")
			engine.readProperty(value, key.kind === "string" ? key.text : undefined, into);
	});
}

/** Calls a proxy of a function: with the handler's trap, or else the target. */
export function callProxy(
	engine: Engine,
	object: AbstractObject,
	site: CallSite,
	result: ValueSet | undefined,
) {
	const { solver } = engine;
	const made = engine.callSite(object.node);
	const target = engine.argument(made, 0);
	const args = engine.objects.allocate(site.node, `arguments of a proxy ${object.id}`, "array");
	for (let index = 0; index < site.arguments.length; index++)
		setProperty(engine, args, String(index), engine.argument(site, index));
	if (site.spreadArguments !== undefined)
		solver.include(engine.argument(site, site.arguments.length), args.summary);
	const list = solver.singleton(objectValue(args));
	const receiver = site.receiver ?? solver.singleton(NOTHING);
	const newTarget = solver.singleton(objectValue(object));
	const given = site.isConstruct ? [target, list, newTarget] : [target, receiver, list];
	const inner = engine.syntheticSite(site, `trap ${object.id}`, given);
	solver.onValue(object.proxyHandler as ValueSet, (handler) =>
		engine.readProperty(handler, site.isConstruct ? "construct" : "apply", (trap) => {
			if (trap.kind !== "nothing") return engine.invoke(trap, inner, result);
			solver.onValue(target, (called) => engine.invoke(called, site, result));
		}),
	);
}

/** A class may extend a proxy of a class. The analysis does not follow what it inherits, so the proxy escapes. */
export function escapeSuperclass(engine: Engine, owner: Node) {
	const { superClass } = owner;
	if (!superClass) return;
	engine.solver.onValue(engine.evaluate(superClass), (base) => {
		if (base.kind === "object" && base.object.proxyHandler !== undefined)
			engine.escape(base, superClass, "a proxy that a class extends");
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
		solver.singleton(objectValue(object)),
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
	solver.onValue(result, (found) => {
		// A method that is called on a proxy of a list reads the list through the proxy.
		into(isOfList(found) ? unknownValue("a method of a proxy") : found);
		// `call`, `apply` and `bind` of a proxy of a function call the proxy, so they run its trap.
		if (found.kind === "method" && CALLING_METHODS.has(found.name))
			into(makeValue({ ...found, receiver: objectValue(object) }, found.context));
	});
}

const CALLING_METHODS = new Set(["call", "apply", "bind"]);

function isOfList(value: Value): boolean {
	if (value.kind !== "method" || value.receiver.kind !== "object") return false;
	return value.receiver.object.kind === "array";
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
