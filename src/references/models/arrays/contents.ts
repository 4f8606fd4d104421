/** Models of methods that flatten nested arrays or join texts. */
import type { Engine } from "../../engine/engine.ts";
import {
	type ObjectValue,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
	withContext,
} from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { eachPart } from "../subclasses/parts.ts";
import { concatenate } from "../text/concatenation.ts";
import { elementsAt, onReordered } from "./ordered.ts";

/** The largest depth of `flat` that is distinguished. */
const DEPTH_MAX = 8;

/**
 * Includes the elements of arrays and any other value as it is, as `concat` and `flat` do.
 * @param depth the number of nesting levels that are flattened; undefined if it is unknown
 */
export function flattenInto(call: BuiltinCall, values: ValueSet, into: ValueSet, depth: number | undefined) {
	const { engine } = call;
	engine.solver.onValue(values, (value) => {
		if (value.kind === "object" && value.object.isConstructed) {
			engine.solver.add(into, value);
			// An instance of a class that extends `Array` is an array too.
			return eachPart(engine, value, (part) => flattenPart(call, part, into));
		}
		if (value.kind !== "object" || value.object.kind !== "array") return engine.solver.add(into, value);
		// Where the depth is not known, an array counts as itself and as its elements.
		if (depth === undefined || depth === 0) engine.solver.add(into, value);
		if (depth === 0 || (depth === undefined && seen(call, value))) return;
		const elements = new ValueSet();
		engine.iterate(value, (found) => engine.solver.add(elements, found));
		flattenInto(call, elements, into, depth === undefined ? undefined : depth - 1);
	});
}

/** The elements of an instance, and those of arrays among them: the depth is not distinguished. */
function flattenPart(call: BuiltinCall, part: Value, into: ValueSet) {
	if (part.kind === "object" && part.object.kind === "array") {
		if (seen(call, part)) return;
		const elements = new ValueSet();
		call.engine.iterate(part, (found) => call.engine.solver.add(elements, found));
		flattenInto(call, elements, into, undefined);
	} else if (part.kind === "unknown") call.engine.solver.add(into, part);
}

/** `concat` takes the elements of any object that says so by `Symbol.isConcatSpreadable`. */
export function spreadOthers({ engine }: BuiltinCall, values: ValueSet, into: ValueSet) {
	engine.solver.onValue(values, (value) => {
		if (value.kind !== "object" || value.object.kind === "array") return;
		engine.readProperty(value, "@@isConcatSpreadable", (isSpread) => {
			if (isSpread.kind !== "nothing" || isSpread.text === "true") readIndexes(engine, value, into);
		});
	});
}

/** `flat(depth)` */
export function flatten(call: BuiltinCall, elements: ValueSet, into: ValueSet) {
	if (call.site.arguments.length === 0 && call.site.spreadArguments === undefined)
		return flattenInto(call, elements, into, 1);
	call.engine.solver.onValue(call.argument(0), (given) => {
		const depth = given.kind === "string" && given.numeric ? Number(given.text) : Number.NaN;
		flattenInto(call, elements, into, depth >= 0 && depth <= DEPTH_MAX ? Math.trunc(depth) : undefined);
	});
}

/** Whether a call flattened an array before: arrays may hold themselves. */
function seen(call: BuiltinCall, value: Value): boolean {
	const { flattened } = call.engine.remembered;
	let keys = flattened.get(call.site);
	if (keys === undefined) {
		keys = new Set();
		flattened.set(call.site, keys);
	}
	if (keys.has(value.key)) return true;
	keys.add(value.key);
	return false;
}

/** `["A", suffix].join("_")`, for lists whose elements the code spells out or a model knows. */
export function joinArray(call: BuiltinCall, receiver: ObjectValue) {
	const { engine } = call;
	const parts = elementsAt(call, receiver, JOINED_MAX)?.map((element) => asParts(engine, element));
	if (parts === undefined) return call.returnValue(unknownValue("a computed value"));
	const separator =
		call.site.arguments.length === 0 ? engine.solver.singleton(stringValue(",")) : call.argument(0);
	let result = engine.solver.singleton(stringValue(""));
	for (const [index, part] of parts.entries()) {
		const steps = index === 0 ? [part] : [separator, part];
		for (const step of steps) {
			const next = new ValueSet();
			concatenate(engine.solver, result, step, next);
			result = next;
		}
	}
	call.returnAll(result);
	// Elements that are added later are joined too, at unknown positions.
	onReordered(call, receiver, () => call.returnValue(unknownValue("a string built in several steps")));
}

/** The most elements that are joined. */
const JOINED_MAX = 64;

/** `join` treats `undefined` and `null` as empty texts. */
function asParts({ solver }: Engine, values: ValueSet): ValueSet {
	const parts = new ValueSet();
	solver.onValue(values, (value) => {
		const isEmpty = value.kind === "nothing" && value.text === undefined;
		solver.add(parts, isEmpty ? withContext(stringValue(""), value.context) : value);
	});
	return parts;
}

/** Reads the values that an array-like object has under indexes: `{ 0: "A", length: 1 }`. */
export function readIndexes(engine: Engine, from: Value, into: ValueSet) {
	if (from.kind !== "object" || (from.object.kind !== "plain" && from.object.kind !== "instance")) return;
	engine.solver.onValue(engine.keys(from.object), (key) => {
		if (key.kind === "string" && !/^\d+$/.test(key.text)) return;
		const index = key.kind === "string" ? key.text : undefined;
		engine.readProperty(from, index, (found) => engine.solver.add(into, found));
	});
}
