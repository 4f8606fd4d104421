/** Calls: which functions a call reaches, with what, and what comes back. */

import { isFunction, type Node, thisOwner } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import {
	type Call,
	type CallSite,
	Cell,
	type Context,
	callOf,
	join,
	NOTHING,
	place,
	type Thing,
	thingValue,
	unknown,
	type Value,
	withCall,
	withoutCall,
} from "../engine/values.ts";
import { callNative } from "../environment/runtime-apis.ts";
import { callBuiltin } from "../models/builtins.ts";
import { callMethod } from "../models/methods.ts";

/** The sites of written calls, and of those that methods of the language make. */
export function makeSites(engine: Engine): Pick<Engine, "site" | "impliedSite" | "argument"> {
	const sites = new Map<Node, CallSite>();
	const implied = new Map<string, CallSite>();
	return {
		site(node) {
			let site = sites.get(node);
			if (site === undefined) {
				site = writtenSite(engine, node);
				sites.set(node, site);
			}
			return site;
		},
		impliedSite(site, tag, args) {
			const key = `${site.id} ${tag}`;
			let inner = implied.get(key);
			if (inner === undefined) {
				const id = engine.things.nextId();
				inner = {
					id,
					node: site.node,
					arguments: args,
					rest: undefined,
					self: undefined,
					written: false,
					construct: false,
				};
				implied.set(key, inner);
			}
			return inner;
		},
		argument: (site, index) => argument(engine, site, index),
	};
}

function writtenSite(engine: Engine, node: Node): CallSite {
	const all = node.arguments as Node[];
	const spread = all.findIndex((argument) => argument.type === "SpreadElement");
	const callee = node.callee as Node;
	let self: Cell | undefined;
	if (callee.type === "Super" || (callee.type === "MemberExpression" && callee.object.type === "Super")) {
		self = engine.self(thisOwner(node));
	} else if (callee.type === "MemberExpression") self = engine.evaluate(callee.object);
	return {
		id: engine.things.nextId(),
		node,
		arguments: spread < 0 ? all : all.slice(0, spread),
		rest: spread < 0 ? undefined : all.slice(spread),
		self,
		written: true,
		construct: node.type === "NewExpression",
	};
}

const rests = new WeakMap<CallSite, Cell>();

function argument(engine: Engine, site: CallSite, index: number): Cell {
	const given = site.arguments[index];
	if (given instanceof Cell) return given;
	if (given !== undefined) return engine.evaluate(given);
	let rest = rests.get(site);
	if (rest === undefined) {
		const created = new Cell();
		rest = created;
		rests.set(site, created);
		engine.solver.add(created, NOTHING);
		if (site.rest instanceof Cell) engine.solver.feed(site.rest, created);
		else for (const node of site.rest ?? []) restArgument(engine, node, created);
	}
	return rest;
}

function restArgument(engine: Engine, node: Node, into: Cell) {
	if (node.type !== "SpreadElement") return engine.solver.feed(engine.evaluate(node), into);
	engine.solver.each(engine.evaluate(node.argument), (value) =>
		engine.elements(value, (found) => engine.solver.add(into, found)),
	);
}

/** Hearing of the calls of a function, and of its being handed to unknown code. */
export function makeCallLists(engine: Engine): Pick<Engine, "onCall" | "onEscape" | "enter" | "leave"> {
	return {
		onCall(fn, listener) {
			fn.callListeners.push(listener);
			for (const call of fn.calls.values()) engine.solver.later(() => listener(call));
			engine.trace(fn);
		},
		onEscape(fn, listener) {
			if (fn.escaped) engine.solver.later(listener);
			else fn.escapeListeners.push(listener);
			engine.trace(fn);
		},
		enter,
		leave,
	};
}

function enter(value: Value, fn: Thing, call: Call): Value | undefined {
	const within = join(withoutCall(value.context, fn.id), call.context);
	if (within === undefined) return undefined;
	const named = call.site.written && (value.kind === "string" || value.kind === "unknown");
	// What a function gives itself may hold what it was given: the one call would be told from the other in vain.
	const isOwn = isInside(call.site.node, fn.node);
	return place(
		value,
		isOwn ? within : withCall(within, fn.id, call.site.id),
		value.site ?? (named ? call.site.node : undefined),
	);
}

function leave(value: Value, fn: Thing, { site, context }: Call): Value | undefined {
	const call = callOf(value.context, fn.id);
	if (call !== undefined && call !== site.id) return undefined;
	const within = join(withoutCall(value.context, fn.id), context);
	if (within === undefined) return undefined;
	const made = value.kind === "method" || (value.kind === "thing" && isInside(value.thing.node, fn.node));
	const seen = value.site === site.node ? place({ ...value, site: undefined }, value.context) : value;
	return place(seen, made ? withCall(within, fn.id, site.id) : within, seen.site);
}

function isInside(node: Node, outer: Node): boolean {
	return node.start >= outer.start && node.end <= outer.end;
}

export function makeInvoke(engine: Engine): Engine["invoke"] {
	const invoke: Engine["invoke"] = (callee, site, result) => {
		const { solver } = engine;
		switch (callee.kind) {
			case "thing":
				if (callee.thing.kind === "function") return callFunction(engine, callee, site, result);
				if (callee.thing.kind === "class") return construct(engine, callee, site, result);
				if (result !== undefined) solver.add(result, unknown("the result of a call"));
				return;
			case "native":
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

function callFunction(engine: Engine, callee: Value & { kind: "thing" }, site: CallSite, result?: Cell) {
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
function constructFunction(engine: Engine, callee: Value & { kind: "thing" }, site: CallSite, result?: Cell) {
	const instance = engine.things.made(site.node, `new ${callee.thing.id}`, "instance", callee.thing);
	const self = new Cell();
	engine.solver.add(self, thingValue(instance, callee.context));
	register(engine, callee.thing, { ...site, self }, callee.context);
	if (result !== undefined) engine.solver.feed(self, result);
}

/** `new`: an instance of the class, and a call of the nearest constructor. */
function construct(engine: Engine, callee: Value & { kind: "thing" }, site: CallSite, result?: Cell) {
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

function callConstructor(
	engine: Engine,
	callee: Value & { kind: "thing" },
	site: CallSite,
	seen = new Set<Thing>(),
) {
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
		if (above.kind === "thing" && above.thing.kind === "class") callConstructor(engine, above, site, seen);
	});
}
