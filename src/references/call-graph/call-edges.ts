import type { Node } from "../bundle/syntax.ts";
import { callOf, join, withCall, withoutCall } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { type Call, place, type Thing, type Value } from "../engine/values.ts";

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
export function enter(value: Value, fn: Thing, call: Call): Value | undefined {
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
export function leave(value: Value, fn: Thing, { site, context }: Call): Value | undefined {
	const call = callOf(value.context, fn.id);
	if (call !== undefined && call !== site.id) return undefined;
	const within = join(withoutCall(value.context, fn.id), context);
	if (within === undefined) return undefined;
	const made = value.kind === "method" || (value.kind === "object" && isInside(value.thing.node, fn.node));
	const seen = value.site === site.node ? place({ ...value, site: undefined }, value.context) : value;
	return place(seen, made ? withCall(within, fn.id, site.id) : within, seen.site);
}
function isInside(node: Node, outer: Node): boolean {
	return node.start >= outer.start && node.end <= outer.end;
}
