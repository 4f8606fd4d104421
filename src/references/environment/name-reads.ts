import type { Node } from "../bundle/syntax.ts";
import { join } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { LIMIT } from "../engine/solver.ts";
import {
	type CallSite,
	type Cell,
	NOTHING,
	native,
	type RuntimeValue,
	unknown,
	type Value,
} from "../engine/values.ts";
import { prefixName } from "../evidence/name-pattern.ts";
import { startsUsed } from "./listing-filters.ts";
import { VALUE_OF_VARIABLE } from "./runtime-apis.ts";

/** Calls `Deno.env.get` and its like: what they are given are names. */

export function callNative(engine: Engine, callee: RuntimeValue, site: CallSite, result?: Cell) {
	const give = (value: Value) => result !== undefined && engine.solver.add(result, value);
	switch (callee.native) {
		case "get":
		case "has":
			give(callee.native === "get" ? unknown(VALUE_OF_VARIABLE) : NOTHING);
			return readNames(engine, engine.argument(site, 0), callee, site.node);
		case "toObject":
			give(native("env"));
			return;
		case "write":
			give(NOTHING);
			return;
		default:
			give(unknown("a computed value"));
	}
}
/** The names that an enumeration gives, as far as they are known: what they begin with, where the code around uses no others. */

export function enumerated(engine: Engine, of: Value, enumeration: Node): Value[] {
	const isEnvironment = of.kind === "runtime" && of.native === "env";
	const starts = isEnvironment ? startsUsed(engine.scopes, enumeration) : undefined;
	return (starts ?? [""]).map((start) => unknown("a name from an enumeration", start));
}
function reason(name: Value): string {
	if (name.kind !== "unknown") return "the name is no text";
	return name.why === LIMIT ? LIMIT : `the name is ${name.why}`;
}
/** Notes every name that a cell may hold as read at a node, or the node as dynamic. */

export function readNames(engine: Engine, names: Cell, reader: Value, node: Node) {
	engine.solver.each(names, (name) => {
		if (join(name.context, reader.context) === undefined || name.kind === "nothing") return;
		if (name.kind === "string") engine.findings.reference(name.text, name.site ?? node);
		// What cannot be a secret's name is left out in the report, with a star as without.
		else if (name.kind === "unknown" && name.start !== undefined)
			engine.findings.reference(prefixName(name.start), name.site ?? node);
		else engine.findings.dynamicAt(name.site ?? node, reason(name));
	});
}
