/**
 * Reads by name: calls of `Deno.env.get` and its like, and names that a listing of the environment yields.
 */
import type { Node } from "../bundle/syntax.ts";
import { unify } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import type { NamedRead } from "../engine/findings.ts";
import { BUDGET_EXCEEDED } from "../engine/solver.ts";
import {
	type AbstractObject,
	type CallSite,
	NOTHING,
	type ObjectValue,
	type RuntimeValue,
	runtimeValue,
	unknownValue,
	type Value,
	type ValueSet,
} from "../engine/values.ts";
import { prefixPattern } from "../evidence/name-pattern.ts";
import { isOfLanguage } from "../exceptions/language-errors.ts";
import { usedPrefixes } from "./listing-filters.ts";
import { loadModule } from "./modules.ts";
import { placeOf } from "./places.ts";
import { VALUE_OF_VARIABLE } from "./runtime-apis.ts";

/** Calls a function of a runtime API. The first argument of `get` and `has` is the name of a variable. */
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
		case "eval":
		case "Function":
			returnValue(unknownValue("the result of a call"));
			return engine.findings.addDynamic(site.node, "code is made out of text");
		case "other code":
			returnValue(unknownValue("the result of a call"));
			return engine.findings.addDynamic(site.node, "code runs that is not in the bundle");
		case "createRequire":
			returnValue(runtimeValue("require"));
			return;
		case "require":
			return loadModule(engine, engine.argument(site, 0), site.node, returnValue);
		default:
			returnValue(unknownValue("a computed value"));
	}
}

/**
 * The names that a listing of the environment yields: unknown strings, with prefixes where the code uses no
 * other names.
 * @param listing the call or loop that lists
 */
export function listedNames(engine: Engine, listed: Value, listing: Node): Value[] {
	const isEnvironment = listed.kind === "runtime" && listed.api === "env";
	const prefixes = isEnvironment ? usedPrefixes(engine.scopes, listing) : undefined;
	return (prefixes ?? [""]).map((prefix) => unknownValue("a name from a listing", prefix));
}

/** The reason why a name is unknown, for a dynamic access. */
function whyUnknown(name: Value): string {
	if (name.kind !== "unknown") return "the name is not a string";
	return name.why === BUDGET_EXCEEDED ? BUDGET_EXCEEDED : `the name is ${name.why}`;
}

/**
 * The node at which a prefix is reported: the read, since no call spells a name. A read in a dependency is reported at
 * the upload's own call.
 */
function nodeOfPrefix(engine: Engine, name: Value, node: Node): Node {
	return engine.isDependency(node) ? (name.reportAt ?? node) : node;
}

/** Whether an object comes from a literal in the code, and its default text is `[object Object]`. */
function isTable(object: AbstractObject): boolean {
	const isPlain = object.kind === "plain" && object.builtinClass === undefined;
	return (
		isPlain &&
		object.proxyHandler === undefined &&
		(object.isComplete || object.node.type === "ObjectExpression")
	);
}

/** Methods that convert an object to another value: in a text, or at an `await`. */
const CONVERSIONS = new Set(["toString", "valueOf", "@@toPrimitive", "then", "__proto__"]);

/** An object literal is not a variable's name, unless a method of it may convert it to a text. */
function readByTable(engine: Engine, name: ObjectValue, node: Node) {
	engine.solver.onValue(engine.keys(name.object), (key) => {
		if (key.kind === "string" ? CONVERSIONS.has(key.text) : key.kind !== "nothing")
			engine.findings.addDynamic(placeOf(engine, name, node), whyUnknown(name));
	});
}

/**
 * Records that a node reads variables by name: a reference for each known name or prefix, and a dynamic
 * access for any other.
 * @param nameSet the values that the name may have
 * @param reader the value that reads; names of another context are left out
 */
export function recordReads(engine: Engine, nameSet: ValueSet, reader: Value, node: Node) {
	const read: NamedRead = { node, names: nameSet, isNamed: false };
	engine.findings.reads.push(read);
	engine.solver.onValue(nameSet, (name) => {
		if (unify(name.context, reader.context) === undefined) return;
		read.isNamed = true;
		if (name.kind === "nothing") return;
		if (name.kind === "string") engine.findings.addReference(name.text, name.reportAt ?? node);
		// `report.ts` leaves out names and prefixes that no secret can have.
		else if (name.kind === "unknown" && name.prefix !== undefined)
			engine.findings.addReference(prefixPattern(name.prefix), nodeOfPrefix(engine, name, node));
		else if (name.kind === "object" && isOfLanguage(name.object)) return;
		else if (name.kind === "object" && isTable(name.object)) readByTable(engine, name, node);
		else engine.findings.addDynamic(placeOf(engine, name, node), whyUnknown(name));
	});
}
