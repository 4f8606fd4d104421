/** Models of `bind`. A bound function is an object that holds the function, its `this` and its first arguments. */
import { setProperty } from "../engine/synthetic-objects.ts";
import {
	type AbstractObject,
	type CallSite,
	makeValue,
	objectValue,
	type Value,
	ValueSet,
} from "../engine/values.ts";
import type { BuiltinCall } from "./builtin-call.ts";

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
