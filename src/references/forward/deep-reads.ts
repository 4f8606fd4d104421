/** Built-in functions that read the parts of an object, and the parts of these: `JSON.stringify({ env: process.env })`. */
import type { Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { NOTHING, type ObjectValue, type Value, ValueSet } from "../engine/values.ts";

/** They write a whole object as a text, or take headers from it. */
const READS_PARTS = /^(?:console\.|JSON\.stringify$|Response|Request$|Headers$|fetch$)/;

/**
 * Calls `listed` with each value that is a part of an object which a built-in function reads as a whole. In dependencies,
 * such accesses are not reported.
 * @param name the name of the built-in function
 */
export function readParts(
	engine: Engine,
	value: Value,
	name: string,
	call: Node,
	listed: (part: Value) => void,
) {
	if (value.kind !== "object" || !READS_PARTS.test(name) || engine.isForeign(call)) return;
	const seen = new Set<string>();
	const visit = (part: Value) => {
		if (part.kind === "runtime") return listed(part);
		if (part.kind !== "object" || seen.has(part.key)) return;
		seen.add(part.key);
		const { kind, builtinClass, proxyHandler } = part.object;
		if (kind === "function" || kind === "class" || proxyHandler !== undefined) return;
		const isOfCode = builtinClass === undefined && kind !== "map" && kind !== "set";
		if (!isOfCode) return engine.solver.onValue(engine.anyProperty(part.object), visit);
		engine.readProperty(part, undefined, visit);
		if (name === "JSON.stringify" || name === "Response.json") convert(engine, part, call, visit);
	};
	visit(value);
}

/** What a method `toJSON` returns is written in place of its object. */
function convert(engine: Engine, part: ObjectValue, call: Node, visit: (part: Value) => void) {
	const { solver } = engine;
	if (part.object.kind === "array") return;
	const returned = new ValueSet();
	const site = engine.impliedSite(
		call,
		`parts ${part.key}`,
		[solver.singleton(NOTHING)],
		solver.singleton(part),
	);
	engine.readProperty(part, "toJSON", (method) => {
		if (method.kind === "object") engine.invoke(method, site, returned);
	});
	solver.onValue(returned, visit);
}
