/**
 * The value domain: what an expression may be, as far as names of secrets depend on it.
 *
 * Every value carries the calls that it came in by (its context): of `read(a, "X")` and `read(b, "Y")` the
 * analysis must not make `a` with `"Y"`. Two values belong together only where their contexts agree.
 */
import type { Node } from "../bundle/syntax.ts";
import { type Context, NO_CONTEXT } from "./context.ts";

/** The values that one expression, variable, parameter or property may have. */
export class Cell {
	readonly values = new Map<string, Value>();
	readonly listeners: ((value: Value) => void)[] = [];
	/** In how many contexts it has each value, by the value's base. */
	readonly contexts = new Map<string, number>();
	/** The cells that this one already feeds unchanged. */
	readonly feeds = new Set<Cell>();
}

/** Things that the runtime provides and that lead to the environment. */
export type Native =
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

interface Carried {
	/** Equal for equal values, and for those only. */
	readonly key: string;
	/** Equal for values that are equal but for context and site. */
	readonly base: string;
	readonly context: Context;
	/** The outermost call that handed the value over as an argument: where a reader looks for the name. */
	readonly site: Node | undefined;
}

export type Shape =
	| { readonly kind: "string"; readonly text: string; readonly numeric: boolean }
	/** undefined, null, a boolean: never a name. */
	| { readonly kind: "nothing" }
	/** Perhaps a text that begins so. */
	| { readonly kind: "unknown"; readonly why: string; readonly start?: string | undefined }
	| { readonly kind: "object"; readonly thing: Thing }
	| { readonly kind: "runtime"; readonly native: Native }
	/** A global of the language (`Object.keys`) or of the bundler (`esbuild.__toESM`). */
	| { readonly kind: "builtin"; readonly name: string }
	/** A method of the language's own, taken from a value: `[…].map`, `"…".concat`, `get.bind`. */
	| { readonly kind: "method"; readonly name: string; readonly of: Value };

export type Value = Shape & Carried;
export type StringValue = Value & { readonly kind: "string" };
export type ObjectValue = Value & { readonly kind: "object" };
export type RuntimeValue = Value & { readonly kind: "runtime" };
export type BuiltinValue = Value & { readonly kind: "builtin" };
export type MethodValue = Value & { readonly kind: "method" };

export type ThingKind = "plain" | "array" | "function" | "class" | "instance" | "map" | "set";

/** Something with an identity that the code makes: one per place in the code. */
export interface Thing {
	readonly id: number;
	readonly kind: ThingKind;
	readonly node: Node;
	/** An instance's class, where it is known. */
	readonly made?: Thing;
	readonly slots: Map<string, Cell>;
	/** What is stored under keys that are not known; the elements of an array, of a set, a map's values. */
	readonly open: Cell;
	/** The keys: names of properties (filled once somebody asks), keys of a map. */
	readonly names: Cell;
	named: boolean;
	/** The values of all slots together, as far as anybody asked. */
	every: Cell | undefined;
	/** What else its slots come from: `{...a}`, `Object.assign`. */
	readonly sources: Cell[];
	/** A class's instances. */
	readonly instances: Cell;
	readonly calls: Map<string, Call>;
	readonly callListeners: ((call: Call) => void)[];
	escaped: boolean;
	readonly escapeListeners: (() => void)[];
	traced: boolean;
	/** A proxy's traps. */
	traps: Cell | undefined;
	/** What leads to it from its node, where that is not the thing itself. */
	origin: Value | undefined;
}

/** A call of a function of the bundle, by the context of the closure that is called. */
export interface Call {
	readonly site: CallSite;
	readonly context: Context;
}

/** A place where something is called, by the code or by a method of the language (`[…].map(f)`). */
export interface CallSite {
	readonly id: number;
	readonly node: Node;
	/** The arguments before the first spread: expressions, or cells where the language calls. */
	readonly arguments: readonly (Node | Cell)[];
	/** The first spread argument and all after it. */
	readonly rest: readonly Node[] | Cell | undefined;
	/** What `this` is. */
	readonly self: Cell | undefined;
	/** False where the language calls: nobody looks for the name of a secret at the `.map(`. */
	readonly written: boolean;
	readonly construct: boolean;
}

export function makeValue(shape: Shape, context: Context = NO_CONTEXT, site?: Node): Value {
	const at = site === undefined ? "" : String(site.start);
	const base = shapeKey(shape);
	return { ...shape, key: `${base}|${context.key}|${at}`, base, context, site };
}

export function shapeKey(shape: Shape | Value): string {
	switch (shape.kind) {
		case "string":
			return `${shape.numeric ? "n" : "s"}${shape.text}`;
		case "nothing":
			return "-";
		case "unknown":
			return shape.start === undefined ? `?${shape.why}` : `?${shape.why} ${shape.start}`;
		case "object":
			return `t${shape.thing.id}`;
		case "runtime":
			return `e${shape.native}`;
		case "builtin":
			return `b${shape.name}`;
		case "method":
			return `m${shape.name} ${shape.of.key}`;
	}
}

export function text(value: string): Value {
	return makeValue({ kind: "string", text: value, numeric: false });
}

/** @param start what the text begins with, where so much is known */
export function unknown(why: string, start?: string): Value {
	return makeValue({ kind: "unknown", why, start: start === "" ? undefined : start });
}

export const NOTHING: Value = makeValue({ kind: "nothing" });

export function thingValue(thing: Thing, context: Context = NO_CONTEXT): Value {
	return makeValue({ kind: "object", thing }, context);
}

export function native(name: Native): Value {
	return makeValue({ kind: "runtime", native: name });
}

/** The same value in another context, at another site. */
export function place(value: Value, context: Context, site: Node | undefined = value.site): Value {
	if (context.key === value.context.key && site === value.site) return value;
	return makeValue(value, context, site);
}
