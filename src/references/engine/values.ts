/**
 * The abstract domain: the properties of a value on which names of environment variables can depend.
 *
 * Every value carries a calling context. For `read(a, "X")` and `read(b, "Y")` the analysis must not combine
 * `a` with `"Y"`: two values belong together only where their contexts unify.
 */
import type { Node } from "../bundle/syntax.ts";
import { type Context, NO_CONTEXT } from "./context.ts";
import type { RuntimeApi } from "./runtime-api.ts";
import { GrowingSet, withAllFields } from "./value-storage.ts";

/** The values that one expression, variable, parameter or property may have. Only the solver adds to it. */
export class ValueSet extends GrowingSet<Value> {
	/** Each is called with every value, or gets every value. */
	listeners: (((value: Value) => void) | ValueSet)[] | undefined;
	/** For each `shapeKey`, in how many contexts the set holds a value of that shape; undefined before the second value. */
	contextCounts: Map<string, number> | undefined;
	/** For each `shapeKey` of an unknown value, the value that replaces all values that the set was widened by. */
	widened: Map<string, Value> | undefined;
}

/** Where a value comes from, and the keys that identify it. */
interface Provenance {
	/** Equal only for equal values. */
	readonly key: string;
	/** Equal for values that differ only in context and `reportAt`. */
	readonly shapeKey: string;
	readonly context: Context;
	/**
	 * The outermost call that passed the value as an argument. A read of the name is reported there, because
	 * that is where the author wrote the name.
	 */
	readonly reportAt: Node | undefined;
}

/** The kind and content of a value, without its provenance. */
export type Shape =
	/** A known string. A numeric one was a number: adding two of them is addition. */
	| { readonly kind: "string"; readonly text: string; readonly numeric: boolean }
	/**
	 * `undefined`, `null` or a boolean, which is never the name of a variable. A boolean has a text, since it may
	 * be a part of a name.
	 */
	| { readonly kind: "nothing"; readonly text?: "true" | "false" | undefined }
	/** Any value. With a prefix: a string that begins with it. */
	| { readonly kind: "unknown"; readonly why: string; readonly prefix?: string | undefined }
	/** A regular expression. */
	| { readonly kind: "pattern"; readonly source: string; readonly flags: string }
	/** An object that the code creates. */
	| { readonly kind: "object"; readonly object: AbstractObject }
	/** An API of the runtime. */
	| { readonly kind: "runtime"; readonly api: RuntimeApi }
	/** A global of the language (`Object.keys`) or a helper of the bundler (`esbuild.toESM`). */
	| { readonly kind: "builtin"; readonly name: string }
	/**
	 * A built-in method together with the value that it was read from: `[…].map`, `"…".concat`, `get.bind`.
	 */
	| { readonly kind: "method"; readonly name: string; readonly receiver: Value };

/** An abstract value. */
export type Value = Shape & Provenance;
export type StringValue = Value & { readonly kind: "string" };
export type PatternValue = Value & { readonly kind: "pattern" };
export type ObjectValue = Value & { readonly kind: "object" };
export type RuntimeValue = Value & { readonly kind: "runtime" };
export type BuiltinValue = Value & { readonly kind: "builtin" };
export type MethodValue = Value & { readonly kind: "method" };

export type ObjectKind = "plain" | "array" | "function" | "class" | "instance" | "map" | "set";

/** All objects that one node of the bundle creates: the node is their allocation site. */
export interface AbstractObject {
	readonly id: number;
	readonly kind: ObjectKind;
	/** The allocation site. */
	readonly node: Node;
	/** The class or constructor function of an instance, where it is known, or the function of a prototype. */
	readonly constructedBy: AbstractObject | undefined;
	/** The members with static keys of an object literal or a class, by key; undefined until they are requested. */
	members: Map<string, Node[]> | undefined;
	/** Filled on demand, by `Engine.property`. */
	readonly properties: Map<string, ValueSet>;
	/**
	 * The values under all keys that are not distinguished: computed properties, the elements of an array or
	 * set, the values of a map. Every property includes it.
	 */
	readonly summary: ValueSet;
	/** The keys of properties (filled on demand, by `Engine.keys`) or of a map. */
	readonly keys: ValueSet;
	/** The getters and setters, by `get KEY` and `set KEY`. Filled on demand, by `Engine.accessors`. */
	readonly accessors: Map<string, ValueSet>;
	/** Whether `keys`, or the content that a model adds, was filled in. That happens once. */
	populated: boolean;
	/** The values of all properties; undefined until they are requested. */
	anyProperty: ValueSet | undefined;
	/** Objects whose properties this one has too: by spread, by `Object.assign`, or as the target of a proxy. */
	readonly copiedFrom: ValueSet[];
	/** The instances of a class. */
	readonly instances: ValueSet;
	/** The calls of a function, by site and context. */
	readonly callEdges: Map<string, CallEdge>;
	readonly callEdgeListeners: ((call: CallEdge) => void)[];
	/** Whether code outside the analysis can access the function and may call it with anything. */
	escaped: boolean;
	readonly escapeListeners: (() => void)[];
	/** The number of elements that a model gives an array, if the model knows it. */
	knownLength: number | undefined;
	/** Whether a property without a definition is `undefined`. Otherwise its value is unknown. */
	isComplete: boolean;
	/** Contains a value after elements were added to an array or removed from it. */
	readonly resized: ValueSet;
	/** Contains a value after properties may have been removed, or were copied from an object that may lack them. */
	readonly lessened: ValueSet;
	/** The values that `next(value)` passes into a generator. */
	readonly received: ValueSet;
	/** The values that a generator returns, apart from those that it yields. */
	readonly finalValues: ValueSet;
	/** The built-in class of an object that `new` of such a class creates: `AsyncLocalStorage`. */
	builtinClass: string | undefined;
	/** Whether forward propagation from the allocation site has begun. */
	tracked: boolean;
	/** The handler of a proxy, whose `get` trap handles reads. */
	proxyHandler: ValueSet | undefined;
	/** The value to propagate from the allocation site, if it is not the object itself. */
	trackedAs: Value | undefined;
	/** Whether it is made by `new`, so that it gets what constructors make. */
	isConstructed: boolean;
	/** What an instance is for the built-in classes that its class extends. */
	readonly parts: ValueSet;
	/** The instance of which this object is a part. */
	partOf: AbstractObject | undefined;
}

/**
 * An edge of the call graph: a call of a function of the bundle, in the context of the function value that is
 * called.
 */
export interface CallEdge {
	readonly site: CallSite;
	readonly context: Context;
}

/** A call of a function: by the code, or by a built-in function (`[…].map(f)`). */
export interface CallSite {
	readonly id: number;
	readonly node: Node;
	/**
	 * The arguments before the first spread: expressions in the code, value sets where a built-in function
	 * calls.
	 */
	readonly arguments: readonly (Node | ValueSet)[];
	/** The first spread argument and all arguments after it. */
	readonly spreadArguments: readonly Node[] | ValueSet | undefined;
	/** The values of `this` in the called function. */
	readonly receiver: ValueSet | undefined;
	/** False where a built-in function makes the call. Such a site is never reported as the place of a name. */
	readonly isInSource: boolean;
	/** Whether `new` makes the call. */
	readonly isConstruct: boolean;
}

export function makeValue(shape: Shape, context: Context = NO_CONTEXT, reportAt?: Node): Value {
	const shapeKey = keyOfShape(shape);
	const identity = { key: keyOf(shapeKey, context, reportAt), shapeKey, context, reportAt };
	return withAllFields(shape, identity) as Value;
}

function keyOf(shapeKey: string, context: Context, reportAt: Node | undefined): string {
	return reportAt === undefined
		? `${shapeKey}|${context.key}|`
		: `${shapeKey}|${context.key}|${reportAt.start}`;
}

export function keyOfShape(shape: Shape | Value): string {
	switch (shape.kind) {
		case "string":
			return `${shape.numeric ? "n" : "s"}${shape.text}`;
		case "nothing":
			return `-${shape.text ?? ""}`;
		case "unknown":
			return shape.prefix === undefined ? `?${shape.why}` : `?${shape.why} ${shape.prefix}`;
		case "pattern":
			return `/${shape.source}/${shape.flags}`;
		case "object":
			return `t${shape.object.id}`;
		case "runtime":
			return `e${shape.api}`;
		case "builtin":
			return `b${shape.name}`;
		case "method":
			return `m${shape.name} ${shape.receiver.key}`;
	}
}

export function stringValue(value: string): Value {
	return makeValue({ kind: "string", text: value, numeric: false });
}

/**
 * @param why a description of the value, as the end of the sentence "the name is …"
 * @param prefix what the string begins with, where that is known
 */
export function unknownValue(why: string, prefix?: string): Value {
	if (prefix !== undefined && prefix !== "") return makeValue({ kind: "unknown", why, prefix });
	let value = unknownValues.get(why);
	if (value === undefined) {
		value = makeValue({ kind: "unknown", why });
		unknownValues.set(why, value);
	}
	return value;
}

/** By their reasons, which are texts of the rules. */
const unknownValues = new Map<string, Value>();

/** `undefined` or `null`. */
export const NOTHING: Value = makeValue({ kind: "nothing" });
/** The possible results of a comparison. */
export const BOOLEANS: readonly Value[] = [true, false].map((value) => booleanValue(value));

export function booleanValue(value: boolean): Value {
	return makeValue({ kind: "nothing", text: value ? "true" : "false" });
}

export function objectValue(object: AbstractObject, context: Context = NO_CONTEXT): Value {
	return makeValue({ kind: "object", object }, context);
}

export function runtimeValue(api: RuntimeApi): Value {
	let value = runtimeValues.get(api);
	if (value === undefined) {
		value = makeValue({ kind: "runtime", api });
		runtimeValues.set(api, value);
	}
	return value;
}

const runtimeValues = new Map<RuntimeApi, Value>();

/** The same value in another context, reported at another node. */
export function withContext(
	value: Value,
	context: Context,
	reportAt: Node | undefined = value.reportAt,
): Value {
	if (context.key === value.context.key && reportAt === value.reportAt) return value;
	const { shapeKey } = value;
	const identity = { key: keyOf(shapeKey, context, reportAt), shapeKey, context, reportAt };
	return withAllFields(value, identity) as Value;
}
