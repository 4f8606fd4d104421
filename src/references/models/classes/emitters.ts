/** Models of emitters of `node:events`. */
import { wholeOf } from "../../engine/synthetic-objects.ts";
import {
	type ObjectValue,
	objectValue,
	unknownValue,
	type Value,
	type ValueSet,
} from "../../engine/values.ts";
import { isReplaced } from "../../environment/replaced.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import type { ClassModel } from "./class-model.ts";
import { addListener, callKnown, callListenersOf } from "./listeners.ts";

type Method = ClassModel["methods"][string];

export const EMITTER = "node:events.EventEmitter";

/** `emitter.on(event, listener)`, which notifies the listeners of `newListener`. */
const addToEmitter: Method = (call, emitter) => {
	addListener(call, emitter, call.argument(0), call.argument(1));
	callKnown(call, emitter, "newListener", [call.argument(0), call.argument(1)]);
	call.returnValue(emitter);
};
const removeFromEmitter: Method = (call, emitter) => {
	callKnown(call, emitter, "removeListener", [call.argument(0), call.argument(1)]);
	call.giveUpArguments();
	call.returnValue(emitter);
};

/** The most arguments of an event that `once` distinguishes. */
const EMITTED_MAX = 8;
const emittedSlot = (event: Value, index: number) =>
	event.kind === "string" ? `@@emitted ${index} ${event.text}` : `@@emitted ${index} by others`;

/** With the option `captureRejections`, the listeners of `error` get what other listeners reject with. */
function constructEmitter(call: BuiltinCall, emitter: ObjectValue) {
	call.giveUpArguments();
	for (const argument of call.arguments())
		call.engine.solver.onValue(argument, (options) => {
			if (options.kind !== "nothing") callWithRejections(call, emitter);
		});
}

function callWithRejections(call: BuiltinCall, emitter: ObjectValue) {
	const { engine } = call;
	const args = [engine.solver.singleton(unknownValue("the reason of a rejected promise"))];
	callKnown(call, emitter, "error", args);
	// An emitter may have a method with the key `Symbol.for("nodejs.rejection")`, which no code can spell as a name.
	const whole = wholeOf(emitter);
	const site = engine.syntheticSite(call.site, `rejection ${whole.key}`, [...args, ...args, ...args]);
	engine.solver.onValue(engine.property(whole.object, "@@nodejs.rejection"), (method) =>
		engine.invoke(method, { ...site, receiver: engine.solver.singleton(whole) }, undefined),
	);
}

/** `emitter.emit(event, …)` */
const emit: Method = (call, emitter) => {
	const { engine } = call;
	if (isReplaced(engine, "captureRejections")) callWithRejections(call, emitter);
	// A spread at the beginning contains the event too.
	const args = call.arguments(Math.min(1, call.site.arguments.length));
	callListenersOf(call, emitter, call.argument(0), args);
	engine.solver.onValue(call.argument(0), (event) => {
		const count = call.site.spreadArguments === undefined ? args.length : EMITTED_MAX;
		for (let index = 0; index < count; index++) {
			const argument = (args[index] ?? args.at(-1)) as ValueSet;
			call.store(emitter, argument, engine.property(emitter.object, emittedSlot(event, index)));
		}
		// Without a listener, `error` is thrown.
		if (event.kind !== "string" || event.text === "error" || args.length > EMITTED_MAX)
			call.giveUpArguments();
	});
	call.returnBooleans();
};

/** `once(emitter, event)` of `node:events`: the arguments of an event. */
export function onceEmitted(call: BuiltinCall) {
	const { engine } = call;
	engine.solver.onValue(call.argument(0), (emitter) => {
		if (emitter.kind !== "object" || emitter.object.builtinClass !== EMITTER) {
			engine.escape(emitter, call.site.node, "passed to code that the analysis cannot follow");
			return call.returnValue(unknownValue("the result of a call"));
		}
		const created = call.newArray(`emitted ${emitter.key}`);
		engine.solver.onValue(call.argument(1), (event) => {
			if (event.kind !== "string")
				return engine.solver.add(created.summary, unknownValue("what an event is emitted with"));
			for (let index = 0; index < EMITTED_MAX; index++)
				for (const slot of [emittedSlot(event, index), emittedSlot(unknownValue(""), index)])
					engine.solver.include(
						call.read(emitter, engine.property(emitter.object, slot)),
						engine.property(created, String(index)),
					);
		});
		call.returnValue(objectValue(created, emitter.context));
	});
	engine.solver.onValue(call.argument(2), (options) =>
		engine.escape(options, call.site.node, "passed to code that the analysis cannot follow"),
	);
}

export const EMITTER_MODEL: ClassModel = {
	construct: constructEmitter,
	methods: {
		...Object.fromEntries(
			["on", "addListener", "once", "prependListener", "prependOnceListener"].map((name) => [
				name,
				addToEmitter,
			]),
		),
		...Object.fromEntries(
			["off", "removeListener", "removeAllListeners"].map((name) => [name, removeFromEmitter]),
		),
		emit,
		setMaxListeners: (call, emitter) => call.returnValue(emitter),
		listenerCount: (call) => call.returnValue(unknownValue("a number of listeners")),
	},
};
