import type { Node } from "../bundle/syntax.ts";
import { unify } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { BUDGET_EXCEEDED } from "../engine/solver.ts";
import {
	type CallSite,
	NOTHING,
	type RuntimeValue,
	runtimeValue,
	unknownValue,
	type Value,
	type ValueSet,
} from "../engine/values.ts";
import { prefixPattern } from "../evidence/name-pattern.ts";
import { usedPrefixes } from "./listing-filters.ts";
import { VALUE_OF_VARIABLE } from "./runtime-apis.ts";

/** Calls `Deno.env.get` and its like: what they are given are names. */
export function callRuntime(engine: Engine, callee: RuntimeValue, site: CallSite, result?: ValueSet) {
	const returnValue = (value: Value) => result !== undefined && engine.solver.add(result, value);
	switch (callee.api) {
		case "get":
		case "has":
			returnValue(callee.api === "get" ? unknownValue(VALUE_OF_VARIABLE) : NOTHING);
			return recordReads(engine, engine.argument(site, 0), callee, site.node);
		case "toObject":
			returnValue(runtimeValue("env"));
			return;
		case "write":
			returnValue(NOTHING);
			return;
		default:
			returnValue(unknownValue("a computed value"));
	}
}

/** The names that an enumeration gives, as far as they are known: what they begin with, where the code around uses no others. */
export function listedNames(engine: Engine, listed: Value, listing: Node): Value[] {
	const isEnvironment = listed.kind === "runtime" && listed.api === "env";
	const prefixes = isEnvironment ? usedPrefixes(engine.scopes, listing) : undefined;
	return (prefixes ?? [""]).map((prefix) => unknownValue("a name from an enumeration", prefix));
}
function whyUnknown(name: Value): string {
	if (name.kind !== "unknown") return "the name is no text";
	return name.why === BUDGET_EXCEEDED ? BUDGET_EXCEEDED : `the name is ${name.why}`;
}

/** Notes every name that a cell may hold as read at a node, or the node as dynamic. */
export function recordReads(engine: Engine, nameSet: ValueSet, reader: Value, node: Node) {
	engine.solver.onValue(nameSet, (name) => {
		if (unify(name.context, reader.context) === undefined || name.kind === "nothing") return;
		if (name.kind === "string") engine.findings.addReference(name.text, name.reportAt ?? node);
		// What cannot be a secret's name is left out in the report, with a star as without.
		else if (name.kind === "unknown" && name.prefix !== undefined)
			engine.findings.addReference(prefixPattern(name.prefix), name.reportAt ?? node);
		else engine.findings.addDynamic(name.reportAt ?? node, whyUnknown(name));
	});
}
