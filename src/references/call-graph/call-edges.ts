/** The edges of the call graph, and how values cross them. */
import type { Node } from "../bundle/syntax.ts";
import { callInto, unify, withCall, withoutCall } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { type AbstractObject, type CallEdge, type Value, withContext } from "../engine/values.ts";

/** The listeners of a function: for calls of it, and for its escape to code beyond the analysis. */
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
		leaveCall,
	};
}

/** An argument as the called function sees it. Its context gains the call. */
export function enterCall(value: Value, fn: AbstractObject, call: CallEdge): Value | undefined {
	const context = unify(withoutCall(value.context, fn.id), call.context);
	if (context === undefined) return undefined;
	const mayBeName = call.site.isInSource && (value.kind === "string" || value.kind === "unknown");
	// For a call that a function makes of itself, the context keeps the outer call. Telling recursive calls
	// apart would add contexts and no precision.
	const isOwn = isInside(call.site.node, fn.node);
	return withContext(
		value,
		isOwn ? context : withCall(context, fn.id, call.site.id),
		value.reportAt ?? (mayBeName ? call.site.node : undefined),
	);
}

/**
 * A result as the caller sees it. Its context loses the call, except for an object that the function creates:
 * each call creates another one.
 */
export function leaveCall(value: Value, fn: AbstractObject, { site, context }: CallEdge): Value | undefined {
	const call = callInto(value.context, fn.id);
	if (call !== undefined && call !== site.id) return undefined;
	const unified = unify(withoutCall(value.context, fn.id), context);
	if (unified === undefined) return undefined;
	const isCreatedInside =
		value.kind === "method" || (value.kind === "object" && isInside(value.object.node, fn.node));
	const unattributed =
		value.reportAt === site.node ? withContext({ ...value, reportAt: undefined }, value.context) : value;
	return withContext(
		unattributed,
		isCreatedInside ? withCall(unified, fn.id, site.id) : unified,
		unattributed.reportAt,
	);
}

/** Whether a node lies within another one. */
function isInside(node: Node, outer: Node): boolean {
	return node.start >= outer.start && node.end <= outer.end;
}
