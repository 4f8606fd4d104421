/** Forwards through calls, and out of what can be followed. */

import type { Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import type { MethodValue, Thing, Value } from "../engine/values.ts";
import { enumerate } from "../environment/object-reads.ts";
import { hasModel, isHarmless } from "../models/builtins.ts";

/** A value is called. */
export function arriveCallee(engine: Engine, value: Value, call: Node) {
	const site = engine.site(call);
	if (value.kind === "object" && value.thing.kind !== "class" && !site.construct) {
		return engine.invoke(value, site, undefined);
	}
	if (value.kind === "runtime") engine.invoke(value, site, undefined);
	followResult(engine, call);
}

/** What a call gives is followed as well: the method or model knows what that is. */
function followResult(engine: Engine, call: Node) {
	engine.solver.each(engine.evaluate(call), (result) => {
		if (result.kind === "object") engine.trace(result.thing);
		engine.arrive(result, call);
	});
}

const SHOWN = "the whole environment is enumerated or printed";

/** A value is given to a call as an argument (from `index` on, where it came by a spread). */
export function arriveArgument(engine: Engine, value: Value, call: Node, index: number) {
	const { solver } = engine;
	if (call.callee.type === "Super") return arriveSuper(engine, value, call, index);
	solver.each(engine.evaluate(call.callee), (callee) => {
		switch (callee.kind) {
			case "object":
				if (callee.thing.kind === "class") return intoConstructor(engine, value, callee.thing, call, index);
				if (callee.thing.kind !== "function") return engine.escape(value, call, PASSED);
				engine.invoke(callee, engine.site(call), undefined);
				return intoFunction(engine, value, callee.thing, call, index);
			case "builtin":
				return intoBuiltin(engine, value, callee.name, call, index);
			case "method":
				return intoMethod(engine, value, callee, call, index);
			case "unknown":
				return engine.escape(value, call, PASSED);
		}
	});
}

const PASSED = "passed to code that cannot be followed";

/** Dependencies are not followed with what the upload's own code gives them. */
function isForeign(engine: Engine, fn: Thing, call: Node): boolean {
	return engine.isDependency(fn.node) && !engine.isDependency(call);
}

function intoFunction(engine: Engine, value: Value, fn: Thing, call: Node, index: number) {
	if (isForeign(engine, fn, call)) return engine.escape(value, call, PASSED);
	const params = fn.node.params as Node[];
	const param = params[index] ?? (params.at(-1)?.type === "RestElement" ? params.at(-1) : undefined);
	engine.onCall(fn, (made) => {
		if (made.site.node !== call || param === undefined || !made.site.written) return;
		const entered = engine.enter(value, fn, made);
		if (entered !== undefined) engine.arriveTarget(entered, param);
	});
}

function constructorOf(thing: Thing): Node | undefined {
	return (thing.node.body.body as Node[]).find((member) => member.kind === "constructor")?.value;
}

function intoConstructor(engine: Engine, value: Value, owner: Thing, call: Node, index: number) {
	if (isForeign(engine, owner, call)) return engine.escape(value, call, PASSED);
	engine.solver.each(engine.evaluate(call), () => undefined);
	const own = constructorOf(owner);
	if (own !== undefined) return intoFunction(engine, value, engine.things.of(own), call, index);
	if (owner.node.superClass) intoSuper(engine, value, owner.node, call, index);
}

function intoSuper(engine: Engine, value: Value, owner: Node, call: Node, index: number) {
	engine.solver.each(engine.evaluate(owner.superClass), (above) => {
		if (above.kind === "object" && above.thing.kind === "class")
			intoConstructor(engine, value, above.thing, call, index);
		else engine.escape(value, call, PASSED);
	});
}

function arriveSuper(engine: Engine, value: Value, call: Node, index: number) {
	let owner = call.parent;
	while (owner !== undefined && owner.type !== "ClassDeclaration" && owner.type !== "ClassExpression")
		owner = owner.parent;
	if (owner?.superClass) intoSuper(engine, value, owner, call, index);
}

const ENVIRONMENTS = new Set(["env", "Deno.env", "process", "Deno", "secrets"]);

function isEnvironment(value: Value): boolean {
	return value.kind === "runtime" && ENVIRONMENTS.has(value.native);
}

/** Models that hand an argument back as it is. */
const TRANSPARENT = new Set([
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
/** Models that list names, of which the code around may use some alone. */
const LISTS = new Set(["Object.keys", "Object.entries", "Object.getOwnPropertyNames", "Reflect.ownKeys"]);
/** Models that read one name of the environment, or nothing of it. */
const NARROW = new Set([
	"Object.hasOwn",
	"Reflect.has",
	"Reflect.get",
	"Boolean",
	"Array.isArray",
	"Object.is",
	"Object.defineProperty",
]);

function intoBuiltin(engine: Engine, value: Value, name: string, call: Node, index: number) {
	if (name === "Object.assign" && index === 0 && isEnvironment(value)) return;
	if (NARROW.has(name)) {
		followResult(engine, call);
		return;
	}
	if (isEnvironment(value) && LISTS.has(name) && enumerate.filtered(engine, value, call)) return;
	if (isEnvironment(value) && !TRANSPARENT.has(name)) return enumerate.all(engine, value, call, SHOWN);
	if (isHarmless(name)) return;
	if (hasModel(name)) return followResult(engine, call);
	engine.escape(value, call, PASSED);
}

function intoMethod(engine: Engine, value: Value, method: MethodValue, call: Node, index: number) {
	const { name, of } = method;
	if (name === "bind" && index === 0) return;
	if ((name === "call" || name === "apply") && of.kind === "object" && of.thing.kind === "function") {
		followResult(engine, call);
		if (index === 0) return;
		return throughCall(engine, value, of.thing, call, name === "call" ? index - 1 : -1);
	}
	const promise = name === "then" || name === "catch" || name === "finally";
	if (!promise && (of.kind === "runtime" || of.kind === "string")) return;
	followResult(engine, call);
}

function throughCall(engine: Engine, value: Value, fn: Thing, call: Node, index: number) {
	const params = fn.node.params as Node[];
	engine.onCall(fn, (made) => {
		if (made.site.node !== call) return;
		for (const [at, param] of params.entries()) {
			if (index >= 0 && at !== index) continue;
			const entered = engine.enter(value, fn, made);
			if (entered !== undefined) engine.arriveTarget(entered, param);
		}
	});
}
