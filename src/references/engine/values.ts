/**
 * The value domain: what an expression may be, as far as names of secrets depend on it.
 *
 * Every value carries the calls that it came in by (its context): of `read(a, "X")` and `read(b, "Y")` the
 * analysis must not make `a` with `"Y"`. Two values belong together only where their contexts agree.
 */
import type { Node } from "../bundle/syntax.ts";
import { type Context, NO_CONTEXT } from "./context.ts";

/** The values that one expression, variable, parameter or property may have. */
export class ValueSet {
	readonly values = new Map<string, Value>();
	readonly listeners: ((value: Value) => void)[] = [];
	/** In how many contexts it has each value, by the value's base. */
	readonly contextCounts = new Map<string, number>();
	/** The cells that this one already feeds unchanged. */
	readonly includedIn = new Set<ValueSet>();
}

/** Things that the runtime provides and that lead to the environment. */
export type RuntimeApi =
	| "global"
	| "Deno"
	| "Deno.env"
	| "process"
	| "env"
	| "secrets"
	| "secrets module"
	| "import.meta"
	| "get"
	| "has"
	| "toObject"
	| "write";

interface Provenance {
	/** Equal for equal values, and for those only. */
	readonly key: string;
	/** Equal for values that are equal but for context and site. */
	readonly shapeKey: string;
	readonly context: Context;
	/** The outermost call that handed the value over as an argument: where a reader looks for the name. */
	readonly reportAt: Node | undefined;
}

export type Shape =
	| { readonly kind: "string"; readonly text: string; readonly numeric: boolean }
	/** undefined, null, a boolean: never a name. */
	| { readonly kind: "nothing" }
	/** Perhaps a text that begins so. */
	| { readonly kind: "unknown"; readonly why: string; readonly prefix?: string | undefined }
	| { readonly kind: "object"; readonly object: AbstractObject }
	| { readonly kind: "runtime"; readonly api: RuntimeApi }
	/** A global of the language (`Object.keys`) or of the bundler (`esbuild.__toESM`). */
	| { readonly kind: "builtin"; readonly name: string }
	/** A method of the language's own, taken from a value: `[…].map`, `"…".concat`, `get.bind`. */
	| { readonly kind: "method"; readonly name: string; readonly receiver: Value };

export type Value = Shape & Provenance;
export type StringValue = Value & { readonly kind: "string" };
export type ObjectValue = Value & { readonly kind: "object" };
export type RuntimeValue = Value & { readonly kind: "runtime" };
export type BuiltinValue = Value & { readonly kind: "builtin" };
export type MethodValue = Value & { readonly kind: "method" };

export type ObjectKind = "plain" | "array" | "function" | "class" | "instance" | "map" | "set";

/** Something with an identity that the code makes: one per place in the code. */
export interface AbstractObject {
	readonly id: number;
	readonly kind: ObjectKind;
	readonly node: Node;
	/** An instance's class, where it is known. */
	readonly constructedBy?: AbstractObject;
	readonly properties: Map<string, ValueSet>;
	/** What is stored under keys that are not known; the elements of an array, of a set, a map's values. */
	readonly summary: ValueSet;
	/** The keys: names of properties (filled once somebody asks), keys of a map. */
	readonly keys: ValueSet;
	populated: boolean;
	/** The values of all slots together, as far as anybody asked. */
	anyProperty: ValueSet | undefined;
	/** What else its slots come from: `{...a}`, `Object.assign`. */
	readonly copiedFrom: ValueSet[];
	/** A class's instances. */
	readonly instances: ValueSet;
	readonly callEdges: Map<string, CallEdge>;
	readonly callEdgeListeners: ((call: CallEdge) => void)[];
	escaped: boolean;
	readonly escapeListeners: (() => void)[];
	tracked: boolean;
	/** A proxy's traps. */
	proxyHandler: ValueSet | undefined;
	/** What leads to it from its node, where that is not the thing itself. */
	trackedAs: Value | undefined;
}

/** A call of a function of the bundle, by the context of the closure that is called. */
export interface CallEdge {
	readonly site: CallSite;
	readonly context: Context;
}

/** A place where something is called, by the code or by a method of the language (`[…].map(f)`). */
export interface CallSite {
	readonly id: number;
	readonly node: Node;
	/** The arguments before the first spread: expressions, or cells where the language calls. */
	readonly arguments: readonly (Node | ValueSet)[];
	/** The first spread argument and all after it. */
	readonly spreadArguments: readonly Node[] | ValueSet | undefined;
	/** What `this` is. */
	readonly receiver: ValueSet | undefined;
	/** False where the language calls: nobody looks for the name of a secret at the `.map(`. */
	readonly isInSource: boolean;
	readonly isConstruct: boolean;
}

export function makeValue(shape: Shape, context: Context = NO_CONTEXT, reportAt?: Node): Value {
	const location = reportAt === undefined ? "" : String(reportAt.start);
	const shapeKey = keyOfShape(shape);
	return {
		...shape,
		key: `${shapeKey}|${context.key}|${location}`,
		shapeKey,
		context,
		reportAt,
	};
}

export function keyOfShape(shape: Shape | Value): string {
	switch (shape.kind) {
		case "string":
			return `${shape.numeric ? "n" : "s"}${shape.text}`;
		case "nothing":
			return "-";
		case "unknown":
			return shape.prefix === undefined ? `?${shape.why}` : `?${shape.why} ${shape.prefix}`;
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

/** @param prefix what the text begins with, where so much is known */
export function unknownValue(why: string, prefix?: string): Value {
	return makeValue({ kind: "unknown", why, prefix: prefix === "" ? undefined : prefix });
}

export const NOTHING: Value = makeValue({ kind: "nothing" });

export function objectValue(object: AbstractObject, context: Context = NO_CONTEXT): Value {
	return makeValue({ kind: "object", object }, context);
}

export function runtimeValue(api: RuntimeApi): Value {
	return makeValue({ kind: "runtime", api });
}

/** The same value in another context, at another site. */
export function withContext(
	value: Value,
	context: Context,
	reportAt: Node | undefined = value.reportAt,
): Value {
	if (context.key === value.context.key && reportAt === value.reportAt) return value;
	return makeValue(value, context, reportAt);
}
