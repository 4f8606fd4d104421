/** Methods of the language's own, called on values that the analysis knows. */

import type { Node } from "../bundle/syntax.ts";
import { join } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import {
	type CallSite,
	Cell,
	type MethodValue,
	makeValue,
	NOTHING,
	type StringValue,
	text,
	unknown,
	type Value,
} from "../engine/values.ts";
import { readNames } from "../environment/name-reads.ts";
import { callArrayMethod } from "./arrays.ts";
import { Invocation } from "./builtin-call.ts";
import { callModule } from "./bundler-helpers.ts";
import { callCollectionMethod } from "./collections.ts";
import { simplePattern } from "./safe-patterns.ts";
import { applyStringMethod, startAfter } from "./strings.ts";

export function callMethod(engine: Engine, callee: MethodValue, site: CallSite, result: Cell | undefined) {
	const { of, name } = callee;
	const call = new Invocation(engine, site, result, callee.context, of.key);
	if (name === "call" || name === "apply" || name === "bind") return callThrough(call, callee);
	if (name === "then" || name === "catch" || name === "finally") return callPromise(call, callee);
	if (name === "module") return callModule(call, callee);
	if (name === "hasOwnProperty" || name === "propertyIsEnumerable") {
		if (of.kind === "runtime" && of.native === "env") readNames(engine, call.argument(0), callee, site.node);
		return call.give(NOTHING);
	}
	if (of.kind === "string") return callStringMethod(call, name, of);
	if (of.kind === "unknown" && of.start !== undefined) {
		const start = startAfter(name, of.start, site.rest === undefined ? (site.arguments as Node[]) : []);
		return call.give(makeValue({ kind: "unknown", why: of.why, start }, of.context, of.site));
	}
	if (of.kind !== "object") return call.give(unknown("the result of a call"));
	if (of.thing.kind === "array") return callArrayMethod(call, name, of);
	if (of.thing.kind === "map" || of.thing.kind === "set") return callCollectionMethod(call, name, of);
	call.give(unknown("the result of a call"));
}

/** `f.call(self, …)`, `f.apply(self, array)`, `f.bind(self)`. */
function callThrough(call: Invocation, callee: MethodValue) {
	const { engine, site } = call;
	if (callee.name === "bind") {
		if (site.arguments.length <= 1 && site.rest === undefined) return call.give(callee.of);
		return engine.escape(callee.of, site.node, "passed on with arguments bound");
	}
	const inner: CallSite = {
		...engine.impliedSite(site, callee.name, []),
		arguments: callee.name === "call" ? site.arguments.slice(1) : [],
		rest: callee.name === "call" ? site.rest : new Cell(),
		self: call.argument(0),
		written: true,
	};
	if (inner.rest instanceof Cell) call.elementsOf(call.argument(1), inner.rest);
	engine.invoke(callee.of, inner, call.result);
}

/** Promises are transparent: `await` and `then` see the value itself. */
function callPromise(call: Invocation, callee: MethodValue) {
	const given = new Cell();
	const { solver } = call.engine;
	solver.add(given, callee.of);
	const failed = new Cell();
	solver.add(failed, unknown("an error"));
	const returned = new Cell();
	if (callee.name === "then") {
		call.callback(0, [given], returned);
		call.callback(1, [failed], returned);
	} else {
		call.callback(0, callee.name === "catch" ? [failed] : [], callee.name === "catch" ? returned : undefined);
		solver.add(returned, callee.of);
	}
	call.giveAll(returned);
}

function callStringMethod(call: Invocation, name: string, of: StringValue) {
	const { engine, site } = call;
	if (site.rest !== undefined || site.arguments.length > 3) return call.give(unknown("a computed value"));
	const step = (index: number, args: (string | RegExp)[], context: Value["context"]) => {
		if (index === site.arguments.length) return finish(call, name, of, args, context);
		const node = site.arguments[index] as Node;
		if (node.type === "Literal" && node.regex !== undefined) {
			const pattern = simplePattern(node.regex.pattern, node.regex.flags);
			if (pattern === undefined) return call.give(unknown("a computed value"));
			return step(index + 1, [...args, pattern], context);
		}
		engine.solver.each(call.argument(index), (value) => {
			const within = join(context, value.context);
			if (within === undefined) return;
			if (value.kind === "string") step(index + 1, [...args, value.text], within);
			else call.give(unknown("a computed value"));
		});
	};
	step(0, [], of.context);
}

function finish(
	call: Invocation,
	name: string,
	of: StringValue,
	args: readonly (string | RegExp)[],
	context: Value["context"],
) {
	const { engine } = call;
	const result = applyStringMethod(name, of.text, args);
	if (result === undefined)
		return call.give(makeValue({ kind: "unknown", why: "a computed value" }, context, of.site));
	if (typeof result === "string") {
		return call.give(makeValue({ kind: "string", text: result, numeric: false }, context, of.site));
	}
	const made = call.array(`split ${of.text} ${String(args[0])}`);
	for (const part of result) engine.solver.add(made.open, text(part));
	call.give(makeValue({ kind: "object", thing: made }, context));
}
