/** Models of copies of whole objects. */
import { type ObjectValue, unknownValue, type Value } from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { eachPart } from "../subclasses/parts.ts";

/** How deep a copy is taken to look into what it copies. */
const DEPTH_MAX = 4;

/**
 * `structuredClone(value)`. What it makes of an instance of a class that extends a built-in one is of the built-in class:
 * it has none of the methods of the instance.
 */
export function cloneStructure(call: BuiltinCall) {
	const { engine } = call;
	const seen = new Set<string>();
	const visit = (value: Value, depth: number) => {
		if (value.kind !== "object" || seen.has(value.key)) return;
		seen.add(value.key);
		eachPart(engine, value as ObjectValue, (part) =>
			call.returnValue(depth === 0 ? part : unknownValue("a copy of an object")),
		);
		if (depth === DEPTH_MAX) return call.returnValue(unknownValue("a copy of an object"));
		engine.solver.onValue(engine.anyProperty(value.object), (inner) => visit(inner, depth + 1));
	};
	engine.solver.onValue(call.argument(0), (value) => {
		call.returnValue(value);
		visit(value, 0);
	});
}
