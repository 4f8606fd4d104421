/** Stores in objects, as assignments and built-in functions make them. */
import type { Node } from "../bundle/syntax.ts";
import { unify } from "./context.ts";
import type { Engine } from "./engine.ts";
import { readFrom, storedIn } from "./origins.ts";
import {
	type AbstractObject,
	type ObjectValue,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
	withContext,
} from "./values.ts";

/** Stands for an unknown key. No key in code can have this spelling. */
export const ANY_KEY = "@@any key";

/** The key of a property whose computed key has the value; undefined if it is unknown. */
export function keyOf(value: Value): string | undefined {
	if (value.kind === "string") return value.text;
	const symbol = value.kind === "builtin" ? /^Symbol\.(\w+)$/.exec(value.name)?.[1] : undefined;
	return symbol === undefined ? undefined : `@@${symbol}`;
}

/**
 * Stores values in a property, in contexts that unify with the holder's: after two calls of `new`, each instance
 * has its own `this.key`.
 * @param key undefined if it is unknown
 */
export function storeUnder(engine: Engine, holder: ObjectValue, key: string | undefined, values: ValueSet) {
	const { object } = holder;
	const { solver } = engine;
	if (object.kind === "array") solver.add(object.resized, unknownValue("an index"));
	solver.add(object.keys, key === undefined ? unknownValue("a name from a listing") : stringValue(key));
	if (key !== undefined && CONVERSIONS.has(key)) letOperatorsCall(engine, values);
	// Methods such as `slice` call the constructor of an array that has one of its own.
	if (key === "constructor" && object.kind === "array")
		for (const escaping of [values, solver.singleton(holder)])
			solver.onValue(escaping, (value) => engine.escape(value, object.node, "a constructor of an array"));
	const into = key === undefined ? object.summary : engine.property(object, key);
	solver.onValue(values, (value) => {
		const stored = storedIn(holder, value);
		if (stored !== undefined) solver.add(into, stored);
	});
}

/** Methods that operators call, and `JSON.stringify`. */
const CONVERSIONS = new Set(["toString", "valueOf", "toJSON", "@@toPrimitive"]);

/** Operators may call what the code assigns to such a method, on any object that inherits it. */
function letOperatorsCall(engine: Engine, values: ValueSet) {
	engine.solver.onValue(values, (value) => {
		if (value.kind !== "object" || value.object.kind !== "function") return;
		engine.thrown.noteImplicit(value.object.node);
		engine.escape(value, value.object.node, "a method that operators call");
	});
}

/** Adds functions to the accessors of an object. */
export function defineAccessor(
	engine: Engine,
	object: AbstractObject,
	kind: "get" | "set",
	key: string | undefined,
	functions: ValueSet,
) {
	engine.solver.include(functions, engine.accessors(object, kind, key ?? ANY_KEY));
}

/**
 * Calls the setters that an assignment may call.
 * @param holder the object that is assigned to
 * @param key undefined if it is unknown
 * @param node the assignment, or the call that assigns
 */
export function callSetters(
	engine: Engine,
	holder: ObjectValue,
	key: string | undefined,
	values: ValueSet,
	node: Node,
	self: ValueSet = engine.solver.singleton(holder),
) {
	const { solver } = engine;
	let given: ValueSet | undefined;
	solver.onValue(engine.accessors(holder.object, "set", key), (stored) => {
		const setter = readFrom(holder, stored);
		if (setter === undefined) return;
		if (given === undefined) {
			const unified = new ValueSet();
			given = unified;
			solver.onValue(values, (value) => {
				const context = unify(value.context, holder.context);
				if (context !== undefined) solver.add(unified, withContext(value, context));
			});
		}
		const site = engine.impliedSite(node, `set ${key ?? ANY_KEY} ${holder.key}`, [given], self);
		engine.invoke(setter, site, undefined);
	});
}
