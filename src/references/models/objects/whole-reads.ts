/** Built-in functions that read the parts of an object, and the parts of these: `JSON.stringify({ env: process.env })`. */
import type { Node } from "../../bundle/syntax.ts";
import type { Engine } from "../../engine/engine.ts";
import { NOTHING, type ObjectValue, type Value, ValueSet } from "../../engine/values.ts";
import { objectReads } from "../../environment/object-reads.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { readAll } from "../proxies.ts";

/** They write a whole object as a text, or take headers from it. */
const READS_PARTS = /^(?:console\.|JSON\.stringify$|Response|Request$|Headers$|fetch$)/;

const LISTED = "the whole environment is listed or printed";
const ENVIRONMENTS = new Set(["env", "Deno.env", "process", "Deno", "secrets"]);
/** Functions that neither list what they get nor print it. */
const LISTS_NOTHING = new Set(
	"Boolean String Object Object.freeze Object.seal Object.preventExtensions Promise.resolve Array.isArray".split(
		" ",
	),
);

export function isEnvironment(value: Value): boolean {
	return value.kind === "runtime" && ENVIRONMENTS.has(value.api);
}

/** Records that the environment is listed if a value is the environment. */
export function listWhole(engine: Engine, value: Value, call: Node) {
	if (isEnvironment(value)) objectReads.ofEverything(engine, value, call, LISTED);
}

/**
 * Records that the environment is listed if it is a part of an object which a built-in function reads as a whole. In
 * dependencies, such accesses are not reported.
 * @param name the name of the built-in function
 */
export function readParts(engine: Engine, value: Value, name: string, call: Node) {
	if (value.kind !== "object" || !READS_PARTS.test(name) || engine.isForeign(call)) return;
	const seen = new Set<string>();
	const visit = (part: Value) => {
		listWhole(engine, part, call);
		if (part.kind !== "object" || seen.has(part.key)) return;
		seen.add(part.key);
		const { kind, builtinClass, parts } = part.object;
		if (kind === "function" || kind === "class") return;
		if (kind === "instance") engine.solver.onValue(parts, visit);
		const isOfCode = builtinClass === undefined && kind !== "map" && kind !== "set";
		if (!isOfCode) return engine.solver.onValue(engine.anyProperty(part.object), visit);
		readAll(engine, part, visit);
		if (name === "JSON.stringify" || name === "Response.json") convert(engine, part, call, visit);
	};
	visit(value);
}

/** The same for a function that another built-in function calls: `all.map(JSON.stringify)`, `promise.then(console.log)`. */
export function readByCallback(call: BuiltinCall, name: string) {
	const { engine, site } = call;
	if (site.isInSource || engine.isForeign(site.node)) return;
	for (const argument of call.arguments())
		engine.solver.onValue(argument, (value) => {
			readParts(engine, value, name, site.node);
			if (!LISTS_NOTHING.has(name)) listWhole(engine, value, site.node);
		});
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
	const write = (method: Value) => {
		if (method.kind === "object") engine.invoke(method, site, returned);
	};
	// The name that the language reads of a proxy is the name of no secret. So only the target is asked.
	if (part.object.proxyHandler !== undefined) solver.onValue(engine.property(part.object, "toJSON"), write);
	else engine.readProperty(part, "toJSON", write);
	solver.onValue(returned, visit);
}
