/**
 * Forward analysis of member expressions: follows values that are read from or stored in properties. Reads of
 * `process.env.X` are recorded here.
 */
import { isTarget, type Node, staticKey, thisOwner } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { callSetters, keyOf, storeUnder } from "../engine/stores.ts";
import { type ObjectValue, unknownValue, type Value, type ValueSet } from "../engine/values.ts";
import { objectReads } from "../environment/object-reads.ts";
import { replaceGlobal } from "../environment/replaced.ts";
import { reportAssignedMethod } from "../environment/spread-copies.ts";
import { assignThroughProxy, listThroughProxy } from "../models/proxies.ts";

/** Follows a value that is the object of a member expression: it is read from or assigned to. */
export function propagateMember(engine: Engine, value: Value, member: Node) {
	const parent = member.parent;
	if (member.object.parent !== member) return;
	const isAssigned = isTarget(member);
	const isCompound =
		(parent?.type === "AssignmentExpression" && parent.operator !== "=" && isAssigned) ||
		parent?.type === "UpdateExpression";
	if (isAssigned && !isCompound) return includeAssigned(engine, value, member);
	if (isCompound) includeAssigned(engine, value, member);
	if (parent?.type === "UnaryExpression" && parent.operator === "delete") {
		if (value.kind === "object") engine.solver.add(value.object.lessened, unknownValue("a computed value"));
		return;
	}
	const key = staticKey(member.property, member.computed);
	if (value.kind === "object" && isCallee(member)) escapeToUnknownMethod(engine, value, member);
	if (key !== undefined) {
		if (!isOwnMethod(value, member, key)) objectReads.ofKey(engine, value, key, member);
		return engine.readProperty(value, key, (found) => engine.propagate(found, member));
	}
	const keys = engine.evaluate(member.property);
	objectReads.ofComputedKeys(engine, value, keys, member);
	if (value.kind === "runtime" && value.api === "env") return;
	const seen = new Set<string | undefined>();
	engine.solver.onValue(keys, (by) => {
		const name = by.kind === "string" ? by.text : undefined;
		if (seen.has(name) || by.kind === "nothing") return;
		seen.add(name);
		engine.readProperty(value, name, (found) => engine.propagate(found, member));
	});
}

function isCallee(member: Node): boolean {
	const called = member.parent?.type === "ChainExpression" ? member.parent : member;
	const { parent } = called;
	if (parent?.type === "TaggedTemplateExpression") return parent.tag === called;
	return parent?.type === "CallExpression" && parent.callee === called;
}

/** An unknown method may do anything with the object that it is called on. */
function escapeToUnknownMethod(engine: Engine, value: Value, member: Node) {
	engine.solver.onValue(engine.evaluate(member), (method) => {
		if (method.kind === "unknown")
			engine.escape(value, member, "the receiver of a method that the analysis cannot follow");
	});
}

const PROMISE_METHODS = new Set(["then", "catch", "finally"]);

/** Whether `env.key(…)` calls a method that every object has, and reads no variable. */
function isOwnMethod(value: Value, member: Node, key: string): boolean {
	if (value.kind !== "runtime" || value.api !== "env") return false;
	const called = member.parent?.type === "CallExpression" && member.parent.callee === member;
	return (
		called &&
		(PROMISE_METHODS.has(key) ||
			["hasOwnProperty", "propertyIsEnumerable", "toString", "valueOf"].includes(key))
	);
}

/** Includes a value that is assigned to a property of the value. */
function includeAssigned(engine: Engine, value: Value, member: Node) {
	if (value.kind === "runtime") {
		const name = staticKey(member.property, member.computed);
		if (value.api === "env") reportAssignedMethod(engine, name, engine.assigned(member), member);
		if (!engine.isForeign(member)) replaceGlobal(engine, value.api, name);
		return;
	}
	if (value.kind !== "object") return;
	const source = engine.assigned(member);
	const key = staticKey(member.property, member.computed);
	const { object } = value;
	if (member.object.type === "Super") return includeInThis(engine, value, key, member, source);
	if (key === "__proto__") return engine.copyProperties(object, source);
	const include = (by: string | undefined) =>
		engine.solver.onValue(engine.evaluate(member.object), (holder) => {
			if (holder.kind !== "object" || holder.object !== object) return;
			if (object.proxyHandler !== undefined) assignThroughProxy(engine, object, by, source, member);
			storeUnder(engine, holder, by, source);
			callSetters(engine, holder, by, source, member);
		});
	if (key !== undefined) return include(key);
	const seen = new Set<string | undefined>();
	engine.solver.onValue(engine.evaluate(member.property), (by) => {
		const name = keyOf(by);
		if (by.kind === "nothing" || seen.has(name)) return;
		seen.add(name);
		include(name);
	});
}

/** `super.key = …` assigns to `this`, or calls a setter that a superclass has. */
function includeInThis(
	engine: Engine,
	base: ObjectValue,
	key: string | undefined,
	member: Node,
	source: ValueSet,
) {
	const self = engine.thisValue(thisOwner(member));
	callSetters(engine, base, key, source, member, self);
	engine.solver.onValue(self, (holder) => {
		if (holder.kind === "object") storeUnder(engine, holder, key, source);
	});
}

/** Follows a propagated value that is stored in a property. The object that contains it is propagated from now on. */
export function propagateStore(engine: Engine, value: Value, member: Node) {
	const key = staticKey(member.property, member.computed);
	if (key === "__proto__") objectReads.ofEverything(engine, value, member, "the environment is a prototype");
	engine.solver.onValue(engine.evaluate(member.object), (holder) => {
		listThroughProxy(engine, value);
		if (holder.kind === "object") return engine.track(holder.object);
		// A promise has the values that it resolves to.
		const mayBePromise = key !== undefined && PROMISE_METHODS.has(key);
		if ((holder.kind === "nothing" || holder.kind === "string") && !mayBePromise) return;
		if (holder.kind === "runtime" && holder.api === "env") return;
		engine.escape(value, member, "stored where the analysis cannot follow it");
	});
}
