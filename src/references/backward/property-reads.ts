import type { Node } from "../bundle/syntax.ts";
import { join } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { makeValue, type ObjectValue, place, type Thing, unknown, type Value } from "../engine/values.ts";
import { readNative } from "../environment/runtime-apis.ts";
import { ARRAY_METHODS } from "../models/arrays.ts";
import { COLLECTION_METHODS } from "../models/collections.ts";
import { readTrapped } from "../models/proxies.ts";
import { STRING_METHODS } from "../models/strings.ts";
import { ownProperty } from "./properties.ts";

/** What is under a key of a value. Methods of the language's own become values too, so that they can be passed on. */

export function makeRead(engine: Engine): Engine["read"] {
	return (value, key, into) => {
		const method = (name: string) => into(makeValue({ kind: "method", name, of: value }, value.context));
		switch (value.kind) {
			case "nothing":
				return key !== undefined && PROMISE_METHODS.has(key) ? method(key) : undefined;
			case "runtime":
				return key !== undefined && PROMISE_METHODS.has(key) ? method(key) : into(readNative(value, key));
			case "object":
				return readThing(engine, value, key, into, method);
			case "builtin":
				return into(
					key === undefined
						? unknown("a computed value")
						: makeValue({ kind: "builtin", name: `${value.name}.${key}` }),
				);
			case "string":
				if (key !== undefined && (STRING_METHODS.has(key) || PROMISE_METHODS.has(key))) return method(key);
				return into(place(unknown("a computed value"), value.context));
			case "method":
				if (key !== undefined && FUNCTION_METHODS.has(key)) return method(key);
				return into(unknown("a computed value"));
			case "unknown":
				if (key !== undefined && PROMISE_METHODS.has(key)) return method(key);
				if (value.start === undefined) return into(value);
				return key !== undefined && STRING_METHODS.has(key)
					? method(key)
					: into(place(unknown("a computed value"), value.context));
		}
	};
}
function readThing(
	engine: Engine,
	value: ObjectValue,
	key: string | undefined,
	into: (value: Value) => void,
	method: (name: string) => void,
) {
	const { thing } = value;
	const { solver } = engine;
	if (thing.traps !== undefined && key !== "then") return readTrapped(engine, thing, thing.traps, key, into);
	if (key !== undefined && hasMethod(thing, key)) return method(key);
	if (key === "length" && thing.kind === "array") return into(lengthOf(thing));
	const cell = key === undefined ? engine.every(thing) : engine.slot(thing, key);
	solver.each(cell, (found) => {
		const context = join(found.context, value.context);
		if (context !== undefined) into(place(found, context));
	});
}
function lengthOf(thing: Thing): Value {
	const elements =
		thing.node.type === "ArrayExpression" ? (thing.node.elements as (Node | null)[]) : undefined;
	if (elements === undefined || elements.some((element) => element?.type === "SpreadElement")) {
		return unknown("a computed value");
	}
	return makeValue({ kind: "string", text: String(elements.length), numeric: true });
}
function hasMethod(thing: Thing, key: string): boolean {
	if (thing.kind === "array" && ARRAY_METHODS.has(key)) return true;
	if ((thing.kind === "map" || thing.kind === "set") && COLLECTION_METHODS.has(key)) return true;
	if (thing.kind === "function" && FUNCTION_METHODS.has(key)) return true;
	if (thing.kind !== "plain" && thing.kind !== "instance" && thing.kind !== "array") return false;
	if (!PROMISE_METHODS.has(key) && !OBJECT_METHODS.has(key)) return false;
	return !thing.slots.has(key) && ownProperty(thing, key).length === 0;
}
const PROMISE_METHODS = new Set(["then", "catch", "finally"]);
const FUNCTION_METHODS = new Set(["call", "apply", "bind"]);
const OBJECT_METHODS = new Set(["hasOwnProperty"]);
