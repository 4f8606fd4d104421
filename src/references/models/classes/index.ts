/** The models of built-in classes, and how objects of such classes are made, read and called. */
import type { Engine } from "../../engine/engine.ts";
import { readFrom } from "../../engine/origins.ts";
import {
	type AbstractObject,
	makeValue,
	type ObjectValue,
	unknownValue,
	type Value,
} from "../../engine/values.ts";
import { isQuietClass } from "../../exceptions/opaque-values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { SCHEMA_MODELS } from "../schemas/schemas.ts";
import { READABLE_MODELS } from "../streams/readable.ts";
import { WRITABLE_MODELS } from "../streams/writable.ts";
import { BODY_MODELS } from "./bodies.ts";
import { BYTE_MODELS } from "./bytes.ts";
import { type ClassModel, newOfClass } from "./class-model.ts";
import { DECORATOR_CONTEXT, DECORATOR_CONTEXT_MODEL } from "./decorator-contexts.ts";
import { ERROR_MODELS } from "./errors.ts";
import { EVENT_MODELS } from "./events.ts";
import { JSON_TEXT, JSON_TEXT_MODEL } from "./json-texts.ts";
import { LIST_MODELS } from "./name-lists.ts";
import { SINGLE_VALUE_MODELS } from "./single-values.ts";
import { URL_MODEL } from "./urls.ts";

const MODELS: Readonly<Record<string, ClassModel>> = {
	...LIST_MODELS,
	...BODY_MODELS,
	...BYTE_MODELS,
	...ERROR_MODELS,
	...EVENT_MODELS,
	...READABLE_MODELS,
	...WRITABLE_MODELS,
	...SINGLE_VALUE_MODELS,
	...SCHEMA_MODELS,
	[DECORATOR_CONTEXT]: DECORATOR_CONTEXT_MODEL,
	URL: URL_MODEL,
	[JSON_TEXT]: JSON_TEXT_MODEL,
};

function modelOf(name: string | undefined): ClassModel | undefined {
	return name !== undefined && Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
}

/** Properties that the language reads from every object. If no model defines them, the object lacks them. */
const PROTOCOLS = new Set(["@@iterator", "@@asyncIterator"]);

/** Whether a built-in function is a class that code calls `new` of, with a model. */
export function hasClassModel(name: string): boolean {
	return modelOf(name)?.construct !== undefined;
}

function isStream(name: string): boolean {
	return Object.hasOwn(READABLE_MODELS, name) || Object.hasOwn(WRITABLE_MODELS, name);
}

/** `new` of a built-in class. */
export function constructOfClass(call: BuiltinCall, name: string) {
	const isCallable = call.site.isConstruct || modelOf(name)?.isCallable === true;
	// What a dependency does with streams matters less than the steps that it takes.
	const isLeft = isStream(name) && call.engine.isForeign(call.site.node);
	if (!isCallable || isLeft || call.site.spreadArguments !== undefined) return call.giveUp();
	const created = newOfClass(call, name);
	modelOf(name)?.construct?.(call, created);
	call.returnValue(created);
}

/** Fills an object that is a part of an instance of a class that extends a built-in one. */
export function fillOfClass(call: BuiltinCall, name: string, part: ObjectValue) {
	if (call.site.spreadArguments !== undefined) {
		call.giveUpArguments();
		return call.engine.escape(part, call.site.node, "made with arguments that the analysis cannot follow");
	}
	modelOf(name)?.construct?.(call, part);
}

/** Whether an object is of a built-in class with a model. */
export function isOfClass({ object }: ObjectValue): boolean {
	return modelOf(object.builtinClass) !== undefined;
}

/** Whether an object stands for a text. */
export function isText({ builtinClass }: AbstractObject): boolean {
	return modelOf(builtinClass)?.isText === true;
}

/** Methods whose models know that the positions of spread arguments are unknown. */
const TAKES_SPREAD = new Set(["emit"]);

/** Calls a method of an object of a built-in class. */
export function callOfClass(call: BuiltinCall, name: string, receiver: ObjectValue) {
	if (!isQuietClass(receiver.object.builtinClass)) call.engine.thrown.rejectUnknown();
	const method = modelOf(receiver.object.builtinClass)?.methods[name];
	const isSpread = call.site.spreadArguments !== undefined && !TAKES_SPREAD.has(name);
	if (method === undefined || isSpread) {
		call.engine.escape(receiver, call.site.node, "the receiver of a method that the analysis cannot follow");
		return call.giveUp();
	}
	method(call, receiver);
}

/**
 * Reads a property of an object of a built-in class. A property that no model describes may change the object.
 * @param key undefined for an unknown key
 */
export function readOfClass(
	engine: Engine,
	receiver: ObjectValue,
	key: string | undefined,
	into: (value: Value) => void,
) {
	const { object } = receiver;
	const model = modelOf(object.builtinClass);
	if (key === "then" || key === "catch" || key === "finally")
		return into(makeValue({ kind: "method", name: key, receiver }, receiver.context));
	if (model?.isText) return into(unknownValue("a computed value"));
	if (key !== undefined && model !== undefined) {
		if (model.fields !== undefined && Object.hasOwn(model.fields, key))
			return model.fields[key]?.(engine, receiver, into);
		// Values that the code assigns are added to those of the class.
		engine.solver.onValue(engine.property(object, key), (stored) => {
			const assigned = readFrom(receiver, stored);
			if (assigned !== undefined) into(assigned);
		});
		if (Object.hasOwn(model.methods, key))
			return into(makeValue({ kind: "method", name: key, receiver }, receiver.context));
		if (model.assignable?.has(key)) return;
		if (model.readOther !== undefined) return model.readOther(key, into);
	}
	if (key !== undefined && PROTOCOLS.has(key)) return;
	engine.escape(receiver, object.node, "read by a property that the analysis cannot follow");
	into(unknownValue("a computed value"));
}
