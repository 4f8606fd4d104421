/** Models of `Map` and `Set`. Which key has which value is not distinguished. */
import { mapEntry, setEntry, wholeOf } from "../engine/synthetic-objects.ts";
import { NOTHING, type ObjectValue, objectValue, ValueSet, withContext } from "../engine/values.ts";
import type { BuiltinCall } from "./builtin-call.ts";

export const COLLECTION_METHODS: ReadonlySet<string> = new Set(
	(
		"get has set add delete clear forEach keys values entries " +
		"union intersection difference symmetricDifference isSubsetOf isSupersetOf isDisjointFrom"
	).split(" "),
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
			return engine.solver.onValue(call.read(receiver, object.summary), (value) => {
				call.returnValue(value);
				call.returnValue(withContext(NOTHING, value.context));
			});
		case "set":
			call.store(receiver, call.argument(0), object.keys);
			call.store(receiver, call.argument(1), object.summary);
			return call.returnValue(receiver);
		case "add":
			call.store(receiver, call.argument(0), object.summary);
			return call.returnValue(receiver);
		case "forEach":
			return callEach(call, receiver, keys);
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
			else {
				const entry = call.newArray(`entry ${object.id}`);
				const elements = call.read(receiver, object.summary);
				setEntry(engine, entry, elements, elements);
				engine.solver.add(created.summary, objectValue(entry));
			}
			return call.returnObject(created);
		}
		default:
			compareSets(call, name, receiver);
	}
}

/** `forEach(callback, self)` */
function callEach(call: BuiltinCall, receiver: ObjectValue, keys: ValueSet) {
	const all = call.engine.solver.singleton(wholeOf(receiver));
	const args = [call.read(receiver, receiver.object.summary), call.read(receiver, keys), all];
	call.invokeCallback(0, args, undefined, call.thisArgument(1));
}

/** Calls a method that takes another set, or one that returns none of the elements. */
function compareSets(call: BuiltinCall, name: string, receiver: ObjectValue) {
	switch (name) {
		case "union":
		case "symmetricDifference":
			return combineSets(call, receiver, true);
		case "intersection":
		case "difference":
			return combineSets(call, receiver, false);
		case "isSubsetOf":
		case "isSupersetOf":
		case "isDisjointFrom":
			withOther(call, () => undefined);
			return call.returnBooleans();
		default:
			call.returnValue(NOTHING);
	}
}

/** A set of elements of this one, and of the other one if `isBoth` is set. */
function combineSets(call: BuiltinCall, receiver: ObjectValue, isBoth: boolean) {
	const { engine, site } = call;
	const created = engine.objects.allocate(site.node, `combined ${receiver.object.id}`, "set");
	engine.solver.include(call.read(receiver, receiver.object.summary), created.summary);
	withOther(call, (other) => {
		const keys = other.object.kind === "map" ? other.object.keys : other.object.summary;
		if (isBoth) engine.solver.include(call.read(other, keys), created.summary);
	});
	call.returnValue(objectValue(created, receiver.context));
}

/** The other set. If it is any other object, its unknown methods are called. */
function withOther(call: BuiltinCall, use: (other: ObjectValue) => void) {
	call.engine.solver.onValue(call.argument(0), (other) => {
		if (other.kind === "object" && (other.object.kind === "set" || other.object.kind === "map"))
			return use(other);
		if (other.kind !== "nothing" && other.kind !== "string") call.giveUp();
	});
}
