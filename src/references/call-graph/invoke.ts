/** Calls: the function that a value calls, and the result. */
import { isFunction, type Node, thisOwner } from "../bundle/syntax.ts";
import type { Context } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { addHeir } from "../engine/synthetic-objects.ts";
import {
	type AbstractObject,
	type CallEdge,
	type CallSite,
	type ObjectValue,
	objectValue,
	unknownValue,
	ValueSet,
	withContext,
} from "../engine/values.ts";
import { callRuntime } from "../environment/name-reads.ts";
import { objectReads } from "../environment/object-reads.ts";
import { BuiltinCall } from "../models/builtin-call.ts";
import { callBuiltin } from "../models/builtins.ts";
import { constructErrorAs } from "../models/classes/errors.ts";
import { callMethod } from "../models/methods.ts";
import { rejectedBy } from "../models/promises.ts";
import { callProxy } from "../models/proxies.ts";
import { callSchemaFunction, schemaCalled } from "../models/schemas/schemas.ts";
import { constructPart } from "../models/subclasses/classes.ts";
import { enterCall, leaveCall } from "./call-edges.ts";

/** Calls a value of any kind. Functions of the bundle get a call edge; built-in functions are modelled. */
export function makeInvoke(engine: Engine): Engine["invoke"] {
	const invoke: Engine["invoke"] = (callee, site, result) => {
		const { solver } = engine;
		switch (callee.kind) {
			case "object":
				if (callee.object.kind === "function") return callFunction(engine, callee, site, result);
				if (callee.object.proxyHandler !== undefined) return callProxy(engine, callee.object, site, result);
				if (callee.object.kind === "class") return constructClass(engine, callee, site, result);
				if (result !== undefined) solver.add(result, unknownValue("the result of a call"));
				return giveArguments(engine, site);
			case "runtime":
				return callRuntime(engine, callee, site, result);
			case "builtin":
				return callBuiltin(engine, callee, site, result);
			case "method":
				return callMethod(engine, callee, site, result);
			case "unknown":
				if (result !== undefined)
					solver.add(
						result,
						withContext(unknownValue("the result of a call"), callee.context, callee.reportAt),
					);
				return giveArguments(engine, site);
		}
	};
	return invoke;
}

/**
 * A function that is not known may do anything with its arguments. Those that the source writes are followed from where
 * they are written; these are what built-in code passes to a callback.
 */
function giveArguments(engine: Engine, site: CallSite) {
	if (site.isInSource || engine.isForeign(site.node)) return;
	for (const argument of site.arguments)
		if (argument instanceof ValueSet)
			engine.solver.onValue(argument, (value) =>
				engine.escape(value, site.node, "passed to code that the analysis cannot follow"),
			);
}

/** A call of a function of the bundle: the values that it returns leave it in the caller's context. */
function callFunction(engine: Engine, callee: ObjectValue, site: CallSite, result?: ValueSet) {
	const { solver } = engine;
	const fn = callee.object;
	const schema = schemaCalled(engine, fn, site);
	if (schema !== undefined)
		return callSchemaFunction(
			new BuiltinCall(engine, site, result, callee.context, fn.node.start.toString()),
			schema,
		);
	if (site.isConstruct) return constructFunction(engine, callee, site, result);
	if (site.node.callee?.type === "Super") {
		findInherited(engine, fn, site.node);
		const call = { site, context: callee.context };
		includeReturnedObjects(engine, fn, call, engine.thisValue(thisOwner(site.node)));
	}
	addCallEdge(engine, fn, site, callee.context);
	if (result === undefined) return;
	if (fn.node.async && engine.objects.neverReturns(fn.node)) solver.add(result, rejectedBy(engine, fn.node));
	solver.onValue(engine.returned(fn.node), (value) => {
		const left = leaveCall(engine, value, fn, { site, context: callee.context });
		if (left !== undefined) solver.add(result, left);
	});
}

/**
 * Adds an edge to the call graph and notifies the function's listeners. Forward analysis itself follows arguments of
 * calls in the source. Arguments that a built-in function passes to a callback are propagated here.
 */
function addCallEdge(engine: Engine, fn: AbstractObject, site: CallSite, context: Context) {
	const key = `${site.id}|${context.key}`;
	if (fn.callEdges.has(key)) return;
	const call: CallEdge = { site, context };
	fn.callEdges.set(key, call);
	engine.thrown.noteCall(fn, call);
	for (const listener of fn.callEdgeListeners) engine.solver.enqueue(() => listener(call));
	if (!engine.isReached(fn.node)) engine.onReached(site.node, () => engine.reach(fn.node));
	if (engine.isForeign(fn.node)) propagateReceiver(engine, fn, call);
	if (site.isInSource) return;
	for (const [index, argument] of site.arguments.entries()) {
		const param = fn.node.params[index] as Node | undefined;
		if (param === undefined || !(argument instanceof ValueSet)) continue;
		engine.solver.onValue(argument, (value) => {
			const entered = enterCall(value, fn, call);
			if (entered !== undefined) engine.propagateInto(entered, param);
		});
	}
}

/**
 * Follows what a function of a dependency gets as `this`. Of the upload's own code, every expression is followed. An
 * object that has the function as its method from the beginning is followed to the method's `this` in any case.
 */
function propagateReceiver(engine: Engine, fn: AbstractObject, call: CallEdge) {
	const { receiver, node, isInSource } = call.site;
	const isBorrowed = !isInSource || ["call", "apply"].includes(node.callee?.property?.name);
	const isMethod = !isBorrowed && MEMBERS.has(fn.node.parent?.type ?? "");
	if (receiver === undefined || isMethod || fn.node.type === "ArrowFunctionExpression") return;
	const uses = engine.objects.thisNodes(fn.node.body).filter(({ type }) => type === "ThisExpression");
	if (uses.length === 0) return;
	engine.solver.onValue(receiver, (value) => {
		const entered = value.kind === "object" ? engine.enterCall(value, fn, call) : undefined;
		if (entered !== undefined) for (const use of uses) engine.propagate(entered, use);
	});
}

const MEMBERS: ReadonlySet<string> = new Set(["MethodDefinition", "Property", "PropertyDefinition"]);

/** `new` with a function as constructor. */
function constructFunction(engine: Engine, callee: ObjectValue, site: CallSite, result?: ValueSet) {
	const instance = engine.objects.allocate(site.node, `new ${callee.object.id}`, "instance", callee.object);
	const receiver = engine.solver.singleton(objectValue(instance, callee.context));
	const call = { site: { ...site, receiver }, context: callee.context };
	addCallEdge(engine, callee.object, call.site, callee.context);
	findInherited(engine, callee.object, site.node);
	engine.solver.onValue(engine.property(callee.object, "prototype"), (prototype) => {
		if (prototype.kind === "object") addHeir(engine, prototype, instance);
	});
	if (result === undefined) return;
	engine.solver.include(receiver, result);
	includeReturnedObjects(engine, callee.object, call, result);
}

/** What a function constructs may inherit from the environment: `Settings.prototype = { ...process.env }`. */
function findInherited(engine: Engine, fn: AbstractObject, node: Node) {
	engine.solver.onValue(engine.property(fn, "prototype"), (prototype) =>
		objectReads.ofEverything(engine, prototype, node, "the environment is a prototype"),
	);
}

/** A constructor may return another object than the one that it constructs. */
function includeReturnedObjects(engine: Engine, fn: AbstractObject, call: CallEdge, result: ValueSet) {
	engine.solver.onValue(engine.returned(fn.node), (value) => {
		if (value.kind === "string" || value.kind === "nothing") return;
		const left = leaveCall(engine, value, fn, call);
		if (left !== undefined) engine.solver.add(result, left);
	});
}

/** `new` with a class, or a call of `super`: an instance, and a call of the nearest constructor. */
function constructClass(engine: Engine, callee: ObjectValue, site: CallSite, result?: ValueSet) {
	if (!site.isConstruct && site.node.callee?.type !== "Super") {
		if (result !== undefined) engine.solver.add(result, unknownValue("the result of a call"));
		return;
	}
	if (!site.isConstruct) return callConstructor(engine, callee, site, engine.thisValue(thisOwner(site.node)));
	const instance = engine.objects.allocate(site.node, `new ${callee.object.id}`, "instance", callee.object);
	instance.isConstructed = true;
	const value = objectValue(instance, callee.context);
	if (result !== undefined) engine.solver.add(result, value);
	callConstructor(engine, callee, { ...site, receiver: engine.solver.singleton(value) }, result);
}

/** Calls the constructor of a class, or else the constructor of its nearest superclass with one. */
function callConstructor(
	engine: Engine,
	callee: ObjectValue,
	site: CallSite,
	result: ValueSet | undefined,
	seen = new Set<AbstractObject>(),
) {
	if (seen.has(callee.object)) return;
	seen.add(callee.object);
	const { solver } = engine;
	const node = callee.object.node;
	if (site.receiver !== undefined) solver.include(site.receiver, callee.object.instances);
	const own = (node.body.body as Node[]).find((member) => member.kind === "constructor");
	if (own !== undefined && isFunction(own.value)) {
		const fn = engine.objects.atNode(own.value);
		if (result !== undefined) includeReturnedObjects(engine, fn, { site, context: callee.context }, result);
		return addCallEdge(engine, fn, site, callee.context);
	}
	if (!node.superClass) return;
	solver.onValue(engine.evaluate(node.superClass), (superclass) => {
		if (superclass.kind === "object" && superclass.object.kind === "class")
			callConstructor(engine, superclass, site, result, seen);
		else if (superclass.kind === "object" && superclass.object.kind === "function") {
			findInherited(engine, superclass.object, site.node);
			addCallEdge(engine, superclass.object, site, superclass.context);
			if (result !== undefined)
				includeReturnedObjects(engine, superclass.object, { site, context: superclass.context }, result);
		} else if (superclass.kind === "builtin" && site.receiver !== undefined) {
			constructErrorAs(engine, superclass, site, site.receiver);
			constructPart(engine, superclass, site, site.receiver);
		}
	});
}
