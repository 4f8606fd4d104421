/**
 * Models of built-in classes that the code extends: `class Registry extends Map`.
 *
 * An instance of such a class has a *part* for the built-in class: an object of that class, which no code can reach by
 * itself. Methods that the instance inherits are methods of its part. Where built-in code calls a method of the whole
 * instance by its name, the class may define that method itself.
 */
import type { Engine } from "../../engine/engine.ts";
import { keep } from "../../engine/origins.ts";
import {
	type AbstractObject,
	type BuiltinValue,
	type CallSite,
	NOTHING,
	type ObjectKind,
	type ObjectValue,
	objectValue,
	unknownValue,
	type Value,
	ValueSet,
} from "../../engine/values.ts";
import { ARRAY_METHODS } from "../arrays/methods.ts";
import { BuiltinCall } from "../builtin-call.ts";
import { EMITTER } from "../classes/emitters.ts";
import { fillOfClass } from "../classes/index.ts";
import { COLLECTION_METHODS } from "../collections.ts";
import { callWhole } from "./methods.ts";
import { eachPart, INHERITED, INHERITED_CONSTRUCTOR, LENGTH } from "./parts.ts";

interface ExtendedClass {
	readonly kind: ObjectKind;
	/** For classes with a model: the name of the model. */
	readonly builtinClass?: string;
	/** Inherited properties with a model. */
	readonly known: ReadonlySet<string>;
	/** Inherited properties without one. Others are `undefined`. */
	readonly unknown: ReadonlySet<string>;
	/** The method that iteration calls. */
	readonly iterator?: string;
	/** Fills the part from the arguments of the constructor. */
	readonly fill: (call: BuiltinCall, part: ObjectValue, whole: ObjectValue) => void;
}

const words = (text: string) => text.split(" ");
const OF_ALL_OBJECTS = words(
	"constructor hasOwnProperty isPrototypeOf propertyIsEnumerable toString toLocaleString valueOf __proto__ " +
		"__defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__ then catch finally",
);
const NEW_COLLECTION_METHODS = words("getOrInsert getOrInsertComputed");
const OTHER_ARRAY_METHODS = words("toLocaleString toString");

const collection = (kind: "map" | "set", iterator: string, fill: ExtendedClass["fill"]): ExtendedClass => ({
	kind,
	known: new Set([...COLLECTION_METHODS, "size"]),
	unknown: new Set([...NEW_COLLECTION_METHODS, ...OF_ALL_OBJECTS]),
	iterator,
	fill,
});

/** `new Map(entries)` calls `set` of the instance for each entry. */
const fillMap: ExtendedClass["fill"] = (call, part, whole) => {
	const { engine } = call;
	const entries = new ValueSet();
	const [keys, values] = [new ValueSet(), new ValueSet()];
	call.iterateInto(call.argument(0), entries);
	part.object.populated = true;
	engine.solver.onValue(entries, (entry) => {
		engine.readProperty(entry, "0", (key) => engine.solver.add(keys, key));
		engine.readProperty(entry, "1", (value) => engine.solver.add(values, value));
	});
	engine.solver.onValue(entries, () => callWhole(call, whole, "set", [keys, values]));
};

/** `new Set(elements)` calls `add` of the instance for each element. */
const fillSet: ExtendedClass["fill"] = (call, _part, whole) => {
	const elements = new ValueSet();
	call.iterateInto(call.argument(0), elements);
	call.engine.solver.onValue(elements, () => callWhole(call, whole, "add", [elements]));
};

function isNumber(value: Value): boolean {
	return value.kind === "string" ? value.numeric : value.kind === "unknown" && value.why === LENGTH;
}

/** `new Array(…elements)`, or `new Array(length)` */
const fillArray: ExtendedClass["fill"] = (call, part) => {
	const { engine } = call;
	engine.solver.add(part.object.resized, unknownValue("a computed value"));
	const given = call.arguments();
	for (const argument of given) {
		const elements = new ValueSet();
		engine.solver.onValue(argument, (value) => {
			const isLength = isNumber(value) && given.length === 1;
			if (!isLength) engine.solver.add(elements, value);
		});
		call.store(part, elements, part.object.summary);
	}
};

/** A class with a model whose methods call no other method of the instance. */
const ofClass = (builtinClass: string, known: string): ExtendedClass => ({
	kind: "plain",
	builtinClass,
	known: new Set(words(known)),
	unknown: new Set(OF_ALL_OBJECTS),
	fill: (call, part) => fillOfClass(call, builtinClass, part),
});

const CLASSES: Readonly<Record<string, ExtendedClass>> = {
	Map: collection("map", "entries", fillMap),
	WeakMap: collection("map", "entries", fillMap),
	Set: collection("set", "values", fillSet),
	WeakSet: collection("set", "values", fillSet),
	Array: {
		kind: "array",
		known: new Set([...[...ARRAY_METHODS].filter((name) => !OTHER_ARRAY_METHODS.includes(name)), "length"]),
		unknown: new Set([...OTHER_ARRAY_METHODS, ...OF_ALL_OBJECTS]),
		iterator: "values",
		fill: fillArray,
	},
	EventTarget: {
		...ofClass("EventTarget", "addEventListener removeEventListener dispatchEvent"),
		unknown: new Set(["getParent", ...OF_ALL_OBJECTS]),
	},
	ReadableStream: ofClass(
		"ReadableStream",
		"getReader pipeThrough pipeTo tee cancel values @@asyncIterator locked",
	),
	WritableStream: ofClass("WritableStream", "getWriter close abort locked"),
	TransformStream: ofClass("TransformStream", "readable writable"),
	[EMITTER]: {
		...ofClass(
			EMITTER,
			"on addListener once prependListener prependOnceListener off removeListener removeAllListeners emit " +
				"setMaxListeners listenerCount",
		),
		unknown: new Set([
			...words("eventNames getMaxListeners listeners rawListeners _events _eventsCount _maxListeners domain"),
			...OF_ALL_OBJECTS,
		]),
	},
};

function classOf(name: string): ExtendedClass | undefined {
	return Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined;
}

/** Whether there is a model for classes that extend a built-in class. */
export function isExtensible(name: string): boolean {
	return classOf(name) !== undefined;
}

/** Whether instances of classes that extend a built-in class have no keys of their own, apart from indexes. */
export function hasNoKeys(name: string): boolean {
	const extended = classOf(name);
	return extended !== undefined && extended.builtinClass !== EMITTER;
}

/** The part of an instance for a built-in class. */
function partOf(
	engine: Engine,
	whole: AbstractObject,
	name: string,
	extended: ExtendedClass,
): AbstractObject {
	const part = engine.objects.allocate(whole.node, `part ${name} ${whole.id}`, extended.kind);
	if (part.partOf !== undefined) return part;
	part.partOf = whole;
	part.trackedAs = objectValue(whole);
	part.builtinClass = extended.builtinClass;
	if (extended.builtinClass !== undefined) part.populated = true;
	if (extended.kind === "array") engine.solver.include(whole.summary, part.summary);
	engine.solver.add(whole.parts, objectValue(part));
	engine.track(whole);
	return part;
}

/**
 * Runs the constructor of a built-in class for objects of a class that extends it: by `super(…)`, or by `new` where the
 * class has no constructor.
 */
export function constructPart(engine: Engine, base: BuiltinValue, site: CallSite, instances: ValueSet) {
	const extended = classOf(base.name);
	if (extended === undefined) return;
	engine.solver.onValue(instances, (whole) => {
		if (whole.kind !== "object" || !whole.object.isConstructed) return;
		if (engine.isForeign((whole.object.constructedBy ?? whole.object).node)) return;
		const part = objectValue(partOf(engine, whole.object, base.name, extended), whole.context) as ObjectValue;
		extended.fill(new BuiltinCall(engine, site, undefined, base.context, whole.key), part, whole);
	});
}

/** Reads a property that an instance inherits from a built-in class. */
export function readInherited(
	engine: Engine,
	instance: AbstractObject | undefined,
	name: string,
	key: string,
	into: ValueSet,
) {
	const extended = classOf(name);
	const why = key === "constructor" ? INHERITED_CONSTRUCTOR : INHERITED;
	const giveUp = () => engine.solver.add(into, unknownValue(why));
	if (extended === undefined || instance === undefined || !instance.isConstructed) return giveUp();
	const isIndex = extended.kind === "array" && /^\d+$/.test(key);
	const read =
		key === "@@iterator" ? extended.iterator : extended.known.has(key) || isIndex ? key : undefined;
	if (read === undefined) {
		if (
			extended.unknown.has(key) ||
			(key.startsWith("@@") && key !== "@@asyncIterator" && key !== "@@iterator")
		)
			return giveUp();
		return engine.solver.add(into, NOTHING);
	}
	engine.solver.onValue(instance.parts, (part) => {
		engine.readProperty(part, read, (found) => engine.solver.add(into, found));
		// What the code assigns to an index is an element.
		if (isIndex && part.kind === "object") engine.solver.include(into, part.object.summary);
	});
}

/** The parts of the objects that are `this`, for `super.method()`. */
export function includePartsOfThis(engine: Engine, self: ValueSet, base: Value, into: ValueSet) {
	engine.solver.onValue(self, (whole) => {
		if (whole.kind !== "object" || !whole.object.isConstructed) return engine.solver.add(into, base);
		eachPart(engine, whole, (part) => engine.solver.add(into, part));
	});
}

/** Gives an object that stands for `super` the parts of the objects that are `this`. */
export function shareParts(engine: Engine, self: ValueSet, base: AbstractObject) {
	if (base.isConstructed) return;
	base.isConstructed = true;
	const parts = new ValueSet();
	includePartsOfThis(engine, self, unknownValue("a part of an object that other code makes"), parts);
	engine.solver.onValue(parts, (part) => engine.solver.add(base.parts, keep(part)));
}
