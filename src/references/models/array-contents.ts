/** Models of what arrays consist of: nested arrays that are flattened, and texts that are joined. */
import type { Node } from "../bundle/syntax.ts";
import { type AbstractObject, stringValue, unknownValue, type Value, ValueSet } from "../engine/values.ts";
import type { BuiltinCall } from "./builtin-call.ts";
import { concatenate } from "./text/concatenation.ts";

/** Includes the elements of arrays and any other value as it is, as `concat` and `flat` do. */
export function flattenInto(call: BuiltinCall, values: ValueSet, into: ValueSet, isDeep = false) {
	const { engine } = call;
	engine.solver.onValue(values, (value) => {
		if (value.kind !== "object" || value.object.kind !== "array") return engine.solver.add(into, value);
		const elements = new ValueSet();
		engine.iterate(value, (found) => engine.solver.add(elements, found));
		// How deep `flat` goes is not regarded: an array counts as itself and as its elements.
		if (isDeep && !seen(call, value)) flattenInto(call, elements, into, true);
		if (isDeep) engine.solver.add(into, value);
		engine.solver.include(elements, into);
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
