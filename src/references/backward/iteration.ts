/** Backward analysis of iteration: the values that iterating over a value yields. */
import type { Engine, Sent } from "../engine/engine.ts";
import { keep, readFrom } from "../engine/origins.ts";
import { mapEntry } from "../engine/synthetic-objects.ts";
import {
	type AbstractObject,
	type MethodValue,
	type ObjectValue,
	objectValue,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
	withContext,
} from "../engine/values.ts";
import { isReplaced } from "../environment/replaced.ts";

/** Arrays, sets and maps are iterable. The elements of anything else are unknown. */
export function makeIterate(engine: Engine): Engine["iterate"] {
	return (value, into, sent) => {
		if (value.kind === "nothing") return;
		if (isReplaced(engine, "@@iterator") || isReplaced(engine, "next"))
			into(unknownValue("an element of an iterator that the code replaces"));
		if (value.kind === "string" && !value.numeric) return iterateText(value.text, value, into);
		if (value.kind !== "object") {
			if (sent !== undefined)
				engine.solver.onValue(sent.values, (given) =>
					engine.escape(given, sent.by, "passed to an iterator that the analysis cannot follow"),
				);
			return into(withContext(unknownValue(whyUnknown(value)), value.context, value.reportAt));
		}
		const { object } = value;
		const addAll = (set: ValueSet) =>
			engine.solver.onValue(set, (stored) => {
				const found = readFrom(value, stored);
				if (found !== undefined) into(found);
			});
		engine.track(object);
		if (object.kind === "array") {
			if (sent !== undefined) receive(engine, object, sent);
			addAll(engine.anyProperty(object));
		} else if (object.kind === "set") addAll(object.summary);
		else if (object.kind === "map") into(objectValue(mapEntry(engine, object), value.context));
		else iterateByProtocol(engine, value, into, sent);
	};
}

/** The characters of a text. */
function iterateText(text: string, { context }: Value, into: (value: Value) => void) {
	for (const character of new Set(text)) into(withContext(stringValue(character), context));
}

/** Passes the value that `yield*` receives to a generator. */
function receive(engine: Engine, iterator: AbstractObject, { values }: Sent) {
	engine.solver.onValue(values, (value) => engine.solver.add(iterator.received, keep(value)));
}

const PASSED_ON = unknownValue("a value that ends an iteration");

/** Calls the object's own iterator, and reads the results of its `next`. */
function iterateByProtocol(
	engine: Engine,
	value: ObjectValue,
	into: (value: Value) => void,
	sent: Sent | undefined,
) {
	const useIterator = (iterator: Value) => {
		const isByHand =
			iterator.kind === "object" && (iterator.object.kind === "plain" || iterator.object.kind === "instance");
		if (isByHand) readByNext(engine, iterator, into, { of: value.object, sent });
		else engine.iterate(iterator, into, sent);
	};
	engine.readProperty(value, "@@iterator", (method) => {
		// What a class inherits from a built-in one iterates over that part of the object.
		if (isOfPart(method)) engine.iterate(method.receiver, into, sent);
	});
	for (const name of ["@@iterator", "@@asyncIterator"])
		callMethodOf(engine, value.object, value, name, [], useIterator);
}

function isOfPart(method: Value): method is MethodValue {
	return (
		method.kind === "method" &&
		method.receiver.kind === "object" &&
		method.receiver.object.partOf !== undefined
	);
}

/**
 * The values that a hand-written iterator yields.
 * @param of the object that is iterated over
 */
function readByNext(
	engine: Engine,
	iterator: ObjectValue,
	into: (value: Value) => void,
	{ of, sent }: { of: AbstractObject; sent?: Sent | undefined },
) {
	const args = sent === undefined ? [] : [sent.values];
	const tag = sent === undefined ? "next" : `next ${sent.by.start}`;
	callMethodOf(
		engine,
		of,
		iterator,
		"next",
		args,
		(result) => engine.readProperty(result, "value", into),
		tag,
	);
	// A loop that ends early calls `return`. `yield*` may call both, and passes on a value from the caller.
	const passedOn = engine.solver.singleton(PASSED_ON);
	for (const name of ["return", "throw"])
		callMethodOf(engine, of, iterator, name, [passedOn], () => undefined);
}

/**
 * Calls a method that iteration calls.
 * @param of the object that is iterated over
 * @param use is called with each value that the method returns
 * @param tag distinguishes several calls of one method
 */
function callMethodOf(
	engine: Engine,
	of: AbstractObject,
	holder: Value,
	name: string,
	args: readonly ValueSet[],
	use: (result: Value) => void,
	tag = name,
) {
	engine.readProperty(holder, name, (method) => {
		if (name === "@@iterator" && isOfPart(method)) return;
		const receiver = engine.solver.singleton(holder);
		const site = engine.impliedSite(of.node, `${tag} ${of.id} ${holder.key}`, args, receiver);
		const result = new ValueSet();
		engine.invoke(method, site, result);
		engine.solver.onValue(result, use);
	});
}

function whyUnknown(value: Value): string {
	return value.kind === "unknown" ? value.why : "a name from a listing";
}
