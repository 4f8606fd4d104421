/** Models of the global functions of the language, and of the bundler's helpers. */
import { unify } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { setProperty } from "../engine/synthetic-objects.ts";
import {
	type BuiltinValue,
	type CallSite,
	makeValue,
	unknownValue,
	type Value,
	ValueSet,
	withContext,
} from "../engine/values.ts";
import { loadModule } from "../environment/modules.ts";
import { recordReads } from "../environment/name-reads.ts";
import { objectReads } from "../environment/object-reads.ts";
import { VALUE_OF_VARIABLE } from "../environment/runtime-apis.ts";
import { addNumbers } from "./arrays.ts";
import { BuiltinCall } from "./builtin-call.ts";
import { exportInto, toModule, wrapCommonJs } from "./bundler-helpers.ts";
import { respondWithJson } from "./classes/bodies.ts";
import { constructOfClass, hasClassModel } from "./classes/index.ts";
import { parse, stringify } from "./classes/json-texts.ts";
import { makeCollection } from "./collections.ts";
import { listProperties } from "./object-listings.ts";
import { makePromise } from "./promises.ts";
import { makeProxy } from "./proxies.ts";
import { callPureFunction, isPureFunction } from "./text/pure-functions.ts";
import { TIMER_MODELS } from "./timers.ts";

type Model = (call: BuiltinCall) => void;

const returnBooleans: Model = (call) => call.returnBooleans();
const returnFirst: Model = (call) => call.returnAll(call.argument(0));

/** `Object.hasOwn(env, name)` and its like: they read one variable, by the second argument. */
const readByName: Model = (call) => {
	call.engine.solver.onValue(call.argument(0), (object) => {
		if (object.kind === "runtime" && object.api === "env") {
			recordReads(call.engine, call.argument(1), object, call.site.node);
		}
	});
	call.returnValue(unknownValue(VALUE_OF_VARIABLE));
};

/** `Reflect.get(object, key)` reads a property of any value. */
function readReflected(call: BuiltinCall) {
	const { engine, site } = call;
	const keys = call.argument(1);
	engine.solver.onValue(call.argument(0), (object) => {
		if (object.kind === "runtime" && object.api === "env") return;
		objectReads.ofComputedKeys(engine, object, keys, site.node);
		engine.solver.onValue(keys, (key) =>
			engine.readProperty(object, key.kind === "string" ? key.text : undefined, (found) =>
				call.returnValue(found),
			),
		);
	});
}

/** By the name of the global, or the path to a function of it. */
const MODELS: Readonly<Record<string, Model>> = {
	"Object.freeze": returnFirst,
	"Object.seal": returnFirst,
	"Object.preventExtensions": returnFirst,
	structuredClone: returnFirst,
	Object: returnFirst,
	Promise: makePromise,
	"Promise.resolve": returnFirst,
	"Promise.all": returnFirst,
	"Promise.race": (call) => returnElements(call),
	"Promise.any": (call) => returnElements(call),
	"Object.keys": (call) => listProperties(call, "keys"),
	"Object.getOwnPropertyNames": (call) => listProperties(call, "keys"),
	"Reflect.ownKeys": (call) => listProperties(call, "keys"),
	"Object.values": (call) => listProperties(call, "values"),
	"Object.entries": (call) => listProperties(call, "entries"),
	"Object.fromEntries": fromEntries,
	"Object.assign": assign,
	"Object.hasOwn": readByName,
	"Object.prototype.hasOwnProperty": returnBooleans,
	"Reflect.get": (call) => {
		readByName(call);
		readReflected(call);
	},
	"Reflect.has": readByName,
	"Array.from": arrayFrom,
	"Array.of": (call) => {
		const created = call.newArray();
		for (const argument of call.arguments()) call.engine.solver.include(argument, created.summary);
		call.returnObject(created);
	},
	...TIMER_MODELS,
	"Array.isArray": returnBooleans,
	"JSON.parse": parse,
	"JSON.stringify": stringify,
	"Response.json": respondWithJson,
	Boolean: returnBooleans,
	String: toStringValue,
	RegExp: makePattern,
	Proxy: makeProxy,
	Map: (call) => makeCollection(call, "map"),
	Set: (call) => makeCollection(call, "set"),
	"esbuild.require": (call) =>
		loadModule(call.engine, call.argument(0), call.site.node, (module) => call.returnValue(module)),
	"esbuild.toESM": toModule,
	"esbuild.toCommonJS": returnFirst,
	"esbuild.commonJS": wrapCommonJs,
	"esbuild.export": exportInto,
};

/** Built-in functions that neither call their arguments nor read a variable by them. */
const HARMLESS = new Set(
	"Response Response.json Request Headers URL URLSearchParams Error TypeError RangeError Date fetch Event".split(
		" ",
	),
);

/** Whether a built-in function neither calls its arguments nor reads a variable by them. */
export function isHarmless(name: string): boolean {
	return HARMLESS.has(name) || /^(?:console|JSON|Number)\./.test(name);
}

/** Whether there is a model of a built-in function. */
export function hasModel(name: string): boolean {
	return Object.hasOwn(MODELS, name) || isPureFunction(name) || hasClassModel(name);
}

/** Calls a built-in function; without a model, what it returns is unknown. */
export function callBuiltin(
	engine: Engine,
	callee: BuiltinValue,
	site: CallSite,
	result: ValueSet | undefined,
) {
	const call = new BuiltinCall(engine, site, result, callee.context);
	if (isPureFunction(callee.name)) return callPureFunction(call, callee.name);
	if (hasClassModel(callee.name)) return constructOfClass(call, callee.name);
	const model = Object.hasOwn(MODELS, callee.name) ? MODELS[callee.name] : undefined;
	if (model === undefined && isHarmless(callee.name)) call.returnValue(unknownValue("the result of a call"));
	else if (model === undefined) call.giveUp("the result of a call", BORROWED.test(callee.name));
	else model(call);
}

/** `fetch.bind(globalThis)`: the receiver is no argument. */
export const BORROWED = /\.(?:call|apply|bind)$/;

function returnElements(call: BuiltinCall) {
	const elements = new ValueSet();
	call.iterateInto(call.argument(0), elements);
	call.returnAll(elements);
}

/** `String(x)` and `Number(x)`: known where `x` is. */
function toStringValue(call: BuiltinCall) {
	call.engine.solver.onValue(call.argument(0), (value) => {
		if (value.kind === "string")
			call.returnValue(
				withContext(makeValue({ ...value, numeric: false }, value.context, value.reportAt), value.context),
			);
		else call.returnValue(withContext(unknownValue("a computed value"), value.context, value.reportAt));
	});
}

/** `new RegExp(source, flags)` */
function makePattern(call: BuiltinCall) {
	call.engine.solver.onValue(call.argument(0), (source) => {
		if (source.kind === "pattern") return call.returnValue(source);
		call.engine.solver.onValue(call.argument(1), (flags) => {
			const text = flags.kind === "nothing" ? "" : flags.kind === "string" ? flags.text : undefined;
			if (source.kind !== "string" || text === undefined) return call.giveUp("a regular expression");
			call.returnValue(makeValue({ kind: "pattern", source: source.text, flags: text }, source.context));
		});
	});
}

/** `Object.fromEntries`, with each key's own value where the key is known. */
function fromEntries(call: BuiltinCall) {
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
function assign(call: BuiltinCall) {
	const { engine } = call;
	const [target, ...sources] = call.arguments();
	if (target === undefined) return;
	engine.solver.onValue(target, (into) => {
		call.returnValue(into);
		if (into.kind !== "object") return;
		for (const source of sources) engine.copyProperties(into.object, source);
	});
}

function arrayFrom(call: BuiltinCall) {
	const { engine } = call;
	const created = call.newArray();
	const elements = new ValueSet();
	call.iterateInto(call.argument(0), elements);
	engine.solver.onValue(call.argument(0), (from) => readIndexes(call, from, elements));
	if (call.site.arguments.length < 2) engine.solver.include(elements, created.summary);
	else {
		const index = new ValueSet();
		engine.solver.onValue(call.argument(0), (from) => {
			if (from.kind !== "object" || from.object.kind !== "plain")
				return engine.solver.add(index, unknownValue("an index"));
			engine.readProperty(from, "length", (found) =>
				addNumbers(call, found.kind === "string" ? Number(found.text) : Number.NaN, index),
			);
		});
		call.invokeCallback(1, [elements, index], created.summary);
	}
	call.returnObject(created);
}

/** Reads what an object like an array has under indexes: `{ 0: "A", length: 1 }`. */
function readIndexes({ engine }: BuiltinCall, from: Value, into: ValueSet) {
	if (from.kind !== "object" || (from.object.kind !== "plain" && from.object.kind !== "instance")) return;
	engine.solver.onValue(engine.keys(from.object), (key) => {
		if (key.kind === "string" && !/^\d+$/.test(key.text)) return;
		const index = key.kind === "string" ? key.text : undefined;
		engine.readProperty(from, index, (found) => engine.solver.add(into, found));
	});
}
