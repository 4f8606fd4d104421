/** Functions of the language's own and of the bundler. */

import { join } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { setSlot } from "../engine/properties.ts";
import {
	type BuiltinValue,
	type CallSite,
	Cell,
	makeValue,
	NOTHING,
	place,
	unknown,
} from "../engine/values.ts";
import { readNames } from "../environment/name-reads.ts";
import { moduleValue } from "../environment/runtime-apis.ts";
import { addNumbers } from "./arrays.ts";
import { Invocation } from "./builtin-call.ts";
import { exportInto, toModule, wrapModule } from "./bundler-helpers.ts";
import { makeCollection } from "./collections.ts";
import { properties } from "./object-listings.ts";
import { proxy } from "./proxies.ts";

type Model = (call: Invocation) => void;

const first: Model = (call) => call.giveAll(call.argument(0));
const nothing: Model = (call) => call.give(NOTHING);

/** `has` of the environment in its other spellings: the object first, then the name. */
const ofObject: Model = (call) => {
	call.engine.solver.each(call.argument(0), (object) => {
		if (object.kind === "runtime" && object.native === "env") {
			readNames(call.engine, call.argument(1), object, call.site.node);
		}
	});
	call.give(unknown("the value of a variable"));
};

const MODELS: Readonly<Record<string, Model>> = {
	"Object.freeze": first,
	"Object.seal": first,
	"Object.preventExtensions": first,
	structuredClone: first,
	Object: first,
	"Promise.resolve": first,
	"Promise.all": first,
	"Promise.race": (call) => giveElements(call),
	"Promise.any": (call) => giveElements(call),
	"Object.keys": (call) => properties(call, "keys"),
	"Object.getOwnPropertyNames": (call) => properties(call, "keys"),
	"Reflect.ownKeys": (call) => properties(call, "keys"),
	"Object.values": (call) => properties(call, "values"),
	"Object.entries": (call) => properties(call, "entries"),
	"Object.fromEntries": fromEntries,
	"Object.assign": assign,
	"Object.hasOwn": ofObject,
	"Object.prototype.hasOwnProperty": nothing,
	"Reflect.get": ofObject,
	"Reflect.has": ofObject,
	"Array.from": arrayFrom,
	"Array.of": (call) => {
		const made = call.array();
		for (const index of call.site.arguments.keys()) call.engine.solver.feed(call.argument(index), made.open);
		call.giveThing(made);
	},
	"Array.isArray": nothing,
	Boolean: nothing,
	String: text,
	Number: text,
	Proxy: proxy,
	Map: (call) => makeCollection(call, "map"),
	Set: (call) => makeCollection(call, "set"),
	"esbuild.require": (call) => {
		call.engine.solver.each(call.argument(0), (name) => {
			const module = name.kind === "string" ? moduleValue(name.text) : undefined;
			call.give(module ?? unknown("something imported"));
		});
	},
	"esbuild.toESM": toModule,
	"esbuild.toCommonJS": first,
	"esbuild.commonJS": wrapModule,
	"esbuild.export": exportInto,
};

/** Builtins that call none of their arguments and read no name by them. */
const HARMLESS = new Set(
	"Response Response.json Request Headers URL URLSearchParams Error TypeError RangeError Date fetch isNaN".split(
		" ",
	),
);

export function isHarmless(name: string): boolean {
	return HARMLESS.has(name) || /^(?:console|JSON|Number)\./.test(name);
}

export function hasModel(name: string): boolean {
	return Object.hasOwn(MODELS, name);
}

export function callBuiltin(engine: Engine, callee: BuiltinValue, site: CallSite, result: Cell | undefined) {
	const call = new Invocation(engine, site, result, callee.context);
	const model = hasModel(callee.name) ? MODELS[callee.name] : undefined;
	if (model === undefined) call.give(unknown("the result of a call"));
	else model(call);
}

function giveElements(call: Invocation) {
	const elements = new Cell();
	call.elementsOf(call.argument(0), elements);
	call.giveAll(elements);
}

/** `String(x)`: known where x is. */
function text(call: Invocation) {
	call.engine.solver.each(call.argument(0), (value) => {
		if (value.kind === "string")
			call.give(place(makeValue({ ...value, numeric: false }, value.context, value.site), value.context));
		else call.give(place(unknown("a computed value"), value.context, value.site));
	});
}

function fromEntries(call: Invocation) {
	const { engine } = call;
	const made = engine.things.made(call.site.node, "object", "plain");
	made.named = true;
	const entries = new Cell();
	call.elementsOf(call.argument(0), entries);
	engine.solver.each(entries, (entry) =>
		engine.read(entry, "0", (key) => {
			engine.solver.add(made.names, key);
			engine.read(entry, "1", (value) => {
				const context = join(key.context, value.context);
				if (context === undefined) return;
				const cell = new Cell();
				engine.solver.add(cell, place(value, context));
				if (key.kind === "string") setSlot(engine, made, key.text, cell);
				else engine.solver.feed(cell, made.open);
			});
		}),
	);
	call.giveThing(made);
}

function assign(call: Invocation) {
	const { engine } = call;
	const made = engine.things.made(call.site.node, "assigned", "plain");
	if (made.sources.length === 0) {
		for (const index of call.site.arguments.keys()) made.sources.push(call.argument(index));
	}
	call.giveThing(made);
}

function arrayFrom(call: Invocation) {
	const { engine } = call;
	const made = call.array();
	const elements = new Cell();
	call.elementsOf(call.argument(0), elements);
	if (call.site.arguments.length < 2) engine.solver.feed(elements, made.open);
	else {
		const index = new Cell();
		engine.solver.each(call.argument(0), (from) => {
			if (from.kind !== "object" || from.thing.kind !== "plain")
				return engine.solver.add(index, unknown("an index"));
			engine.read(from, "length", (found) =>
				addNumbers(call, found.kind === "string" ? Number(found.text) : Number.NaN, index),
			);
		});
		call.callback(1, [elements, index], made.open);
	}
	call.giveThing(made);
}
