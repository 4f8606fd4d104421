/** Backward analysis of functions: the values of their parameters, their return values, and `this` in them. */
import { endsNormally } from "../bundle/completions.ts";
import { isFunction, type Node, thisOwner } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { lazyValueSets } from "../engine/lazy-value-sets.ts";
import { keep } from "../engine/origins.ts";
import { isImplicit } from "../engine/reachable-code.ts";
import {
	type AbstractObject,
	type CallEdge,
	NOTHING,
	objectValue,
	unknownValue,
	type ValueSet,
} from "../engine/values.ts";

/** Why a parameter is unknown in a function that code outside the bundle may call. */
export const EXTERNAL_PARAMETER = "a parameter of a function that other code calls";

/**
 * Includes the arguments that callers pass for a parameter.
 * @param isRest includes all later arguments too, as a rest parameter does
 */
export function addParameter(
	engine: Engine,
	fn: AbstractObject,
	index: number,
	into: ValueSet,
	isRest = false,
) {
	const { solver } = engine;
	engine.onEscape(fn, () => solver.add(into, unknownValue(EXTERNAL_PARAMETER)));
	engine.onCallEdge(fn, (call) => {
		const { site } = call;
		const last = isRest ? site.arguments.length - 1 : index;
		for (let at = index; at <= last; at++) {
			includeEntering(engine, engine.argument(site, at), fn, call, into);
		}
		if (isRest && site.spreadArguments !== undefined && index <= site.arguments.length) {
			includeEntering(engine, engine.argument(site, site.arguments.length), fn, call, into);
		}
	});
}

/** Includes the values that a call passes, in the contexts of the called function. */
function includeEntering(
	engine: Engine,
	values: ValueSet,
	fn: AbstractObject,
	call: CallEdge,
	into: ValueSet,
) {
	engine.solver.onValue(values, (value) => {
		const entered = engine.enterCall(value, fn, call);
		if (entered !== undefined) engine.solver.add(into, entered);
	});
}

/** The return values of a function, in the contexts inside the function. */
export function makeReturned(engine: Engine): Engine["returned"] {
	return lazyValueSets((fn, into) => {
		if (fn.generator) return addGenerator(engine, fn, into);
		for (const node of engine.objects.returnedNodes(fn)) engine.solver.include(engine.evaluate(node), into);
		if (endsNormally(fn)) engine.solver.add(into, NOTHING);
	});
}

/** The values of `this` in a function, field initialiser, static block or program. */
export function makeThisValue(engine: Engine): Engine["thisValue"] {
	return lazyValueSets((owner, into) => engine.solver.enqueue(() => fillThisValue(engine, owner, into)));
}

/** In a method that no code in the bundle calls, `this` is an instance of its class or the object literal around it. */
function fillThisValue(engine: Engine, owner: Node, into: ValueSet) {
	const { solver } = engine;
	if (owner.type === "Program") return;
	const member = owner.parent as Node;
	const classElement = isFunction(owner) ? member : owner;
	const inClass = classElement.parent?.type === "ClassBody";
	const addWithoutCaller = () => {
		if (inClass) addOwnInstances(engine, classElement, into);
		else if (member.type === "Property") {
			const literal = engine.objects.atNode(member.parent as Node);
			solver.add(into, objectValue(literal));
			solver.onValue(literal.instances, (instance) => solver.add(into, keep(instance)));
		} else solver.add(into, unknownValue(EXTERNAL_PARAMETER));
	};
	// Operators and built-in functions may call such a method on any of its objects, beside the calls in the code.
	const accessor = isFunction(owner) && isImplicit(owner);
	if (!isFunction(owner) || accessor) addWithoutCaller();
	if (!isFunction(owner)) return;
	const fn = engine.objects.atNode(owner);
	if (inClass && classElement.kind === "constructor") {
		solver.add(
			into,
			objectValue(
				engine.objects.externalInstance(engine.objects.atNode(classElement.parent?.parent as Node)),
			),
		);
	}
	if (!accessor) engine.onEscape(fn, addWithoutCaller);
	engine.onCallEdge(fn, (call) => {
		if (call.site.receiver !== undefined) includeEntering(engine, call.site.receiver, fn, call, into);
	});
}

/** The class for a static element, and all its instances for any other. */
function addOwnInstances(engine: Engine, element: Node, into: ValueSet) {
	const owner = engine.objects.atNode(element.parent?.parent as Node);
	if (element.static || element.type === "StaticBlock") return engine.solver.add(into, objectValue(owner));
	engine.track(owner);
	engine.solver.add(into, objectValue(engine.objects.externalInstance(owner)));
	engine.solver.onValue(owner.instances, (instance) => engine.solver.add(into, keep(instance)));
}

/** `new.target`: the class or function that the object under construction is an instance of. */
export function evaluateNewTarget(engine: Engine, node: Node, into: ValueSet) {
	const owner = thisOwner(node);
	engine.solver.add(into, NOTHING);
	if (!isFunction(owner)) return engine.solver.add(into, unknownValue("a computed value"));
	const fn = engine.objects.atNode(owner);
	engine.onEscape(fn, () => engine.solver.add(into, unknownValue(EXTERNAL_PARAMETER)));
	engine.solver.onValue(engine.thisValue(owner), (self) => {
		const constructed = self.kind === "object" ? self.object.constructedBy : undefined;
		engine.solver.add(into, constructed ? objectValue(constructed) : unknownValue("a computed value"));
	});
}

/** A generator returns an iterable over the values that it yields. */
function addGenerator(engine: Engine, fn: Node, into: ValueSet) {
	const { solver } = engine;
	const object = engine.objects.iteratorOf(fn);
	for (const node of engine.objects.yieldNodes(fn)) {
		const given = node.argument ? engine.evaluate(node.argument) : undefined;
		if (given === undefined) continue;
		if (!node.delegate) solver.include(given, object.summary);
		else
			solver.onValue(given, (value) =>
				engine.iterate(value, (found) => solver.add(object.summary, found), {
					values: object.received,
					by: node,
				}),
			);
	}
	for (const node of engine.objects.returnedNodes(fn))
		solver.include(engine.evaluate(node), object.finalValues);
	solver.add(into, objectValue(object));
}

/** The value of `yield` in the generator: the argument of `next(value)`, or the final value of the other iterator. */
export function evaluateYield(engine: Engine, node: Node, into: ValueSet) {
	const { solver } = engine;
	const object = engine.objects.iteratorOf(thisOwner(node));
	solver.add(into, NOTHING);
	engine.track(object);
	if (!node.delegate) return solver.onValue(object.received, (value) => solver.add(into, keep(value)));
	solver.onValue(engine.evaluate(node.argument), (value) => {
		const { kind } = value.kind === "object" ? value.object : { kind: undefined };
		if (value.kind === "object" && kind === "array")
			return solver.onValue(value.object.finalValues, (final) => solver.add(into, keep(final)));
		// A hand-written iterator returns yielded and final values in the same property.
		if (kind !== "map" && kind !== "set")
			engine.iterate(value, (found) => solver.add(into, keep(found)), { values: object.received, by: node });
	});
}

/** `arguments`: one array with all values that callers pass. */
export function addArgumentsObject(engine: Engine, node: Node, into: ValueSet) {
	const fn = thisOwner(node);
	if (!isFunction(fn)) return engine.solver.add(into, unknownValue("a computed value"));
	const object = engine.objects.allocate(fn, "arguments", "array");
	if (!object.populated) {
		object.populated = true;
		addParameter(engine, engine.objects.atNode(fn), 0, object.summary, true);
	}
	engine.solver.add(into, objectValue(object));
}
