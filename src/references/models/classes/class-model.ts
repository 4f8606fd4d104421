/** The parts of a model of a built-in class. */
import type { Engine } from "../../engine/engine.ts";
import { readFrom } from "../../engine/origins.ts";
import {
	NOTHING,
	type ObjectValue,
	objectValue,
	stringValue,
	unknownValue,
	type Value,
	withContext,
} from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";

/**
 * The behaviour of objects of a built-in class. Their content is in properties of the abstract object whose names begin
 * with `@@`, so that it escapes with the object and changes with it.
 */
export interface ClassModel {
	/** Fills the object that `new` creates. Undefined if code cannot call `new`. */
	readonly construct?: (call: BuiltinCall, created: ObjectValue) => void;
	/** By name. Each handles all its arguments: arguments that it neither stores nor calls escape. */
	readonly methods: Readonly<Record<string, (call: BuiltinCall, receiver: ObjectValue) => void>>;
	/** Properties that hold a value, by name. */
	readonly fields?: Readonly<
		Record<string, (engine: Engine, receiver: ObjectValue, into: (value: Value) => void) => void>
	>;
	/** Whether it stands for a text. Code that has the text cannot reach the values that it was made from. */
	readonly isText?: boolean;
	/**
	 * Gives the default value of a property that no method or field describes. The code may define such properties on
	 * objects of the class.
	 */
	readonly readOther?: (key: string, into: (value: Value) => void) => void;
	/** Whether a call without `new` makes an object too. */
	readonly isCallable?: boolean;
	/** Properties that the code may assign, such as `onmessage`. */
	readonly assignable?: ReadonlySet<string>;
}

/**
 * Allocates an object of a built-in class that a call makes.
 * @param within the object that the call returns to the code instead, which leads to this one
 */
export function newOfClass(call: BuiltinCall, name: string, within?: ObjectValue, tag = ""): ObjectValue {
	const object = call.engine.objects.allocate(call.site.node, `${name} ${call.tag} ${tag}`, "plain");
	object.builtinClass = name;
	object.populated = true;
	if (within !== undefined) object.trackedAs = within;
	return objectValue(object) as ObjectValue;
}

/** The text that a value becomes within a string; an unknown value if the text is unknown. */
export function asText(value: Value): Value {
	if (value.kind === "string")
		return value.numeric ? withContext(stringValue(value.text), value.context, value.reportAt) : value;
	if (value.kind === "nothing") return value.text === undefined ? NOTHING : stringValue(value.text);
	if (value.kind === "unknown" && value.prefix !== undefined) return value;
	return withContext(unknownValue("a computed value"), value.context, value.reportAt);
}

/** Reads a slot of an object. */
export function readSlot(engine: Engine, holder: ObjectValue, slot: string, into: (value: Value) => void) {
	engine.solver.onValue(engine.property(holder.object, slot), (stored) => {
		const value = readFrom(holder, stored);
		if (value !== undefined) into(value);
	});
}
