/** Models of functions that list the properties of an object, copy them, or make an object from a list. */
import type { Node } from "../bundle/syntax.ts";
import { unify } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { keep } from "../engine/origins.ts";
import { callSetters } from "../engine/stores.ts";
import { setEntry, setProperty } from "../engine/synthetic-objects.ts";
import {
	type AbstractObject,
	type ObjectValue,
	objectValue,
	unknownValue,
	type Value,
	ValueSet,
	withContext,
} from "../engine/values.ts";
import { listedNames } from "../environment/name-reads.ts";
import { VALUE_OF_VARIABLE } from "../environment/runtime-apis.ts";
import { isCopyFollowed, reportCopiedMethods } from "../environment/spread-copies.ts";
import type { BuiltinCall } from "./builtin-call.ts";
import { readAll } from "./proxies.ts";

/**
 * `Object.getOwnPropertyNames` and `Reflect.ownKeys`, which also list names that are not enumerable: static methods.
 */
export function listOwnNames(call: BuiltinCall) {
	listProperties(call, "keys");
	call.engine.solver.onValue(call.argument(0), (listed) => {
		const mayHaveOthers =
			listed.kind === "object" &&
			(listed.object.kind !== "plain" || listed.object.builtinClass !== undefined);
		if (listed.kind !== "object" || !mayHaveOthers) return;
		const created = call.newArray(`own names ${listed.object.id}`);
		call.engine.solver.add(created.summary, unknownValue("a name from a listing"));
		call.returnValue(objectValue(created, listed.context));
	});
}

/** `Object.keys`, `values` and `entries`. Each entry pairs a known key with its own value. */
export function listProperties(call: BuiltinCall, what: "keys" | "values" | "entries") {
	const { engine } = call;
	engine.solver.onValue(call.argument(0), (listed) => {
		const created = call.newArray(`${what} ${listed.kind === "object" ? listed.object.id : ""}`);
		if (listed.kind !== "nothing") call.returnValue(objectValue(created, listed.context));
		if (listed.kind !== "object") return listEnvironment(call, listed, what, created);
		if (listed.object.proxyHandler === undefined && what === "values")
			return engine.solver.include(engine.anyProperty(listed.object), created.summary);
		engine.solver.onValue(engine.keys(listed.object), (name) => {
			if (what === "keys") return engine.solver.add(created.summary, name);
			const known = name.kind === "string" ? name.text : undefined;
			if (what === "values")
				return engine.readProperty(listed, known, (value) => engine.solver.add(created.summary, keep(value)));
			const entry = call.newArray(`entry ${listed.object.id} ${known}`);
			// Several names share the entry: unknown names, and one name in several contexts.
			engine.solver.add(engine.property(entry, "0"), name);
			if (!entry.populated) {
				entry.populated = true;
				setProperty(engine, entry, "1", listedValue(engine, listed, known));
			}
			engine.solver.add(created.summary, objectValue(entry, name.context));
		});
	});
}

/** The values of a property that is listed. @param key undefined for all properties */
function listedValue(engine: Engine, listed: ObjectValue, key: string | undefined): ValueSet {
	const { object } = listed;
	if (object.proxyHandler === undefined)
		return key === undefined ? engine.anyProperty(object) : engine.property(object, key);
	const values = new ValueSet();
	engine.readProperty(listed, key, (value) => engine.solver.add(values, keep(value)));
	return values;
}

/**
 * Lists a value whose properties are unknown. Names of the environment have a prefix if the surrounding code uses no
 * others.
 */
function listEnvironment(
	call: BuiltinCall,
	listed: Value,
	what: "keys" | "values" | "entries",
	created: AbstractObject,
) {
	const { engine } = call;
	if (what === "values") return engine.solver.add(created.summary, unknownValue(VALUE_OF_VARIABLE));
	for (const name of listedNames(engine, listed, call.site.node)) {
		if (what === "keys" || name.kind !== "unknown") engine.solver.add(created.summary, name);
		else {
			const entry = call.newArray(`entry of the environment ${name.prefix}`);
			const value = engine.solver.singleton(unknownValue(VALUE_OF_VARIABLE));
			setEntry(engine, entry, engine.solver.singleton(name), value);
			engine.solver.add(created.summary, objectValue(entry));
		}
	}
}

/** `Object.fromEntries`, with each key's own value if the key is known. */
export function fromEntries(call: BuiltinCall) {
	const { engine } = call;
	const created = engine.objects.allocate(call.site.node, "object", "plain");
	created.populated = true;
	const entries = new ValueSet();
	call.iterateInto(call.argument(0), entries);
	engine.solver.onValue(entries, (entry) =>
		engine.readProperty(entry, "0", (key) => {
			engine.solver.add(created.keys, key);
			engine.readProperty(entry, "1", (value) => {
				const context = unify(value.context, key.context);
				if (context === undefined) return;
				const single = engine.solver.singleton(withContext(value, context));
				if (key.kind === "string") setProperty(engine, created, key.text, single);
				else engine.solver.include(single, created.summary);
			});
		}),
	);
	call.returnObject(created);
}

/** `Object.assign(target, …)` changes the target, and returns it. */
export function assign(call: BuiltinCall) {
	const { engine } = call;
	const [target, ...sources] = call.arguments();
	if (target === undefined) return;
	const [literal] = call.site.node.arguments as Node[];
	// A copy of the environment is the environment, too.
	if (literal !== undefined && isCopyFollowed(engine, literal))
		for (const source of sources) call.returnEnvironment(source);
	reportMethods(call, [target, ...sources]);
	engine.solver.onValue(target, (into) => {
		call.returnValue(into);
		// The code may read what it assigns to `globalThis` as a global variable.
		if (into.kind === "runtime" && into.api === "global") giveAway(call, sources);
		if (into.kind !== "object") return;
		for (const source of sources) engine.copyProperties(into.object, source);
		callSetters(engine, into, undefined, allOf(call, sources), call.site.node);
	});
}

/** Reports methods that a copy of the environment gets, if one of the objects is such a copy or the environment. */
function reportMethods({ engine, site }: BuiltinCall, objects: readonly ValueSet[]) {
	let isReported = false;
	for (const object of objects)
		engine.solver.onValue(object, (value) => {
			if (isReported || value.kind !== "runtime" || value.api !== "env") return;
			isReported = true;
			for (const each of objects) reportCopiedMethods(engine, each, site.node);
		});
}

function giveAway({ engine, site }: BuiltinCall, sources: readonly ValueSet[]) {
	for (const source of sources)
		engine.solver.onValue(source, (value) => engine.escape(value, site.node, "stored in global variables"));
}

/** The values of the properties of several objects. */
function allOf({ engine }: BuiltinCall, sources: readonly ValueSet[]): ValueSet {
	const values = new ValueSet();
	for (const source of sources)
		engine.solver.onValue(source, (value) =>
			readAll(engine, value, (found) => engine.solver.add(values, found)),
		);
	return values;
}
