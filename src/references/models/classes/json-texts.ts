/**
 * Models of `JSON`. The text of an object is represented by an object of a special class, which contains the written
 * values. The result of parsing it is represented by the same objects.
 */
import type { Engine } from "../../engine/engine.ts";
import { keep, readFrom } from "../../engine/origins.ts";
import {
	NOTHING,
	objectValue,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
	withContext,
} from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { listWhole } from "../objects/whole-reads.ts";
import { TEXT_MAX } from "../text/concatenation.ts";
import { type Constant, constantValue } from "../text/constants.ts";
import { type ClassModel, newOfClass } from "./class-model.ts";

export const JSON_TEXT = "JSON text";
const WRITTEN = "@@written";

/** A text: no code that receives it can change the written values. */
export const JSON_TEXT_MODEL: ClassModel = { methods: {}, isText: true };

/** `JSON.stringify(value, replacer, space)` */
export function stringify(call: BuiltinCall) {
	const { engine } = call;
	if (call.site.spreadArguments !== undefined) return call.giveUp();
	engine.solver.onValue(call.argument(1), (replacer) => {
		if (replacer.kind === "nothing" || isList(replacer)) return;
		call.returnValue(unknownValue("a text that a function changes"));
		const parts = partsOf(engine, call.argument(0), call);
		engine.solver.onValue(parts.values, (part) => listWhole(engine, part, call.site.node));
		call.invokeCallback(1, [parts.keys, parts.values], parts.values, parts.values);
	});
	engine.solver.onValue(call.argument(0), (value) => {
		if (value.kind === "nothing")
			return call.returnValue(
				value.text === undefined ? NOTHING : withContext(stringValue(value.text), value.context),
			);
		if (value.kind === "string")
			return call.returnValue(
				withContext(
					stringValue(value.numeric ? value.text : JSON.stringify(value.text)),
					value.context,
					value.reportAt,
				),
			);
		if (value.kind !== "object") return call.returnValue(unknownValue("the result of a call"));
		call.returnValue(writtenAs(call, value));
	});
}

function isList({ kind, ...value }: Value): boolean {
	return kind === "object" && "object" in value && (value.object as { kind: string }).kind === "array";
}

/** The text of an object. */
export function writtenAs(call: BuiltinCall, value: Value & { readonly kind: "object" }): Value {
	const text = newOfClass(call, JSON_TEXT, undefined, value.key);
	const { object } = text;
	if (!object.isComplete) {
		object.isComplete = true;
		call.engine.solver.add(call.engine.property(object, WRITTEN), value);
	}
	return objectValue(object, value.context);
}

/** The result of parsing a text that `stringify` wrote. A method `toJSON` may write anything. */
export function readWritten(engine: Engine, text: Value, call: BuiltinCall, into: (value: Value) => void) {
	if (text.kind !== "object" || text.object.builtinClass !== JSON_TEXT)
		return into(unknownValue("a parsed text"));
	engine.solver.onValue(engine.property(text.object, WRITTEN), (written) => {
		// A text has one object. It may be of one call of a function and written in another one.
		const value = readFrom(text, written) ?? keep(written);
		into(value);
		const { values } = partsOf(engine, engine.solver.singleton(value), call);
		engine.solver.onValue(values, (part) => {
			if (part.kind === "object" && part.object.kind !== "array")
				engine.readProperty(part, "toJSON", (method) => {
					if (method.kind !== "nothing") into(unknownValue("what a method writes"));
				});
		});
	});
}

interface Parts {
	readonly keys: ValueSet;
	readonly values: ValueSet;
}

/** A value and all its nested values, with their keys. */
function partsOf(engine: Engine, roots: ValueSet, call: BuiltinCall): Parts {
	const { solver } = engine;
	const parts: Parts = { keys: solver.singleton(stringValue("")), values: new ValueSet() };
	solver.include(roots, parts.values);
	const seen = new Set<string>();
	solver.onValue(parts.values, (value) => {
		if (value.kind !== "object" || seen.has(value.key)) return;
		seen.add(value.key);
		const { object } = value;
		if (object.kind === "function" || object.kind === "class" || object.builtinClass !== undefined) return;
		if (object.kind === "array") solver.add(parts.keys, unknownValue("an index"));
		else solver.include(engine.keys(object), parts.keys);
		engine.readProperty(value, undefined, (part) => solver.add(parts.values, part));
		if (object.kind === "array") return;
		engine.readProperty(value, "toJSON", (method) => {
			const receiver = solver.singleton(value);
			const site = engine.impliedSite(call.site.node, `toJSON ${value.key}`, [parts.keys], receiver);
			engine.invoke(method, site, parts.values);
		});
	});
	return parts;
}

/** `JSON.parse(text, reviver)` */
export function parse(call: BuiltinCall) {
	const { engine } = call;
	const { solver } = engine;
	if (call.site.spreadArguments !== undefined) return call.giveUp();
	const parsed = new ValueSet();
	solver.onValue(call.argument(0), (text) => parseText(call, text, (value) => solver.add(parsed, value)));
	if (call.site.arguments.length > 1) revive(call, parsed);
	else call.returnAll(parsed);
}

/** The result of parsing a text. */
export function parseText(call: BuiltinCall, text: Value, into: (value: Value) => void) {
	const { engine, site } = call;
	if (text.kind === "object") return readWritten(engine, text, call, into);
	if (text.kind !== "string") {
		if (text.kind !== "nothing" || text.text !== undefined)
			into(withContext(unknownValue("a computed value"), text.context, text.reportAt));
		return;
	}
	if (text.text.length > 20 * TEXT_MAX) return into(unknownValue("a computed value"));
	try {
		const constant = JSON.parse(text.text) as Constant;
		into(withContext(constantValue(engine, site.node, `JSON.parse ${text.text}`, constant), text.context));
	} catch {
		// The call throws at run time too.
	}
}

/** Calls the reviver with every part, the inner ones first, and replaces the part by the result. */
function revive(call: BuiltinCall, parsed: ValueSet) {
	const { engine } = call;
	const { solver } = engine;
	const revived = new ValueSet();
	const copies = new Map<string, Value>();
	solver.onValue(parsed, (value) => solver.add(revived, reviveWithin(call, value, copies)));
	callReviver(call, solver.singleton(stringValue("")), revived, call.result ?? new ValueSet());
	solver.onValue(call.argument(1), (reviver) => {
		if (reviver.kind === "nothing" || isList(reviver)) call.returnAll(parsed);
	});
}

/** @param holder the object with the part, which is `this` in the reviver */
function callReviver(
	call: BuiltinCall,
	key: ValueSet,
	values: ValueSet,
	returned: ValueSet,
	holder?: ValueSet,
	tag = "",
) {
	const { engine, site } = call;
	const source = engine.solver.singleton(unknownValue("the source of a parsed text"));
	const inner = engine.syntheticSite(site, `reviver ${tag}`, [key, values, source]);
	engine.solver.onValue(call.argument(1), (reviver) =>
		engine.invoke(reviver, { ...inner, receiver: holder }, returned),
	);
}

/** The value with its parts replaced by the reviver's results. */
function reviveWithin(call: BuiltinCall, value: Value, copies: Map<string, Value>): Value {
	const { engine } = call;
	const { solver } = engine;
	const known = copies.get(value.key);
	if (known !== undefined) return known;
	if (value.kind !== "object" || (value.object.kind !== "plain" && value.object.kind !== "array"))
		return value;
	const isArray = value.object.kind === "array";
	const copy = engine.objects.allocate(call.site.node, `revived ${value.key}`, isArray ? "array" : "plain");
	copy.populated = true;
	copy.isComplete = !isArray;
	const result = objectValue(copy, value.context);
	copies.set(value.key, result);
	const reviveKey = (key: Value) => {
		const name = key.kind === "string" ? key.text : undefined;
		const parts = new ValueSet();
		engine.readProperty(value, name, (part) => solver.add(parts, reviveWithin(call, part, copies)));
		const into = name === undefined ? copy.summary : engine.property(copy, name);
		callReviver(
			call,
			solver.singleton(key),
			parts,
			into,
			solver.singleton(result),
			`${value.key} ${key.key}`,
		);
	};
	if (isArray) reviveKey(unknownValue("an index"));
	else
		solver.onValue(engine.keys(value.object), (key) => {
			solver.add(copy.keys, key);
			reviveKey(key);
		});
	return result;
}
