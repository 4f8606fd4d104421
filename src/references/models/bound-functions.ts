/** Models of `bind`. A bound function is an object that holds the function, its `this` and its first arguments. */
import type { Node } from "../bundle/syntax.ts";
import { NO_CONTEXT } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { setProperty } from "../engine/synthetic-objects.ts";
import {
	type AbstractObject,
	type CallSite,
	makeValue,
	type ObjectValue,
	objectValue,
	unknownValue,
	type Value,
	ValueSet,
} from "../engine/values.ts";
import { BuiltinCall } from "./builtin-call.ts";

const BOUND = "bound function";
/** The properties of the abstract object of a bound function. Its arguments are under `0`, `1` and so on. */
const TARGET = "@@target";
const RECEIVER = "@@this";
/** Holds the arguments of `bind` from the first spread on. */
const SPREAD = "@@spread";

/** `f.bind(receiver, …)` */
export function bindFunction(call: BuiltinCall, target: Value) {
	const { engine, site } = call;
	const isOfRuntime = target.kind !== "object";
	if (isOfRuntime && site.arguments.length <= 1 && site.spreadArguments === undefined)
		return call.returnValue(target);
	const bound = engine.objects.allocate(site.node, `bound ${target.key}`, "plain");
	bound.builtinClass = BOUND;
	bound.knownLength = Math.max(0, site.arguments.length - 1);
	const value = makeValue({ kind: "method", name: BOUND, receiver: objectValue(bound, target.context) });
	bound.trackedAs = value;
	setProperty(engine, bound, TARGET, engine.solver.singleton(target));
	setProperty(engine, bound, RECEIVER, call.argument(0));
	for (let at = 0; at < bound.knownLength; at++)
		setProperty(engine, bound, String(at), call.argument(at + 1));
	if (site.spreadArguments !== undefined)
		setProperty(engine, bound, SPREAD, call.argument(site.arguments.length));
	call.returnValue(value);
}

export function isBound(object: AbstractObject): boolean {
	return object.builtinClass === BOUND;
}

/** What other code passes to a bound function. */
const GIVEN_ELSEWHERE = unknownValue("a parameter of a function that other code calls");

/**
 * Calls a bound function as code outside the analysis may call it: with anything, and any number of times. Such code
 * gets what the function returns. It reaches neither the function that was bound, nor its `this`, nor its first
 * arguments. Only `new` would lead to them, by the prototype of what it makes.
 * @param give receives what the function returns
 * @param giveUp is called if the code may reach what the bound function holds
 */
export function callFromOutside(
	engine: Engine,
	bound: AbstractObject,
	node: Node,
	give: (returned: Value) => void,
	giveUp: () => void,
) {
	const { solver } = engine;
	solver.onValue(engine.property(bound, TARGET), (target) => {
		if (!isClosed(engine, target)) return giveUp();
		// The code that binds a function may run although the place that was found first does not.
		engine.reach(target.object.node);
		const site: CallSite = {
			...engine.impliedSite(node, `outside ${bound.id}`, [], new ValueSet()),
			spreadArguments: solver.singleton(GIVEN_ELSEWHERE),
		};
		const returned = new ValueSet();
		callBound(new BuiltinCall(engine, site, returned, NO_CONTEXT), bound);
		solver.onValue(returned, give);
	});
}

/** Whether a function is surely no constructor, and belongs to the upload's own code. */
function isClosed(engine: Engine, target: Value): target is ObjectValue {
	if (target.kind !== "object" || target.object.kind !== "function") return false;
	const { proxyHandler, node } = target.object;
	return proxyHandler === undefined && !engine.isForeign(node) && isNoConstructor(node);
}

function isNoConstructor(fn: Node): boolean {
	if (fn.type === "ArrowFunctionExpression" || fn.async || fn.generator) return true;
	const { type, kind, method } = fn.parent as Node;
	return type === "MethodDefinition" ? kind === "method" : type === "Property" && method === true;
}

/** A call of a bound function: its own arguments come before those of the call. */
export function callBound(call: BuiltinCall, bound: AbstractObject) {
	const { engine, site } = call;
	const count = bound.knownLength ?? 0;
	const args: CallSite["arguments"][number][] = Array.from({ length: count }, (_, at) =>
		engine.property(bound, String(at)),
	);
	let spreadArguments: ValueSet | undefined;
	if (bound.properties.has(SPREAD)) {
		spreadArguments = new ValueSet();
		engine.solver.include(engine.property(bound, SPREAD), spreadArguments);
		for (const argument of call.arguments()) engine.solver.include(argument, spreadArguments);
	} else {
		for (const index of site.arguments.keys()) args.push(call.argument(index));
		if (site.spreadArguments !== undefined) spreadArguments = call.argument(site.arguments.length);
	}
	const inner: CallSite = {
		...engine.syntheticSite(site, `bound ${bound.id}`, []),
		arguments: args,
		spreadArguments,
		receiver: engine.property(bound, RECEIVER),
		isConstruct: site.isConstruct,
	};
	engine.solver.onValue(engine.property(bound, TARGET), (target) =>
		engine.invoke(target, inner, call.result),
	);
}
