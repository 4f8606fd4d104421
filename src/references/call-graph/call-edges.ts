/** The edges of the call graph, and the values that pass along them. */
import type { Scope } from "../engine/context.ts";
import { withCall } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { contains, enter, leave } from "../engine/origins.ts";
import { type AbstractObject, type CallEdge, type Value, withContext } from "../engine/values.ts";

/** The listeners of a function: for calls of it, and for its escape to code outside the analysis. */
export function makeCallEdges(
	engine: Engine,
): Pick<Engine, "onCallEdge" | "onEscape" | "enterCall" | "leaveCall"> {
	return {
		onCallEdge(fn, listener) {
			fn.callEdgeListeners.push(listener);
			for (const call of fn.callEdges.values()) engine.solver.enqueue(() => listener(call));
			engine.track(fn);
		},
		onEscape(fn, listener) {
			if (fn.escaped) engine.solver.enqueue(listener);
			else fn.escapeListeners.push(listener);
			engine.track(fn);
		},
		enterCall,
		leaveCall: (value, fn, call) => leaveCall(engine, value, fn, call),
	};
}

function scopeOf({ id, node }: AbstractObject): Scope {
	return { id, start: node.start, end: node.end };
}

/** An argument in the context of the called function: its context gains the call. */
export function enterCall(value: Value, fn: AbstractObject, call: CallEdge): Value | undefined {
	const entered = enter(value, fn.node, fn.id, call.context);
	if (entered === undefined) return undefined;
	const mayBeName = call.site.isInSource && (value.kind === "string" || value.kind === "unknown");
	// For a call that a function makes of itself, the context keeps the outer call. Distinguishing recursive calls would
	// add contexts but no precision.
	const isOwn = contains(fn.node, call.site.node);
	return withContext(
		entered,
		isOwn ? entered.context : withCall(entered.context, scopeOf(fn), call.site.id),
		value.reportAt ?? (mayBeName ? call.site.node : undefined),
	);
}

/**
 * A result in the caller's context: its context loses the call. For an object that the function creates, the call
 * becomes the origin. A value that the upload's own function returns to a dependency is reported at that function,
 * since accesses in dependencies are not reported.
 */
export function leaveCall(
	engine: Engine,
	value: Value,
	fn: AbstractObject,
	{ site, context }: CallEdge,
): Value | undefined {
	const left = leave(value, fn.node, { scope: scopeOf(fn), call: site.id, isOrigin: true }, context);
	if (left === undefined) return undefined;
	if (value.reportAt === site.node) return withContext({ ...left, reportAt: undefined }, left.context);
	const isHandedOver = left.kind === "unknown" && left.reportAt === undefined;
	if (!isHandedOver || engine.isDependency(fn.node) || !engine.isDependency(site.node)) return left;
	return withContext(left, left.context, fn.node);
}
