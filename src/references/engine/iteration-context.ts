import type { Node } from "../bundle/syntax.ts";
import { withCall } from "./context.ts";
import type { Engine } from "./engine.ts";
import { keyOfShape, type Value, withContext } from "./values.ts";

/**
 * Marks a value as the one of this pass of a loop or this pick from a table, so that the parts of two
 * elements are not put together: `for (const [k, v] of …)` pairs each key with its own value.
 */
export function inIteration(engine: Engine, value: Value, loop: Node): Value {
	if (value.kind !== "object" && value.kind !== "string") return value;
	const id = engine.objects.idOf(`loop ${loop.start} ${loop.end}`);
	return withContext(value, withCall(value.context, id, engine.objects.idOf(keyOfShape(value))));
}
