/** Models of functions that read, call and construct for the code: `Reflect.apply`, `Array.prototype.map.call`. */
import { keyOf } from "../../engine/stores.ts";
import {
	type CallSite,
	makeValue,
	NOTHING,
	type ObjectValue,
	unknownValue,
	type Value,
	ValueSet,
} from "../../engine/values.ts";
import { recordReads } from "../../environment/name-reads.ts";
import { objectReads } from "../../environment/object-reads.ts";
import { VALUE_OF_VARIABLE } from "../../environment/runtime-apis.ts";
import { ARRAY_METHODS } from "../arrays/methods.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { COLLECTION_METHODS } from "../collections.ts";
import { STRING_METHODS } from "../text/string-methods.ts";

/** `Object.hasOwn(env, name)` and similar functions: they read one variable, by the second argument. */
export function readByName(call: BuiltinCall) {
	call.engine.solver.onValue(call.argument(0), (object) => {
		if (object.kind !== "runtime" || object.api !== "env") return;
		recordReads(call.engine, call.argument(1), object, call.site.node);
		call.returnValue(unknownValue(VALUE_OF_VARIABLE));
	});
}

/** `Reflect.get(object, key, receiver)` reads a property of any value. */
export function readReflected(call: BuiltinCall) {
	const { engine, site } = call;
	const keys = call.argument(1);
	readByName(call);
	engine.solver.onValue(call.argument(0), (object) => {
		if (object.kind === "runtime" && object.api === "env") return;
		objectReads.ofComputedKeys(engine, object, keys, site.node);
		engine.solver.onValue(keys, (key) => {
			engine.readProperty(object, keyOf(key), (found) => call.returnValue(found));
			if (site.arguments.length > 2 && object.kind === "object") readFor(call, object, keyOf(key));
		});
	});
}

/** A getter that gets another object as `this`. */
function readFor(call: BuiltinCall, object: ObjectValue, key: string | undefined) {
	const { engine, site } = call;
	engine.solver.onValue(engine.accessors(object.object, "get", key), (getter) => {
		const got = new ValueSet();
		engine.invoke(
			getter,
			engine.impliedSite(site.node, `get ${key} ${getter.key}`, [], call.argument(2)),
			got,
		);
		call.returnAll(got);
	});
}

/** A call with a list of arguments, which an array literal spells one by one. */
function siteWithList(call: BuiltinCall, tag: string, list: Value, receiver: ValueSet | undefined): CallSite {
	const { engine, site } = call;
	const known =
		list.kind === "object" && list.object.node.type === "ArrayExpression" ? list.object : undefined;
	const elements = known?.node.elements as readonly ({ type: string } | null)[] | undefined;
	const isSpelled =
		elements?.every((element) => element !== null && element.type !== "SpreadElement") ?? false;
	const args = isSpelled
		? (elements ?? []).map((_, index) => {
				const found = new ValueSet();
				engine.readProperty(list, String(index), (value) => engine.solver.add(found, value));
				return found;
			})
		: [];
	const inner = engine.syntheticSite(site, `${tag} ${list.key}`, args);
	// Elements may be added to the list later.
	const spreadArguments = new ValueSet();
	if (!isSpelled) call.iterateInto(engine.solver.singleton(list), spreadArguments);
	else if (known !== undefined)
		engine.solver.onValue(known.resized, () =>
			engine.iterate(list, (value) => engine.solver.add(spreadArguments, value)),
		);
	return { ...inner, receiver, spreadArguments };
}

/** `Reflect.apply(f, receiver, list)` */
export function applyReflected(call: BuiltinCall) {
	const { engine } = call;
	engine.solver.onValue(call.argument(2), (list) => {
		if (!isArray(list)) return call.giveUp();
		const inner = siteWithList(call, "apply", list, call.argument(1));
		engine.solver.onValue(call.argument(0), (callee) => callOrGiveUp(call, callee, inner));
	});
}

/** `Reflect.construct(constructor, list, newTarget)` */
export function constructReflected(call: BuiltinCall) {
	const { engine, site } = call;
	if (site.arguments.length !== 2) return call.giveUp();
	engine.solver.onValue(call.argument(1), (list) => {
		if (!isArray(list)) return call.giveUp();
		const inner = { ...siteWithList(call, "construct", list, undefined), isConstruct: true };
		engine.solver.onValue(call.argument(0), (callee) => callOrGiveUp(call, callee, inner));
	});
}

/** Calls a function, or lets all arguments of the call escape to code outside the analysis. */
function callOrGiveUp(call: BuiltinCall, callee: Value, inner: CallSite) {
	const { engine, site } = call;
	const isOutOfReach =
		callee.kind === "object" && engine.isDependency(callee.object.node) && !engine.isDependency(site.node);
	if (callee.kind === "unknown" || isOutOfReach) {
		for (const argument of [...inner.arguments, inner.spreadArguments])
			if (argument instanceof ValueSet)
				engine.solver.onValue(argument, (value) =>
					engine.escape(value, site.node, "passed to code that the analysis cannot follow"),
				);
		call.giveUpArguments();
	}
	engine.invoke(callee, inner, call.result);
}

/** `Array.prototype.map.call`: a method of built-in objects, called with another `this`. */
const BORROWED = /^(Array|String|Function|Map|Set)\.prototype\.(\w+)\.(call|apply)$/;

export function isBorrowedMethod(name: string): boolean {
	return BORROWED.test(name);
}

/** Calls a built-in method of the first argument, if the argument has it. */
export function callBorrowed(call: BuiltinCall, name: string) {
	const { engine, site } = call;
	const [, owner, method = "", way] = BORROWED.exec(name) ?? [];
	const rest = site.arguments.slice(1);
	const [list] = rest;
	if (site.arguments.length === 0 || (way === "apply" && rest.length > 1))
		return call.giveUp("the result of a call", true);
	engine.solver.onValue(call.argument(0), (receiver) => {
		if (!hasMethodOf(receiver, owner, method)) return call.giveUp("the result of a call", true);
		const callee = makeValue({ kind: "method", name: method, receiver }, receiver.context);
		const self = engine.solver.singleton(receiver);
		if (way === "call" || list === undefined) {
			const inner = engine.syntheticSite(site, `borrowed ${receiver.key}`, []);
			const { spreadArguments } = site;
			return engine.invoke(
				callee,
				{ ...inner, arguments: rest, spreadArguments, receiver: self },
				call.result,
			);
		}
		engine.solver.onValue(call.argument(1), (given) => {
			if (!isArray(given)) return call.giveUp("the result of a call", true);
			engine.invoke(callee, siteWithList(call, `borrowed ${receiver.key}`, given, self), call.result);
		});
	});
	if (site.spreadArguments !== undefined) call.returnValue(NOTHING);
}

/** An array-like object has elements under indexes, which iteration does not find. */
function isArray(list: Value): boolean {
	return list.kind === "object" && list.object.kind === "array";
}

/** Whether a value is surely of the class that a method belongs to, and the method has a model. */
function hasMethodOf(value: Value, owner: string | undefined, method: string): boolean {
	if (owner === "String") return value.kind === "string" && !value.numeric && STRING_METHODS.has(method);
	if (owner === "Function") {
		const isFunction = value.kind === "object" && value.object.kind === "function";
		return (method === "call" || method === "apply") && (isFunction || value.kind === "runtime");
	}
	if (value.kind !== "object" || value.object.kind !== owner?.toLowerCase()) return false;
	return owner === "Array" ? ARRAY_METHODS.has(method) : COLLECTION_METHODS.has(method);
}
