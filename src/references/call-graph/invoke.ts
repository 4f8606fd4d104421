/** Calls: which functions a call reaches, with what, and what comes back. */

import { isFunction, type Node } from "../bundle/syntax.ts";
import type { Context } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import {
	type Call,
	type CallSite,
	Cell,
	type ObjectValue,
	place,
	type Thing,
	thingValue,
	unknown,
} from "../engine/values.ts";
import { callNative } from "../environment/name-reads.ts";
import { callBuiltin } from "../models/builtins.ts";
import { callMethod } from "../models/methods.ts";
import { enter, leave } from "./call-edges.ts";

export function makeInvoke(engine: Engine): Engine["invoke"] {
	const invoke: Engine["invoke"] = (callee, site, result) => {
		const { solver } = engine;
		switch (callee.kind) {
			case "object":
				if (callee.thing.kind === "function") return callFunction(engine, callee, site, result);
				if (callee.thing.kind === "class") return construct(engine, callee, site, result);
				if (result !== undefined) solver.add(result, unknown("the result of a call"));
				return;
			case "runtime":
				return callNative(engine, callee, site, result);
			case "builtin":
				return callBuiltin(engine, callee, site, result);
			case "method":
				return callMethod(engine, callee, site, result);
			case "unknown":
				if (result !== undefined)
					solver.add(result, place(unknown("the result of a call"), callee.context, callee.site));
		}
	};
	return invoke;
}

function callFunction(engine: Engine, callee: ObjectValue, site: CallSite, result?: Cell) {
	const { solver } = engine;
	const fn = callee.thing;
	if (site.construct) return constructFunction(engine, callee, site, result);
	register(engine, fn, site, callee.context);
	if (result === undefined) return;
	solver.each(engine.returned(fn.node), (value) => {
		const left = leave(value, fn, { site, context: callee.context });
		if (left !== undefined) solver.add(result, left);
	});
}

/** Makes a call known to the function that is called; what the language hands over is followed into it. */
function register(engine: Engine, fn: Thing, site: CallSite, context: Context) {
	const key = `${site.id}|${context.key}`;
	if (fn.calls.has(key)) return;
	const call: Call = { site, context };
	fn.calls.set(key, call);
	for (const listener of fn.callListeners) engine.solver.later(() => listener(call));
	if (site.written) return;
	for (const [index, given] of site.arguments.entries()) {
		const param = fn.node.params[index] as Node | undefined;
		if (param === undefined || !(given instanceof Cell)) continue;
		engine.solver.each(given, (value) => {
			const entered = enter(value, fn, call);
			if (entered !== undefined) engine.arriveTarget(entered, param);
		});
	}
}

/** `new` of a plain function. */
function constructFunction(engine: Engine, callee: ObjectValue, site: CallSite, result?: Cell) {
	const instance = engine.things.made(site.node, `new ${callee.thing.id}`, "instance", callee.thing);
	const self = new Cell();
	engine.solver.add(self, thingValue(instance, callee.context));
	register(engine, callee.thing, { ...site, self }, callee.context);
	if (result !== undefined) engine.solver.feed(self, result);
}

/** `new`: an instance of the class, and a call of the nearest constructor. */
function construct(engine: Engine, callee: ObjectValue, site: CallSite, result?: Cell) {
	if (!site.construct && site.node.callee?.type !== "Super") {
		if (result !== undefined) engine.solver.add(result, unknown("the result of a call"));
		return;
	}
	if (!site.construct) return callConstructor(engine, callee, site);
	const instance = engine.things.made(site.node, `new ${callee.thing.id}`, "instance", callee.thing);
	const value = thingValue(instance, callee.context);
	if (result !== undefined) engine.solver.add(result, value);
	const self = new Cell();
	engine.solver.add(self, value);
	callConstructor(engine, callee, { ...site, self });
}

function callConstructor(engine: Engine, callee: ObjectValue, site: CallSite, seen = new Set<Thing>()) {
	if (seen.has(callee.thing)) return;
	seen.add(callee.thing);
	const { solver } = engine;
	const node = callee.thing.node;
	if (site.self !== undefined) solver.feed(site.self, callee.thing.instances);
	const own = (node.body.body as Node[]).find((member) => member.kind === "constructor");
	if (own !== undefined && isFunction(own.value)) {
		return register(engine, engine.things.of(own.value), site, callee.context);
	}
	if (!node.superClass) return;
	solver.each(engine.evaluate(node.superClass), (above) => {
		if (above.kind === "object" && above.thing.kind === "class") callConstructor(engine, above, site, seen);
	});
}
