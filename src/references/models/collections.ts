/** Models of `Map` and `Set`. Which key has which value is not distinguished. */
import { mapEntry } from "../engine/synthetic-objects.ts";
import { NOTHING, type ObjectValue, objectValue, ValueSet } from "../engine/values.ts";
import type { BuiltinCall } from "./builtin-call.ts";

export const COLLECTION_METHODS: ReadonlySet<string> = new Set(
	"get has set add delete clear forEach keys values entries".split(" "),
);

/** `new Map(entries)` and `new Set(elements)`. */
export function makeCollection(call: BuiltinCall, kind: "map" | "set") {
	const { engine } = call;
	const created = engine.objects.allocate(call.site.node, kind, kind);
	const entries = new ValueSet();
	call.iterateInto(call.argument(0), kind === "set" ? created.summary : entries);
	if (kind === "map") {
		created.populated = true;
		engine.solver.onValue(entries, (entry) => {
			engine.readProperty(entry, "0", (key) => engine.solver.add(created.keys, key));
			engine.readProperty(entry, "1", (value) => engine.solver.add(created.summary, value));
		});
	}
	call.returnObject(created);
}

/** Calls a method of a map or set. */
export function callCollectionMethod(call: BuiltinCall, name: string, receiver: ObjectValue) {
	const { engine } = call;
	const { object } = receiver;
	engine.track(object);
	const keys = object.kind === "map" ? object.keys : object.summary;
	switch (name) {
		case "get":
			return call.returnAll(call.read(receiver, object.summary));
		case "set":
			call.store(receiver, call.argument(0), object.keys);
			call.store(receiver, call.argument(1), object.summary);
			return call.returnValue(receiver);
		case "add":
			call.store(receiver, call.argument(0), object.summary);
			return call.returnValue(receiver);
		case "forEach":
			return call.invokeCallback(0, [call.read(receiver, object.summary), call.read(receiver, keys)]);
		case "keys":
		case "values": {
			const created = call.newArray(`${name} ${object.id}`);
			engine.solver.include(call.read(receiver, name === "keys" ? keys : object.summary), created.summary);
			return call.returnObject(created);
		}
		case "entries": {
			const created = call.newArray(`entries ${object.id}`);
			if (object.kind === "map")
				engine.solver.add(created.summary, objectValue(mapEntry(engine, object), receiver.context));
			return call.returnObject(created);
		}
		default:
			call.returnValue(NOTHING);
	}
}
