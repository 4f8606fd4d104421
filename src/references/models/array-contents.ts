/** Models of what arrays consist of: nested arrays that are flattened, and texts that are joined. */
import type { Node } from "../bundle/syntax.ts";
import { type AbstractObject, stringValue, unknownValue, type Value, ValueSet } from "../engine/values.ts";
import type { BuiltinCall } from "./builtin-call.ts";
import { concatenate } from "./text/concatenation.ts";

/** The deepest `flat` whose depth is regarded. */
const DEPTH_MAX = 8;

/**
 * Includes the elements of arrays and any other value as it is, as `concat` and `flat` do.
 * @param depth how many arrays in each other are flattened; undefined where that is not known
 */
export function flattenInto(call: BuiltinCall, values: ValueSet, into: ValueSet, depth: number | undefined) {
	const { engine } = call;
	engine.solver.onValue(values, (value) => {
		if (value.kind !== "object" || value.object.kind !== "array") return engine.solver.add(into, value);
		// Where the depth is not known, an array counts as itself and as its elements.
		if (depth === undefined || depth === 0) engine.solver.add(into, value);
		if (depth === 0 || (depth === undefined && seen(call, value))) return;
		const elements = new ValueSet();
		engine.iterate(value, (found) => engine.solver.add(elements, found));
		flattenInto(call, elements, into, depth === undefined ? undefined : depth - 1);
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

const flattened = new WeakMap<object, Set<string>>();

/** Whether a call flattened an array before: arrays may hold themselves. */
function seen(call: BuiltinCall, value: Value): boolean {
	let keys = flattened.get(call.site);
	if (keys === undefined) {
		keys = new Set();
		flattened.set(call.site, keys);
	}
	if (keys.has(value.key)) return true;
	keys.add(value.key);
	return false;
}

/** `["A", suffix].join("_")`, for array literals. */
export function joinArray(call: BuiltinCall, object: AbstractObject) {
	const { engine } = call;
	const parts =
		object.node.type === "ArrayExpression" ? (object.node.elements as (Node | null)[]) : undefined;
	if (
		parts === undefined ||
		parts.length > 64 ||
		parts.some((part) => part === null || part.type === "SpreadElement")
	) {
		return call.returnValue(unknownValue("a computed value"));
	}
	const separator =
		call.site.arguments.length === 0 ? engine.solver.singleton(stringValue(",")) : call.argument(0);
	let result = engine.solver.singleton(stringValue(""));
	for (const [index, part] of parts.entries()) {
		const steps = index === 0 ? [engine.evaluate(part as Node)] : [separator, engine.evaluate(part as Node)];
		for (const step of steps) {
			const next = new ValueSet();
			concatenate(engine.solver, result, step, next);
			result = next;
		}
	}
	call.returnAll(result);
	// Elements that are added later are joined too, at positions that are not known.
	engine.solver.onValue(object.summary, () =>
		call.returnValue(unknownValue("a string built in several steps")),
	);
}
