/** Backward analysis of property reads, on any kind of value. */
import type { Node } from "../bundle/syntax.ts";
import { membersByKey } from "../engine/abstract-objects.ts";
import type { Engine } from "../engine/engine.ts";
import { readFrom } from "../engine/origins.ts";
import { isPrototypeObject } from "../engine/synthetic-objects.ts";
import {
	type AbstractObject,
	makeValue,
	NOTHING,
	type ObjectValue,
	objectValue,
	runtimeValue,
	type StringValue,
	stringValue,
	unknownValue,
	type Value,
	withContext,
} from "../engine/values.ts";
import { builtinProperty } from "../environment/builtin-modules.ts";
import { isReplaced } from "../environment/replaced.ts";
import { readRuntimeProperty } from "../environment/runtime-apis.ts";
import { ARRAY_METHODS } from "../models/arrays/methods.ts";
import { isOfClass, readOfClass } from "../models/classes/index.ts";
import { COLLECTION_METHODS } from "../models/collections.ts";
import { readThroughProxy } from "../models/proxies.ts";
import { numberValue } from "../models/text/constants.ts";
import { PATTERN_METHODS, STRING_METHODS } from "../models/text/string-methods.ts";
import { literalProperty } from "./properties.ts";
import { includePrototypeMember } from "./prototypes.ts";
import { readReplacement } from "./replaced-methods.ts";

/** Reads a property of a value. Built-in methods become values too, so that code can pass them on. */
export function makeReadProperty(engine: Engine): Engine["readProperty"] {
	return (value, key, into) => {
		if (key !== undefined && isReplaced(engine, key))
			into(unknownValue("a built-in property that the code replaces"));
		if (key === "constructor") readConstructor(value, into);
		const method = (name: string) =>
			into(makeValue({ kind: "method", name, receiver: value }, value.context));
		switch (value.kind) {
			case "nothing":
				return key !== undefined && PROMISE_METHODS.has(key) ? method(key) : undefined;
			case "runtime":
				return key !== undefined && PROMISE_METHODS.has(key)
					? method(key)
					: into(readRuntimeProperty(value, key));
			case "object":
				return readObjectProperty(engine, value, key, into, method);
			case "builtin":
				return into(key === undefined ? unknownValue("a computed value") : builtinProperty(value.name, key));
			case "string":
				if (key !== undefined && (STRING_METHODS.has(key) || PROMISE_METHODS.has(key))) return method(key);
				return into(withContext(characterOf(value, key), value.context));
			case "pattern":
				if (key !== undefined && PATTERN_METHODS.has(key)) return method(key);
				if (key === "source" || key === "flags") return into(stringValue(value[key]));
				return into(unknownValue("a computed value"));
			case "method":
				if (key !== undefined && FUNCTION_METHODS.has(key)) return method(key);
				return into(unknownValue("a computed value"));
			case "unknown":
				if (key !== undefined && PROMISE_METHODS.has(key)) return method(key);
				if (value.prefix === undefined) return into(value);
				return key !== undefined && STRING_METHODS.has(key)
					? method(key)
					: into(withContext(unknownValue("a computed value"), value.context));
		}
	};
}

/** The built-in constructors of values that no class of the code makes. */
const CONSTRUCTORS: Readonly<Record<string, string>> = { array: "Array", map: "Map", set: "Set" };

/**
 * The constructor of a function is `Function`, which makes code from text. The constructor of an unknown value may be
 * `Function` too. Classes and built-in constructors are functions.
 */
function readConstructor(value: Value, into: (value: Value) => void) {
	const builtin = (name: string) => into(makeValue({ kind: "builtin", name }));
	if (value.kind === "nothing") return;
	if (value.kind === "string") return builtin(value.numeric ? "Number" : "String");
	if (value.kind === "pattern") return builtin("RegExp");
	if (value.kind !== "object") return value.kind === "runtime" ? undefined : into(runtimeValue("Function"));
	const { kind, constructedBy, builtinClass } = value.object;
	if (kind === "function" || kind === "class") return into(runtimeValue("Function"));
	if (constructedBy !== undefined) into(objectValue(constructedBy, value.context));
	else if (kind === "instance" || builtinClass !== undefined) into(unknownValue("a constructor"));
	else builtin(CONSTRUCTORS[kind] ?? "Object");
}

/** A character of a string, or its length. */
function characterOf({ text, numeric }: StringValue, key: string | undefined): Value {
	if (key === "length" && !numeric)
		return makeValue({ kind: "string", text: String(text.length), numeric: true });
	if (key === undefined || !/^\d{1,6}$/.test(key) || numeric) return unknownValue("a computed value");
	const character = text[Number(key)];
	return character === undefined ? NOTHING : stringValue(character);
}

/**
 * Reads a property of an object. Only values whose contexts unify with the context of the object are read.
 */
function readObjectProperty(
	engine: Engine,
	value: ObjectValue,
	key: string | undefined,
	into: (value: Value) => void,
	method: (name: string) => void,
) {
	const { object } = value;
	const { solver } = engine;
	if (object.proxyHandler !== undefined && key !== "then")
		return readThroughProxy(engine, object, object.proxyHandler, key, into);
	if (isOfClass(value)) return readOfClass(engine, value, key, into);
	if (key === "@@iterator" && Object.hasOwn(ITERATORS, object.kind)) method(ITERATORS[object.kind] as string);
	if (key !== undefined && hasMethod(object, key)) {
		if (object.kind !== "instance" || !CONVERSIONS.has(key)) {
			method(key);
			return readReplacement(engine, value, key, into);
		}
		// A class or the code may define the method.
		if (!definesConversion(object, key)) method(key);
	}
	if (key === "length" && object.kind === "array") {
		solver.onValue(object.resized, into);
		return into(lengthOf(object));
	}
	if (isPrototypeObject(object)) includePrototypeMember(engine, object, key, into);
	if (key === undefined && object.isConstructed) readInheritedMethods(engine, object, into);
	const set = key === undefined ? engine.anyProperty(object) : engine.property(object, key);
	solver.onValue(set, (stored) => {
		const found = readFrom(value, stored);
		if (found !== undefined) into(found);
	});
}

/** A key that is not known may be the name of a method that an instance inherits from a built-in class. */
function readInheritedMethods(engine: Engine, { parts }: AbstractObject, into: (value: Value) => void) {
	engine.solver.onValue(parts, (part) => {
		if (part.kind !== "object" || part.object.kind !== "array") into(unknownValue("an inherited method"));
	});
}

/** The length of an array literal without spreads; of other arrays it is unknown. */
function lengthOf(object: AbstractObject): Value {
	const elements =
		object.node.type === "ArrayExpression" ? (object.node.elements as (Node | null)[]) : undefined;
	if (object.knownLength !== undefined) return numberValue(object.knownLength);
	if (elements === undefined || elements.some((element) => element?.type === "SpreadElement")) {
		return unknownValue("a computed value");
	}
	return makeValue({ kind: "string", text: String(elements.length), numeric: true });
}

/** Whether a class may have a static member of its own under a key. */
function definesStatic(owner: AbstractObject, key: string): boolean {
	return Boolean(owner.node.superClass) || owner.properties.has(key) || membersByKey(owner).has(key);
}

/** Whether the class of an instance has a method of its own. */
function definesConversion({ constructedBy }: AbstractObject, key: string): boolean {
	if (constructedBy?.kind !== "class") return false;
	const members = membersByKey(constructedBy).get(key) ?? [];
	return members.some((member) => !member.static);
}

/** Whether an object has a built-in method that it does not define itself. */
function hasMethod(object: AbstractObject, key: string): boolean {
	if (object.kind === "array" && ARRAY_METHODS.has(key)) return true;
	if ((object.kind === "map" || object.kind === "set") && COLLECTION_METHODS.has(key)) return true;
	if (object.kind === "function" && FUNCTION_METHODS.has(key)) return true;
	if (object.kind === "class" && FUNCTION_METHODS.has(key)) return !definesStatic(object, key);
	if (object.kind !== "plain" && object.kind !== "instance" && object.kind !== "array") return false;
	if (!PROMISE_METHODS.has(key) && !OBJECT_METHODS.has(key)) return false;
	return literalProperty(object, key).length === 0;
}

/** The methods that iteration calls, by the kind of object. */
const ITERATORS: Readonly<Record<string, string>> = { array: "values", set: "values", map: "entries" };
const PROMISE_METHODS = new Set(["then", "catch", "finally"]);
const CONVERSIONS = new Set(["toString", "toLocaleString", "valueOf"]);
const FUNCTION_METHODS = new Set(["call", "apply", "bind"]);
const OBJECT_METHODS = new Set([
	"hasOwnProperty",
	"propertyIsEnumerable",
	"isPrototypeOf",
	"toString",
	"toLocaleString",
	"valueOf",
	"__defineGetter__",
	"__defineSetter__",
]);
