import type { Node } from "../bundle/syntax.ts";
import { type Scope, withCall } from "./context.ts";
import type { Engine } from "./engine.ts";
import { keyOfShape, type Value, withContext } from "./values.ts";

/** The scope that stands for the iterations of a loop in a context. */
export function iterationOf(engine: Engine, { start, end }: Node): Scope {
	return { id: engine.objects.idOf(`loop ${start} ${end}`), start, end };
}

/**
 * Puts a value into the context of one iteration of a loop, or of one choice from a table. Parts of two
 * elements then never combine: `for (const [key, value] of …)` pairs each key with its own value.
 */
export function inIteration(engine: Engine, value: Value, loop: Node): Value {
	if (value.kind !== "object" && value.kind !== "string") return value;
	const scope = iterationOf(engine, loop);
	return withContext(value, withCall(value.context, scope, engine.objects.idOf(keyOfShape(value))));
}
