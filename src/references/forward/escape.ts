/** Escape: values that reach code outside the analysis. */
import type { Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { type AbstractObject, objectValue, unknownValue, type Value } from "../engine/values.ts";
import { callFromOutside, isBound } from "../models/bound-functions.ts";
import { isText } from "../models/classes/index.ts";

/** The value of properties that code outside the analysis may assign. */
const ASSIGNED_ELSEWHERE = unknownValue("a value that other code may change");

/** What an instance that other code makes inherits from a built-in class. */
const MADE_ELSEWHERE = unknownValue("a part of an object that other code makes");

/**
 * Records that code outside the analysis can access a value. Such code may read everything that the value contains,
 * call functions with anything, and assign anything to properties.
 */
export function makeEscape(engine: Engine): Engine["escape"] {
	const escaped = new Set<AbstractObject>();
	const written = new Set<AbstractObject>();
	const called = new Set<string>();
	return (value, node, why, isWritten = true) => {
		if (value.kind === "runtime") return escapeRuntime(engine, value.api, node, why);
		if (value.kind === "method") {
			const { receiver } = value;
			const giveUp = () => engine.escape(receiver, node, why, isWritten);
			if (receiver.kind !== "object" || !isBound(receiver.object)) return giveUp();
			const key = `${receiver.object.id} ${isWritten}`;
			if (called.has(key)) return;
			called.add(key);
			const give = (returned: Value) => engine.escape(returned, node, why);
			return callFromOutside(engine, receiver.object, node, give, giveUp);
		}
		if (value.kind !== "object") return;
		const { object } = value;
		if (isText(object)) return;
		if (isWritten && !written.has(object)) {
			written.add(object);
			if (!isNamespace(engine, object)) writeAnything(engine, object);
		} else if (escaped.has(object)) return;
		escaped.add(object);
		if (object.partOf !== undefined) engine.escape(objectValue(object.partOf), node, why, isWritten);
		if (object.kind === "function" && !object.escaped) {
			object.escaped = true;
			engine.reach(object.node);
			for (const listener of object.escapeListeners) engine.solver.enqueue(listener);
		}
		for (const held of heldBy(engine, object))
			engine.solver.onValue(held, (inner) => {
				if (!leadsToFunction(engine, object, inner)) engine.escape(inner, node, why, isWritten);
			});
	};
}

/**
 * Whether a value is `Function`, held by an object that a package made. Every object leads to it by its constructor, so
 * other code gets nothing that it does not have.
 */
function leadsToFunction(engine: Engine, { node }: AbstractObject, value: Value): boolean {
	return value.kind === "runtime" && value.api === "Function" && engine.isForeign(node);
}

/** The values that code outside the analysis can reach through an object. */
function heldBy(engine: Engine, object: AbstractObject) {
	const held = [engine.anyProperty(object), object.keys, object.finalValues];
	held.push(engine.accessors(object, "set", undefined));
	if (object.proxyHandler !== undefined) held.push(object.proxyHandler);
	if (object.isConstructed) held.push(object.parts);
	if (object.kind === "class") {
		const outside = engine.objects.externalInstance(object);
		engine.solver.add(outside.parts, MADE_ELSEWHERE);
		held.push(engine.solver.singleton(objectValue(outside)));
		const own = (object.node.body.body as Node[]).find((member) => member.kind === "constructor");
		if (own) held.push(engine.evaluate(own.value));
	}
	return held;
}

/** Any property may hold anything from now on. Private names are out of reach. */
function writeAnything(engine: Engine, object: AbstractObject) {
	engine.track(object);
	engine.solver.add(object.summary, ASSIGNED_ELSEWHERE);
	engine.solver.add(object.keys, ASSIGNED_ELSEWHERE);
	engine.solver.add(object.resized, ASSIGNED_ELSEWHERE);
	engine.solver.add(object.received, ASSIGNED_ELSEWHERE);
}

/** Whether esbuild's `__export` defines the properties of an object: getters that no code can replace. */
function isNamespace({ scopes }: Engine, { node, kind }: AbstractObject): boolean {
	const { parent } = node;
	if (kind !== "plain" || node.type !== "ObjectExpression" || node.properties.length > 0) return false;
	const binding =
		parent?.type === "VariableDeclarator" && parent.id.type === "Identifier"
			? scopes.resolve(parent.id)
			: undefined;
	if (binding?.scope.type !== "Program" || scopes.uses(binding).writes.length > 0) return false;
	return scopes
		.uses(binding)
		.reads.some(
			({ parent: call, start }) =>
				call?.type === "CallExpression" &&
				call.arguments[0]?.start === start &&
				/^__export\d*$/.test(call.callee.name),
		);
}

function escapeRuntime(engine: Engine, name: string, node: Node, why: string) {
	if (name === "env" || name === "Deno.env" || name === "secrets") {
		engine.findings.addDynamic(node, `the whole environment is ${why}`);
	} else if (name === "get" || name === "has" || name === "toObject") {
		engine.findings.addDynamic(node, `a reader of the environment is ${why}`);
	} else if (name === "global") {
		engine.findings.addDynamic(node, `\`globalThis\` is ${why}`);
	} else if (name === "Deno" || name === "process" || name === "eval" || name === "require") {
		engine.findings.addDynamic(node, `\`${name}\` is ${why}`);
	} else if (name !== "write" && name !== "import.meta") {
		engine.findings.addDynamic(node, `a function that runs other code is ${why}`);
	}
}
