/** The parts that an instance has for the built-in classes that its class extends. */
import type { Engine } from "../../engine/engine.ts";
import { readFrom } from "../../engine/origins.ts";
import type { ObjectValue, Value } from "../../engine/values.ts";

/** Why a property is unknown that an instance inherits from a built-in class. */
export const INHERITED = "an inherited value";
/** Why the constructor of an instance is unknown that inherits it from a built-in class. */
export const INHERITED_CONSTRUCTOR = "an inherited constructor";
/** Why the length is unknown with which an array is made. */
export const LENGTH = "a length";

/** Calls back with each part of an object. */
export function eachPart(engine: Engine, whole: ObjectValue, use: (part: Value) => void) {
	engine.solver.onValue(whole.object.parts, (stored) => {
		const part = readFrom(whole, stored);
		if (part !== undefined) use(part);
	});
}
