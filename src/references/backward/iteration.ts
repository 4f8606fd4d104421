/** Backward analysis of iteration: the values that iterating over a value yields. */
import { unify } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { mapEntry } from "../engine/synthetic-objects.ts";
import { objectValue, unknownValue, type Value, type ValueSet, withContext } from "../engine/values.ts";
import { isReplaced } from "../environment/replaced.ts";

/** Arrays, sets and maps are iterable. What iterating over anything else yields is unknown. */
export function makeIterate(engine: Engine): Engine["iterate"] {
	return (value, into) => {
		if (value.kind === "nothing") return;
		if (isReplaced(engine, "@@iterator") || isReplaced(engine, "next"))
			into(unknownValue("an element of an iterator that the code replaces"));
		if (value.kind !== "object")
			return into(withContext(unknownValue(whyUnknown(value)), value.context, value.reportAt));
		const { object } = value;
		const addAll = (set: ValueSet) =>
			engine.solver.onValue(set, (found) => {
				const context = unify(found.context, value.context);
				if (context !== undefined) into(withContext(found, context));
			});
		engine.track(object);
		if (object.kind === "array") addAll(engine.anyProperty(object));
		else if (object.kind === "set") addAll(object.summary);
		else if (object.kind === "map") into(objectValue(mapEntry(engine, object), value.context));
		else into(unknownValue("an element of an unknown value"));
	};
}

function whyUnknown(value: Value): string {
	return value.kind === "unknown" ? value.why : "a name from a listing";
}
