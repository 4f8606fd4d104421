/** Backward analysis of iteration: the values that iterating over a value yields. */
import type { Engine } from "../engine/engine.ts";
import { readFrom } from "../engine/origins.ts";
import { mapEntry } from "../engine/synthetic-objects.ts";
import {
	type ObjectValue,
	objectValue,
	unknownValue,
	type Value,
	ValueSet,
	withContext,
} from "../engine/values.ts";
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
			engine.solver.onValue(set, (stored) => {
				const found = readFrom(value, stored);
				if (found !== undefined) into(found);
			});
		engine.track(object);
		if (object.kind === "array") addAll(engine.anyProperty(object));
		else if (object.kind === "set") addAll(object.summary);
		else if (object.kind === "map") into(objectValue(mapEntry(engine, object), value.context));
		else iterateByProtocol(engine, value, into);
	};
}

const PASSED_ON: readonly Value[] = [unknownValue("a value that ends an iteration")];

/** Calls the object's own iterator, and reads what its `next` returns. */
function iterateByProtocol(engine: Engine, value: ObjectValue, into: (value: Value) => void) {
	const { solver } = engine;
	const { node, id } = value.object;
	const call = (holder: Value, name: string, use: (result: Value) => void, args: readonly Value[] = []) =>
		engine.readProperty(holder, name, (method) => {
			const given = args.map((value) => solver.singleton(value));
			const site = engine.impliedSite(node, `${name} ${id} ${holder.key}`, given, solver.singleton(holder));
			const result = new ValueSet();
			engine.invoke(method, site, result);
			solver.onValue(result, use);
		});
	const useIterator = (iterator: Value) => {
		if (iterator.kind === "object" && iterator.object.kind !== "plain" && iterator.object.kind !== "instance")
			return engine.iterate(iterator, into);
		call(iterator, "next", (result) => engine.readProperty(result, "value", into));
		// A loop that ends early calls `return`. `yield*` may call both, and passes on a value of the caller's.
		for (const name of ["return", "throw"]) call(iterator, name, () => undefined, PASSED_ON);
	};
	call(value, "@@iterator", useIterator);
	call(value, "@@asyncIterator", useIterator);
}

function whyUnknown(value: Value): string {
	return value.kind === "unknown" ? value.why : "a name from a listing";
}
