/**
 * Models of functions that define or assign properties: `Object.defineProperty`, `Reflect.set` and similar functions.
 */
import { unify } from "../../engine/context.ts";
import { keep } from "../../engine/origins.ts";
import { callSetters, defineAccessor, keyOf, storeUnder } from "../../engine/stores.ts";
import { setProperty } from "../../engine/synthetic-objects.ts";
import {
	type AbstractObject,
	NOTHING,
	type ObjectValue,
	objectValue,
	unknownValue,
	type Value,
	ValueSet,
	withContext,
} from "../../engine/values.ts";
import { replaceBuiltin, replaceGlobal } from "../../environment/replaced.ts";
import type { BuiltinCall } from "../builtin-call.ts";

/** `Object.defineProperty(target, key, descriptor)`; `Reflect.defineProperty` returns a boolean. */
export function defineProperty(call: BuiltinCall) {
	const { solver } = call.engine;
	changeTarget(call, call.argument(1), call.argument(2), (target) =>
		solver.onValue(call.argument(1), (key) =>
			solver.onValue(call.argument(2), (descriptor) => define(call, target, key, descriptor)),
		),
	);
}

/** `Object.defineProperties(target, descriptors)`, or the second argument of `Object.create` */
export function defineProperties(call: BuiltinCall) {
	const names = call.engine.solver.singleton(unknownValue("a name from a listing"));
	changeTarget(call, names, call.argument(1), (target) => defineAll(call, target));
}

/** Defines all properties that the second argument describes. */
export function defineAll(call: BuiltinCall, target: ObjectValue) {
	const { engine } = call;
	engine.solver.onValue(call.argument(1), (all) => {
		if (all.kind === "nothing") return;
		if (all.kind !== "object") return define(call, target, all, all);
		engine.solver.onValue(engine.keys(all.object), (key) =>
			engine.readProperty(all, keyOf(key), (descriptor) => define(call, target, key, descriptor)),
		);
	});
}

/** `Reflect.set(target, key, value, receiver)` */
export function assignReflected(call: BuiltinCall) {
	const { engine } = call;
	call.returnBooleans();
	changeTarget(call, call.argument(1), call.argument(2), (target) => {
		engine.solver.onValue(call.argument(1), (key) => {
			if (key.kind === "nothing") return;
			const values = withBoth(call, call.argument(2), target, key);
			const receiver = call.site.arguments.length > 3 ? call.argument(3) : undefined;
			callSetters(engine, target, keyOf(key), values, call.site.node, receiver);
			storeUnder(engine, target, keyOf(key), values);
			if (receiver === undefined) return;
			engine.solver.onValue(receiver, (other) => {
				if (other.kind === "object") storeUnder(engine, other, keyOf(key), values);
				else engine.solver.onValue(values, (value) => giveUp(call, value));
			});
		});
	});
}

/**
 * Changes each target that is an object of the code. Any other target gets the arguments of the call.
 * @param keys the keys that the call changes
 */
function changeTarget(
	call: BuiltinCall,
	keys: ValueSet,
	given: ValueSet,
	change: (target: ObjectValue) => void,
) {
	const { engine, site } = call;
	engine.solver.onValue(call.argument(0), (target) => {
		if (target.kind === "object" && target.object.proxyHandler === undefined) {
			engine.track(target.object);
			return change(target);
		}
		if (target.kind === "nothing" || target.kind === "string") return;
		replaceBuiltin(engine, target, keys);
		if (target.kind === "runtime" && !engine.isForeign(site.node))
			engine.solver.onValue(keys, (key) => replaceGlobal(engine, target.api, keyOf(key)));
		giveUp(call, target);
		engine.solver.onValue(given, (value) => giveUp(call, value));
	});
}

function giveUp({ engine, site }: BuiltinCall, value: Value) {
	engine.escape(value, site.node, "passed to code that the analysis cannot follow");
}

/** Values whose contexts unify with those of a target and a key. */
function withBoth({ engine }: BuiltinCall, values: ValueSet, target: Value, key: Value): ValueSet {
	const unified = new ValueSet();
	const both = unify(key.context, target.context);
	if (both === undefined) return unified;
	engine.solver.onValue(values, (value) => {
		const context = unify(value.context, both);
		if (context !== undefined) engine.solver.add(unified, withContext(value, context));
	});
	return unified;
}

/** Defines one property. */
function define(call: BuiltinCall, target: ObjectValue, key: Value, descriptor: Value) {
	const { engine } = call;
	if (descriptor.kind === "nothing" || key.kind === "nothing") return;
	if (unify(unify(key.context, target.context) ?? key.context, descriptor.context) === undefined) return;
	const name = keyOf(key);
	const read = (field: string) => {
		const found = new ValueSet();
		engine.readProperty(descriptor, field, (value) => engine.solver.add(found, value));
		return withBoth(call, found, target, key);
	};
	storeUnder(engine, target, name, read("value"));
	const self = selfOf(call, target);
	const got = new ValueSet();
	for (const kind of ["get", "set"] as const) {
		const stored = new ValueSet();
		engine.solver.onValue(read(kind), (accessor) => {
			if (accessor.kind === "nothing") return;
			call.store(target, engine.solver.singleton(accessor), stored);
			const tag = `${kind} ${name} ${target.key} ${accessor.key}`;
			if (kind === "get") engine.invoke(accessor, engine.impliedSite(call.site.node, tag, [], self), got);
			// `push` and similar methods would call the setter of an index.
			else if (target.object.kind === "array") giveUp(call, accessor);
		});
		defineAccessor(engine, target.object, kind, name, stored);
	}
	storeUnder(engine, target, name, got);
}

/** `object.__defineGetter__(key, getter)` and the same for a setter. */
export function defineByMethod(call: BuiltinCall, target: ObjectValue, kind: "get" | "set") {
	const { engine, site } = call;
	const descriptor = engine.objects.allocate(site.node, `descriptor ${kind}`, "plain");
	descriptor.populated = true;
	setProperty(engine, descriptor, kind, call.argument(1));
	engine.track(target.object);
	engine.solver.onValue(call.argument(0), (key) => define(call, target, key, objectValue(descriptor)));
	call.returnValue(NOTHING);
}

/** The values of `this` in the getter of an object: the object, or one that inherits from it. */
function selfOf({ engine }: BuiltinCall, target: ObjectValue): ValueSet {
	const self = engine.solver.singleton(target);
	const { object } = target;
	const owner = object.kind === "plain" ? object.constructedBy : undefined;
	for (const instances of [object.instances, owner?.instances])
		if (instances !== undefined)
			engine.solver.onValue(instances, (heir) => engine.solver.add(self, keep(heir)));
	if (owner?.kind === "class") engine.solver.add(self, objectValue(engine.objects.externalInstance(owner)));
	return self;
}

/** `Object.getOwnPropertyDescriptor(object, key)` */
export function describeProperty(call: BuiltinCall) {
	const { engine } = call;
	call.returnValue(NOTHING);
	engine.solver.onValue(call.argument(0), (holder) =>
		engine.solver.onValue(call.argument(1), (key) => {
			const context = unify(holder.context, key.context);
			if (context === undefined || holder.kind === "nothing") return;
			const name = keyOf(key);
			const created = descriptorOf(call, withContext(holder, context), name);
			call.returnValue(withContext(objectValue(created), context));
		}),
	);
}

/** `Object.getOwnPropertyDescriptors(object)` */
export function describeProperties(call: BuiltinCall) {
	const { engine } = call;
	engine.solver.onValue(call.argument(0), (holder) => {
		const all = engine.objects.allocate(call.site.node, `descriptors ${holder.key}`, "plain");
		all.populated = true;
		if (holder.kind !== "object") return call.returnValue(unknownValue("the result of a call"));
		engine.solver.onValue(engine.keys(holder.object), (key) => {
			const name = keyOf(key);
			engine.solver.add(all.keys, key);
			const into = name === undefined ? all.summary : engine.property(all, name);
			engine.solver.add(into, objectValue(descriptorOf(call, holder, name)));
		});
		call.returnValue(withContext(objectValue(all), holder.context));
	});
}

/** The object that describes a property. */
function descriptorOf(call: BuiltinCall, holder: Value, key: string | undefined): AbstractObject {
	const { engine, site } = call;
	const created = engine.objects.allocate(site.node, `descriptor ${key} ${holder.key}`, "plain");
	if (created.populated) return created;
	created.populated = true;
	const values = new ValueSet();
	engine.readProperty(holder, key, (found) => engine.solver.add(values, found));
	setProperty(engine, created, "value", values);
	for (const kind of ["get", "set"] as const)
		if (holder.kind === "object")
			setProperty(engine, created, kind, engine.accessors(holder.object, kind, key));
		else engine.solver.add(created.summary, unknownValue("a computed value"));
	return created;
}
