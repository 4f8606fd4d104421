/** Models of the global functions of the language, and of the bundler's helpers. */
import type { Engine } from "../engine/engine.ts";
import {
	type BuiltinValue,
	type CallSite,
	makeValue,
	unknownValue,
	ValueSet,
	withContext,
} from "../engine/values.ts";
import { loadModule } from "../environment/modules.ts";
import { ANY_NAME } from "../environment/replaced.ts";
import { throwsNoValues } from "../exceptions/opaque-values.ts";
import { readIndexes } from "./arrays/contents.ts";
import { addNumbers } from "./arrays/methods.ts";
import { BuiltinCall } from "./builtin-call.ts";
import { exportInto, toModule, wrapCommonJs } from "./bundler-helpers.ts";
import { respondWithJson } from "./classes/bodies.ts";
import { bufferFrom } from "./classes/bytes.ts";
import { asText } from "./classes/class-model.ts";
import { onceEmitted } from "./classes/emitters.ts";
import { captureStack, constructErrorAs, isErrorClass, writeError } from "./classes/errors.ts";
import { constructOfClass, hasClassModel } from "./classes/index.ts";
import { parse, stringify } from "./classes/json-texts.ts";
import { SYMBOL_FUNCTIONS } from "./classes/single-values.ts";
import { makeCollection } from "./collections.ts";
import { groupBy, makeArray } from "./groups.ts";
import { iteratorFrom } from "./iterators.ts";
import { assign, fromEntries, listOwnNames, listProperties } from "./object-listings.ts";
import { cloneStructure } from "./objects/copies.ts";
import {
	assignReflected,
	defineProperties,
	defineProperty,
	describeProperties,
	describeProperty,
} from "./objects/definitions.ts";
import { createObject, getPrototype, inheritFrom, setPrototype } from "./objects/prototypes.ts";
import {
	applyReflected,
	callBorrowed,
	constructReflected,
	isBorrowedMethod,
	readByName,
	readReflected,
} from "./objects/reflection.ts";
import { readByCallback } from "./objects/whole-reads.ts";
import { PROMISE_MODELS } from "./promises.ts";
import { makeProxy } from "./proxies.ts";
import { streamFrom } from "./streams/readable.ts";
import { constructPart, isExtensible } from "./subclasses/classes.ts";
import { conversionAt } from "./text/conversions.ts";
import { callPureFunction, isPureFunction } from "./text/pure-functions.ts";
import { joinRaw } from "./text/raw-templates.ts";
import { makePattern } from "./text/safe-patterns.ts";
import { TIMER_MODELS } from "./timers.ts";

type Model = (call: BuiltinCall) => void;

const returnBooleans: Model = (call) => call.returnBooleans();
const returnFirst: Model = (call) => call.returnAll(call.argument(0));

/** Functions that check whether an object has a property. */
const hasOwn: Model = (call) => {
	readByName(call);
	call.returnBooleans();
};

/** The descriptor of a variable of the environment is a read of the variable. */
const describe: Model = (call) => {
	readByName(call);
	describeProperty(call);
};

/** By the name of the global, or the path to a function of it. */
const MODELS: Readonly<Record<string, Model>> = {
	"Object.freeze": returnFirst,
	"Object.seal": returnFirst,
	"Object.preventExtensions": returnFirst,
	structuredClone: cloneStructure,
	Object: returnFirst,
	...PROMISE_MODELS,
	...SYMBOL_FUNCTIONS,
	"Object.keys": (call) => listProperties(call, "keys"),
	"Object.getOwnPropertyNames": listOwnNames,
	"Reflect.ownKeys": listOwnNames,
	"Object.values": (call) => listProperties(call, "values"),
	"Object.entries": (call) => listProperties(call, "entries"),
	"Object.fromEntries": fromEntries,
	"Object.assign": assign,
	"Object.defineProperty": (call) => {
		call.returnAll(call.argument(0));
		defineProperty(call);
	},
	"Object.defineProperties": (call) => {
		call.returnAll(call.argument(0));
		defineProperties(call);
	},
	"Object.create": createObject,
	"Object.getPrototypeOf": getPrototype,
	"Object.setPrototypeOf": setPrototype,
	"Object.getOwnPropertyDescriptor": describe,
	"Object.getOwnPropertyDescriptors": describeProperties,
	"Object.hasOwn": hasOwn,
	"Object.prototype.hasOwnProperty.call": hasOwn,
	"Object.prototype.hasOwnProperty": returnBooleans,
	"Reflect.get": readReflected,
	"Reflect.set": assignReflected,
	"Reflect.has": hasOwn,
	"Reflect.apply": applyReflected,
	"Reflect.construct": constructReflected,
	"Reflect.getOwnPropertyDescriptor": describe,
	"Reflect.getPrototypeOf": getPrototype,
	"Reflect.setPrototypeOf": (call) => {
		call.returnBooleans();
		setPrototype(call);
	},
	"Reflect.defineProperty": (call) => {
		call.returnBooleans();
		defineProperty(call);
	},
	"node:util.inherits": inheritFrom,
	"Object.groupBy": (call) => groupBy(call, "plain"),
	"Map.groupBy": (call) => groupBy(call, "map"),
	Array: makeArray,
	"Array.from": arrayFrom,
	"Array.fromAsync": arrayFrom,
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
	"ReadableStream.from": streamFrom,
	"node:events.once": onceEmitted,
	"node:buffer.Buffer.from": bufferFrom,
	"Iterator.from": iteratorFrom,
	"Error.captureStackTrace": captureStack,
	Boolean: returnBooleans,
	String: toStringValue,
	RegExp: makePattern,
	Proxy: makeProxy,
	Map: (call) => makeCollection(call, "map"),
	Set: (call) => makeCollection(call, "set"),
	WeakMap: (call) => makeCollection(call, "map"),
	WeakSet: (call) => makeCollection(call, "set"),
	"String.raw": joinRaw,
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
	if (Object.hasOwn(MODELS, name) || isPureFunction(name)) return true;
	return hasClassModel(name) || isBorrowedMethod(name);
}

/** Calls a built-in function; without a model, its result is unknown. */
export function callBuiltin(
	engine: Engine,
	callee: BuiltinValue,
	site: CallSite,
	result: ValueSet | undefined,
) {
	const isSuper = site.node.callee?.type === "Super" && site.receiver !== undefined;
	if (isSuper && isErrorClass(callee.name))
		return constructErrorAs(engine, callee, site, site.receiver as ValueSet);
	if (isSuper && isExtensible(callee.name))
		return constructPart(engine, callee, site, site.receiver as ValueSet);
	if (!throwsNoValues(callee.name)) engine.thrown.rejectUnknown();
	const call = new BuiltinCall(engine, site, result, callee.context);
	readByCallback(call, callee.name);
	if (isPureFunction(callee.name)) return callPureFunction(call, callee.name);
	if (hasClassModel(callee.name)) return constructOfClass(call, callee.name);
	const model = Object.hasOwn(MODELS, callee.name) ? MODELS[callee.name] : undefined;
	if (model === undefined && isBorrowedMethod(callee.name)) callBorrowed(call, callee.name);
	else if (model === undefined && isHarmless(callee.name))
		call.returnValue(unknownValue("the result of a call"));
	else if (model === undefined) {
		if (DEFINES_ACCESSOR.test(callee.name)) engine.replaced.add(ANY_NAME);
		call.giveUp("the result of a call", BORROWED.test(callee.name));
	} else model(call);
}

/** `Array.prototype.__defineGetter__` replaces a property of a built-in object. */
const DEFINES_ACCESSOR = /\.__define[GS]etter__/;
/** `fetch.bind(globalThis)`: the receiver is not an argument. */
export const BORROWED = /\.(?:call|apply|bind)$/;

/** `String(x)` and `Number(x)`: known if `x` is known. */
function toStringValue(call: BuiltinCall) {
	const convert = conversionAt(call.engine, call.site.node, "string");
	call.engine.solver.onValue(call.argument(0), (value) => {
		if (value.kind === "object" && isErrorClass(value.object.builtinClass ?? ""))
			return writeError(call, value);
		if (value.kind === "string")
			call.returnValue(
				withContext(makeValue({ ...value, numeric: false }, value.context, value.reportAt), value.context),
			);
		else if (value.kind === "object") convert(value, (text) => call.returnValue(asText(text)));
		else call.returnValue(withContext(unknownValue("a computed value"), value.context, value.reportAt));
	});
}

function arrayFrom(call: BuiltinCall) {
	const { engine } = call;
	const created = call.newArray();
	const elements = new ValueSet();
	call.iterateInto(call.argument(0), elements);
	engine.solver.onValue(call.argument(0), (from) => readIndexes(engine, from, elements));
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
		call.invokeCallback(1, [elements, index], created.summary, call.thisArgument(2));
	}
	call.returnObject(created);
}
