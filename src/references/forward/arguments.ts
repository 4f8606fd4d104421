/** Forward analysis of calls: follows values that are called, or passed as arguments. */
import type { Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { isNeverCallable } from "../engine/synthetic-objects.ts";
import type { AbstractObject, MethodValue, Value } from "../engine/values.ts";
import { objectReads } from "../environment/object-reads.ts";
import { isCopyFollowed } from "../environment/spread-copies.ts";
import { BORROWED, hasModel, isHarmless } from "../models/builtins.ts";
import { isErrorClass } from "../models/classes/errors.ts";
import { isEnvironment, readParts } from "../models/objects/whole-reads.ts";
import { listThroughProxy } from "../models/proxies.ts";
import { schemaCalled } from "../models/schemas/schemas.ts";
import { isExtensible } from "../models/subclasses/classes.ts";

/** Follows a value that is called, and the result of the call. */
export function propagateCallee(engine: Engine, value: Value, call: Node) {
	const site = engine.callSite(call);
	if (value.kind === "object" && value.object.kind !== "class" && !site.isConstruct) {
		return engine.invoke(value, site, undefined);
	}
	if (value.kind === "runtime") engine.invoke(value, site, undefined);
	propagateResult(engine, call);
}

/** Follows the result of a call, which the callee's model or body determines. */
function propagateResult(engine: Engine, call: Node) {
	engine.solver.onValue(engine.evaluate(call), (result) => {
		if (result.kind === "object") engine.track(result.object);
		engine.propagate(result, call);
	});
}

const WHOLE_LISTED = "the whole environment is listed or printed";

/**
 * Follows a value that is passed as an argument.
 * @param index its position, or the position of the spread that contains it
 */
export function propagateArgument(engine: Engine, value: Value, call: Node, index: number) {
	const { solver } = engine;
	const called = (call.callee ?? call.tag) as Node;
	if (called.type === "Super") return propagateSuperArgument(engine, value, call, index);
	solver.onValue(engine.evaluate(called), (callee) => {
		switch (callee.kind) {
			case "object":
				if (callee.object.kind === "class")
					return propagateToConstructor(engine, value, callee.object, call, index);
				if (isNeverCallable(callee.object)) return;
				if (callee.object.kind !== "function") return engine.escape(value, call, PASSED_TO_UNKNOWN);
				if (schemaCalled(engine, callee.object, engine.callSite(call))) return propagateResult(engine, call);
				engine.invoke(callee, engine.callSite(call), undefined);
				return propagateToFunction(engine, value, callee.object, call, index);
			case "builtin":
				return propagateToBuiltin(engine, value, callee.name, call, index);
			case "method":
				return propagateToMethod(engine, value, callee, call, index);
			case "unknown":
				return engine.escape(value, call, PASSED_TO_UNKNOWN);
		}
	});
}

const PASSED_TO_UNKNOWN = "passed to code that the analysis cannot follow";

/** Whether a call passes from the upload's own code into a dependency. Propagation ends there. */
function isOutOfReach(engine: Engine, fn: AbstractObject, call: Node): boolean {
	return engine.isDependency(fn.node) && !engine.isDependency(call);
}

/** Propagates an argument into the parameter that receives it. */
function propagateToFunction(engine: Engine, value: Value, fn: AbstractObject, call: Node, index: number) {
	if (isOutOfReach(engine, fn, call)) return engine.escape(value, call, PASSED_TO_UNKNOWN);
	const params = fn.node.params as Node[];
	const param = params[index] ?? (params.at(-1)?.type === "RestElement" ? params.at(-1) : undefined);
	engine.onCallEdge(fn, (edge) => {
		if (edge.site.node !== call || param === undefined || !edge.site.isInSource) return;
		const entered = engine.enterCall(value, fn, edge);
		if (entered !== undefined) engine.propagateInto(entered, param);
	});
}

function constructorOf(object: AbstractObject): Node | undefined {
	return (object.node.body.body as Node[]).find((member) => member.kind === "constructor")?.value;
}

/** Propagates an argument of `new` into the constructor of a class or its superclass. */
function propagateToConstructor(
	engine: Engine,
	value: Value,
	owner: AbstractObject,
	call: Node,
	index: number,
) {
	if (isOutOfReach(engine, owner, call)) return engine.escape(value, call, PASSED_TO_UNKNOWN);
	engine.solver.onValue(engine.evaluate(call), () => undefined);
	const own = constructorOf(owner);
	if (own !== undefined) return propagateToFunction(engine, value, engine.objects.atNode(own), call, index);
	if (owner.node.superClass) propagateToSuperclass(engine, value, owner.node, call, index);
}

function propagateToSuperclass(engine: Engine, value: Value, owner: Node, call: Node, index: number) {
	engine.solver.onValue(engine.evaluate(owner.superClass), (superclass) => {
		if (superclass.kind === "object" && superclass.object.kind === "class")
			propagateToConstructor(engine, value, superclass.object, call, index);
		else if (superclass.kind === "builtin" && isErrorClass(superclass.name)) return;
		else if (superclass.kind === "builtin" && isExtensible(superclass.name) && value.kind !== "runtime")
			listThroughProxy(engine, value);
		else engine.escape(value, call, PASSED_TO_UNKNOWN);
	});
}

/** Propagates an argument of `super(…)`. */
function propagateSuperArgument(engine: Engine, value: Value, call: Node, index: number) {
	let owner = call.parent;
	while (owner !== undefined && owner.type !== "ClassDeclaration" && owner.type !== "ClassExpression")
		owner = owner.parent;
	if (owner?.superClass) propagateToSuperclass(engine, value, owner, call, index);
}

/** Built-in functions that return an argument as it is. */
const IDENTITY_BUILTINS = new Set([
	"Object",
	"Object.freeze",
	"Object.seal",
	"Object.preventExtensions",
	"Promise.resolve",
	"Promise.all",
	"esbuild.toESM",
	"esbuild.toCommonJS",
	"esbuild.export",
]);
/** Built-in functions that list names. The surrounding code may use only a part of the names. */
const LISTING_BUILTINS = new Set([
	"Object.keys",
	"Object.entries",
	"Object.getOwnPropertyNames",
	"Reflect.ownKeys",
]);
/** Built-in functions that read one variable by name, or none. */
const SINGLE_NAME_BUILTINS = new Set([
	"Object.hasOwn",
	"Object.prototype.hasOwnProperty.call",
	"Object.getOwnPropertyDescriptor",
	"Reflect.getOwnPropertyDescriptor",
	"Reflect.has",
	"Reflect.get",
	"Object.getPrototypeOf",
	"Reflect.getPrototypeOf",
	"Boolean",
	"Array.isArray",
	"Object.is",
]);

/** Built-in functions that neither list an argument nor return it. */
const LISTS_NOTHING = new Set(["Proxy", "WeakMap", "WeakSet", "WeakRef", "Object.create"]);

/** Functions whose second argument is the receiver of a call: `Reflect.apply(Deno.env.get, Deno.env, …)`. */
const TAKES_RECEIVER = new Set([
	"Reflect.apply",
	"Function.prototype.call.call",
	"Function.prototype.apply.call",
]);

/** Whether a built-in function makes an object of the environment, and every use of the object is followed. */
function isCopiedBy(engine: Engine, value: Value, name: string, call: Node, index: number): boolean {
	if (value.kind !== "runtime" || value.api !== "env" || engine.isForeign(call)) return false;
	if (name === "Proxy") return index === 0;
	const [target] = call.arguments as Node[];
	return name === "Object.assign" && index > 0 && target !== undefined && isCopyFollowed(engine, target);
}

/** Propagates an argument of a built-in function, or records that it reads the whole environment. */
function propagateToBuiltin(engine: Engine, value: Value, name: string, call: Node, index: number) {
	if (name === "Object.assign" && index === 0 && isEnvironment(value)) return;
	if (isCopiedBy(engine, value, name, call, index)) return propagateResult(engine, call);
	if (BORROWED.test(name) && index === 0 && value.kind === "runtime" && value.api === "global") return;
	if (SINGLE_NAME_BUILTINS.has(name)) {
		propagateResult(engine, call);
		return;
	}
	if (isEnvironment(value) && LISTING_BUILTINS.has(name) && objectReads.ofListing(engine, value, call))
		return;
	if (TAKES_RECEIVER.has(name) && index === 1) return propagateResult(engine, call);
	if (isEnvironment(value) && !IDENTITY_BUILTINS.has(name))
		return objectReads.ofEverything(engine, value, call, WHOLE_LISTED);
	readParts(engine, value, name, call);
	if (!LISTS_NOTHING.has(name)) listThroughProxy(engine, value);
	if (hasModel(name)) return propagateResult(engine, call);
	if (isHarmless(name)) {
		// `JSON.stringify` and similar functions call a function that they receive.
		if (value.kind === "object" && value.object.kind === "function")
			engine.escape(value, call, PASSED_TO_UNKNOWN, false);
		return;
	}
	engine.escape(value, call, PASSED_TO_UNKNOWN);
}

/** Propagates an argument of a built-in method, such as `call` or `then`. */
function propagateToMethod(engine: Engine, value: Value, method: MethodValue, call: Node, index: number) {
	const { name, receiver } = method;
	if (name === "bind" && index === 0) return;
	if (
		(name === "call" || name === "apply") &&
		receiver.kind === "object" &&
		receiver.object.kind === "function"
	) {
		propagateResult(engine, call);
		if (index === 0) return;
		return propagateThroughCall(engine, value, receiver.object, call, name === "call" ? index - 1 : -1);
	}
	const promise = name === "then" || name === "catch" || name === "finally";
	if (!promise && receiver.kind === "runtime") return;
	listThroughProxy(engine, value);
	propagateResult(engine, call);
}

/**
 * Propagates an argument of `call` or `apply`.
 * @param index the parameter that receives it; negative if it is unknown
 */
function propagateThroughCall(engine: Engine, value: Value, fn: AbstractObject, call: Node, index: number) {
	const params = fn.node.params as Node[];
	engine.onCallEdge(fn, (edge) => {
		if (edge.site.node !== call) return;
		for (const [at, param] of params.entries()) {
			if (index >= 0 && at !== index) continue;
			const entered = engine.enterCall(value, fn, edge);
			if (entered !== undefined) engine.propagateInto(entered, param);
		}
	});
}
