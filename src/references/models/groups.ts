/** Models of `Object.groupBy`, `Map.groupBy` and `new Array`, which put elements into new containers. */
import { inIteration, iterationOf } from "../engine/iteration-context.ts";
import { leaveIteration } from "../engine/origins.ts";
import { objectValue, stringValue, unknownValue, type Value, ValueSet } from "../engine/values.ts";
import type { BuiltinCall } from "./builtin-call.ts";

/** Which element is in which group is not distinguished. */
export function groupBy(call: BuiltinCall, kind: "plain" | "map") {
	const { engine, site } = call;
	const { solver } = engine;
	const group = call.newArray("group");
	call.iterateInto(call.argument(0), group.summary);
	const elements = new ValueSet();
	solver.onValue(group.summary, (value) => solver.add(elements, inIteration(engine, value, site.node)));
	const keys = new ValueSet();
	call.invokeCallback(1, [elements, solver.singleton(unknownValue("an index"))], keys);
	const created = engine.objects.allocate(site.node, "groups", kind);
	created.populated = true;
	const { id } = iterationOf(engine, site.node);
	solver.onValue(keys, (found) => {
		const key = leaveIteration(found, id);
		if (kind === "map") {
			solver.add(created.keys, key);
			return solver.add(created.summary, objectValue(group));
		}
		const text = textOf(key);
		solver.add(created.keys, text === undefined ? unknownValue("a name from a listing") : stringValue(text));
		solver.add(text === undefined ? created.summary : engine.property(created, text), objectValue(group));
	});
	call.returnObject(created);
}

/** The name of the property that a key becomes. */
function textOf(key: Value): string | undefined {
	return key.kind === "string" || key.kind === "nothing" ? key.text : undefined;
}

/** `new Array(length)` and `new Array(…elements)` */
export function makeArray(call: BuiltinCall) {
	const { engine, site } = call;
	const created = call.newArray();
	const given = call.arguments();
	const [first] = given;
	if (first !== undefined && given.length === 1 && site.spreadArguments === undefined)
		engine.solver.onValue(first, (value) => {
			// A number is the length.
			if (value.kind !== "string" || !value.numeric) engine.solver.add(created.summary, value);
		});
	else for (const argument of given) engine.solver.include(argument, created.summary);
	call.returnObject(created);
}

/** `Promise.all(promises)`: of an instance of a class of the code, which may be iterable, it makes an array. */
export function listAll(call: BuiltinCall) {
	const { engine } = call;
	engine.solver.onValue(call.argument(0), (given) => {
		if (given.kind !== "object" || given.object.kind !== "instance") return call.returnValue(given);
		const created = call.newArray(`all of ${given.key}`);
		engine.iterate(given, (found) => engine.solver.add(created.summary, found));
		call.returnObject(created);
	});
}
