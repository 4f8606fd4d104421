/** Objects that call listeners: the listeners of each event, and the calls of them. */
import { wholeOf } from "../../engine/synthetic-objects.ts";
import {
	type CallSite,
	type ObjectValue,
	stringValue,
	type Value,
	type ValueSet,
} from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";

const ALL = "@@listeners";
/** The listeners of unknown events. */
const OTHER = "@@listeners of other events";

const slotOf = (event: string) => `@@listeners of ${event}`;

/** Adds a listener to each of some events. */
export function addListener(call: BuiltinCall, target: ObjectValue, events: ValueSet, listeners: ValueSet) {
	const { engine } = call;
	call.store(target, listeners, engine.property(target.object, ALL));
	engine.solver.onValue(events, (event) => {
		const slot = event.kind === "string" ? slotOf(event.text) : OTHER;
		call.store(target, listeners, engine.property(target.object, slot));
	});
}

/**
 * Calls the listeners of an event.
 * @param tag distinguishes several events of one call
 */
export function callListeners(
	call: BuiltinCall,
	target: ObjectValue,
	event: Value,
	args: readonly ValueSet[],
	tag = "",
) {
	const { engine, site } = call;
	// From the first spread on, positions are unknown. The last set contains all arguments from there.
	const isSpread = site.spreadArguments !== undefined;
	const siteOn = (receiver: Value): CallSite => ({
		...engine.syntheticSite(
			site,
			`listeners ${call.tag} ${event.key} ${tag} ${receiver.key}`,
			isSpread ? args.slice(0, -1) : args,
		),
		spreadArguments: isSpread ? args.at(-1) : undefined,
		receiver: engine.solver.singleton(receiver),
	});
	const slots = event.kind === "string" ? [slotOf(event.text), OTHER] : [ALL];
	for (const slot of slots)
		engine.solver.onValue(call.read(target, engine.property(target.object, slot)), (listener) => {
			if (listener.kind !== "object" || listener.object.kind === "function")
				return engine.invoke(listener, siteOn(wholeOf(target)), undefined);
			engine.readProperty(listener, "handleEvent", (method) =>
				engine.invoke(method, siteOn(listener), undefined),
			);
		});
}

/** Calls back with each function that may be a listener of a known event. */
export function onListener(call: BuiltinCall, target: ObjectValue, event: string, use: () => void) {
	for (const slot of [slotOf(event), OTHER])
		call.engine.solver.onValue(call.engine.property(target.object, slot), use);
}

/** Calls the listeners of each of some events. */
export function callListenersOf(
	call: BuiltinCall,
	target: ObjectValue,
	events: ValueSet,
	args: readonly ValueSet[],
) {
	call.engine.solver.onValue(events, (event) => callListeners(call, target, event, args));
}

/** Calls the listeners of a known event. */
export function callKnown(call: BuiltinCall, target: ObjectValue, event: string, args: readonly ValueSet[]) {
	callListeners(call, target, stringValue(event), args);
}
