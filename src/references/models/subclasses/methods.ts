/** What methods do that an instance inherits from a built-in class. */
import { wholeOf } from "../../engine/synthetic-objects.ts";
import {
	type ObjectValue,
	objectValue,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
} from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { onListener } from "../classes/listeners.ts";
import { eachPart, INHERITED, INHERITED_CONSTRUCTOR, LENGTH } from "./parts.ts";

const PASSED = "passed to code that the analysis cannot follow";

/**
 * Calls a method that built-in code calls on the whole instance.
 * @returns the values of the results
 */
export function callWhole(
	call: BuiltinCall,
	whole: ObjectValue,
	name: string,
	args: readonly ValueSet[],
	isOwnOnly = false,
): ValueSet {
	const { engine, site } = call;
	const result = new ValueSet();
	engine.readProperty(whole, name, (method) => {
		const isInherited = method.kind === "method" || (method.kind === "unknown" && method.why === INHERITED);
		if (isOwnOnly && isInherited) return;
		if (method.kind !== "object" && method.kind !== "method")
			for (const argument of args)
				engine.solver.onValue(argument, (value) => engine.escape(value, site.node, PASSED));
		const inner = engine.syntheticSite(site, `${name} of ${whole.key} ${method.key}`, args);
		engine.invoke(method, { ...inner, receiver: engine.solver.singleton(whole) }, result);
	});
	return result;
}

/** Methods of arrays that make an object of the same class, by its constructor. */
const MAKES_SAME_CLASS = new Set(["map", "flatMap", "filter", "slice", "splice", "concat", "flat"]);

/**
 * Returns what a method of a part returns: the whole instance in place of the part, and instances of the same class in
 * place of new arrays.
 * @param call collects the results of the part's method
 */
export function returnWhole(call: BuiltinCall, part: ObjectValue, result: ValueSet | undefined) {
	const { engine } = call;
	const isSame = part.object.kind === "array" && MAKES_SAME_CLASS.has(call.methodName);
	if (isSame) return makeSameClass(call, part, result);
	overrideCalls(call, part);
	if (result === undefined || call.result === undefined) return;
	engine.solver.onValue(call.result, (value) => {
		const isPart = value.kind === "object" && value.object === part.object;
		engine.solver.add(result, isPart ? wholeOf(value) : value);
	});
}

/** The new arrays that a method makes are made by the constructor of the class of the instance. */
function makeSameClass(call: BuiltinCall, part: ObjectValue, result: ValueSet | undefined) {
	const { engine, site } = call;
	const whole = wholeOf(part);
	const owner = whole.object.constructedBy;
	const elements = new ValueSet();
	if (call.result !== undefined)
		engine.solver.onValue(call.result, (made) =>
			engine.iterate(made, (element) => engine.solver.add(elements, element)),
		);
	const giveUp = () => {
		if (result !== undefined) engine.solver.add(result, unknownValue("the result of a call"));
		engine.solver.onValue(elements, (element) => engine.escape(element, site.node, PASSED));
	};
	if (owner?.kind !== "class") return giveUp();
	const mayReplace = (value: Value) => {
		if (value.kind === "nothing" || (value.kind === "unknown" && value.why === INHERITED_CONSTRUCTOR)) return;
		engine.escape(value, site.node, PASSED);
		giveUp();
	};
	engine.solver.onValue(engine.property(whole.object, "constructor"), mayReplace);
	engine.solver.onValue(engine.property(owner, "@@species"), mayReplace);
	const length = engine.solver.singleton(unknownValue(LENGTH));
	const inner = engine.syntheticSite(site, `same class ${whole.key}`, [length]);
	const made = new ValueSet();
	engine.invoke(objectValue(owner, whole.context), { ...inner, isConstruct: true }, made);
	engine.solver.onValue(made, (instance) => {
		if (instance.kind !== "object") return;
		eachPart(engine, instance, (own) => {
			if (own.kind === "object") call.store(own, elements, own.object.summary);
		});
	});
	if (result !== undefined) engine.solver.include(made, result);
}

/** The methods of the whole instance that a method of `EventTarget` or `EventEmitter` calls, with their arguments. */
const CALLED_WITHIN: Readonly<Record<string, readonly string[]>> = {
	addEventListener: ["removeEventListener"],
	dispatchEvent: ["getParent"],
	on: ["emit"],
	addListener: ["emit"],
	once: ["on", "emit", "removeListener"],
	prependListener: ["emit"],
	prependOnceListener: ["prependListener", "emit", "removeListener"],
	off: ["emit"],
	removeListener: ["emit"],
	removeAllListeners: ["removeAllListeners", "removeListener", "emit"],
};

/** Calls the methods that the class defines itself, where a method of its part calls them. */
function overrideCalls(call: BuiltinCall, part: ObjectValue) {
	const { engine } = call;
	const called = CALLED_WITHIN[call.methodName];
	if (part.object.builtinClass === undefined || called === undefined) return;
	const whole = wholeOf(part);
	const isRemoved = call.methodName.startsWith("remove") || call.methodName === "off";
	const event = isRemoved ? "removeListener" : "newListener";
	for (const name of called) {
		if (name !== "emit") callWhole(call, whole, name, call.arguments(), true);
		// Without a listener of its own, such an event is not emitted.
		else
			onListener(call, part, event, () =>
				callWhole(
					call,
					whole,
					name,
					[engine.solver.singleton(stringValue(event)), ...call.arguments()],
					true,
				),
			);
	}
}
