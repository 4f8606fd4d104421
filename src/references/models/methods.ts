/** Models of built-in methods, by the kind of value that they are called on. */
import type { Node } from "../bundle/syntax.ts";
import { unify } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import {
	type CallSite,
	type MethodValue,
	makeValue,
	type StringValue,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
} from "../engine/values.ts";
import { recordReads } from "../environment/name-reads.ts";
import { callArrayMethod } from "./arrays.ts";
import { BuiltinCall, returnBoolean } from "./builtin-call.ts";
import { requireModule } from "./bundler-helpers.ts";
import { callCollectionMethod } from "./collections.ts";
import { safePattern } from "./safe-patterns.ts";
import { applyStringMethod, prefixAfter } from "./strings.ts";

/** Calls a built-in method of a known value. */
export function callMethod(
	engine: Engine,
	callee: MethodValue,
	site: CallSite,
	result: ValueSet | undefined,
) {
	const { receiver, name } = callee;
	const call = new BuiltinCall(engine, site, result, callee.context, receiver.key);
	if (name === "call" || name === "apply" || name === "bind") return callWithReceiver(call, callee);
	if (name === "then" || name === "catch" || name === "finally") return callPromise(call, callee);
	if (name === "require") return requireModule(call, callee);
	if (name === "hasOwnProperty" || name === "propertyIsEnumerable") {
		if (receiver.kind === "runtime" && receiver.api === "env")
			recordReads(engine, call.argument(0), callee, site.node);
		return returnBoolean(call);
	}
	if (receiver.kind === "string") return callStringMethod(call, name, receiver);
	if (receiver.kind === "unknown" && receiver.prefix !== undefined) {
		const prefix = prefixAfter(
			name,
			receiver.prefix,
			site.spreadArguments === undefined ? (site.arguments as Node[]) : [],
		);
		return call.returnValue(
			makeValue({ kind: "unknown", why: receiver.why, prefix }, receiver.context, receiver.reportAt),
		);
	}
	if (receiver.kind !== "object") return call.giveUp();
	if (receiver.object.kind === "array") return callArrayMethod(call, name, receiver);
	if (receiver.object.kind === "map" || receiver.object.kind === "set")
		return callCollectionMethod(call, name, receiver);
	call.giveUp();
}

/** `f.call(receiver, …)`, `f.apply(receiver, array)` and `f.bind(receiver)`. */
function callWithReceiver(call: BuiltinCall, callee: MethodValue) {
	const { engine, site } = call;
	if (callee.name === "bind") {
		if (site.arguments.length <= 1 && site.spreadArguments === undefined)
			return call.returnValue(callee.receiver);
		return engine.escape(callee.receiver, site.node, "bound to arguments");
	}
	const inner: CallSite = {
		...engine.syntheticSite(site, callee.name, []),
		arguments: callee.name === "call" ? site.arguments.slice(1) : [],
		spreadArguments: callee.name === "call" ? site.spreadArguments : new ValueSet(),
		receiver: call.argument(0),
		isInSource: true,
	};
	if (inner.spreadArguments instanceof ValueSet) call.iterateInto(call.argument(1), inner.spreadArguments);
	engine.invoke(callee.receiver, inner, call.result);
}

/** `then`, `catch` and `finally`. A promise is taken for the value that it resolves to. */
function callPromise(call: BuiltinCall, callee: MethodValue) {
	const { solver } = call.engine;
	const resolved = solver.singleton(callee.receiver);
	const failed = solver.singleton(unknownValue("an error"));
	const returned = new ValueSet();
	if (callee.name === "then") {
		call.invokeCallback(0, [resolved], returned);
		call.invokeCallback(1, [failed], returned);
	} else {
		call.invokeCallback(
			0,
			callee.name === "catch" ? [failed] : [],
			callee.name === "catch" ? returned : undefined,
		);
		solver.add(returned, callee.receiver);
	}
	call.returnAll(returned);
}

/** Calls a method of a known string, with every combination of known arguments. */
function callStringMethod(call: BuiltinCall, name: string, receiver: StringValue) {
	const { engine, site } = call;
	if (site.spreadArguments !== undefined || site.arguments.length > 3) return call.giveUp("a computed value");
	const step = (index: number, args: (string | RegExp)[], context: Value["context"]) => {
		if (index === site.arguments.length) return returnStringResult(call, name, receiver, args, context);
		const node = site.arguments[index] as Node;
		if (node.type === "Literal" && node.regex !== undefined) {
			const pattern = safePattern(node.regex.pattern, node.regex.flags);
			if (pattern === undefined) return call.giveUp("a computed value");
			return step(index + 1, [...args, pattern], context);
		}
		engine.solver.onValue(call.argument(index), (value) => {
			const within = unify(context, value.context);
			if (within === undefined) return;
			if (value.kind === "string") step(index + 1, [...args, value.text], within);
			else call.giveUp("a computed value");
		});
	};
	step(0, [], receiver.context);
}

/** Runs a method of a string on known arguments and returns the result. */
function returnStringResult(
	call: BuiltinCall,
	name: string,
	receiver: StringValue,
	args: readonly (string | RegExp)[],
	context: Value["context"],
) {
	const { engine } = call;
	const result = applyStringMethod(name, receiver.text, args);
	if (result === undefined)
		return call.returnValue(
			makeValue({ kind: "unknown", why: "a computed value" }, context, receiver.reportAt),
		);
	if (typeof result === "string") {
		return call.returnValue(
			makeValue({ kind: "string", text: result, numeric: false }, context, receiver.reportAt),
		);
	}
	const created = call.newArray(`split ${receiver.text} ${String(args[0])}`);
	for (const part of result) engine.solver.add(created.summary, stringValue(part));
	call.returnValue(makeValue({ kind: "object", object: created }, context));
}
