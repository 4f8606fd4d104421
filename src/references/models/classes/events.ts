import { setProperty } from "../../engine/synthetic-objects.ts";
import {
	BOOLEANS,
	NOTHING,
	type ObjectValue,
	objectValue,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
} from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { type ClassModel, newOfClass, readSlot } from "./class-model.ts";
import { addListener, callKnown, callListeners, callListenersOf } from "./listeners.ts";

type Field = NonNullable<ClassModel["fields"]>[string];
type Method = ClassModel["methods"][string];

const slotField =
	(slot: string): Field =>
	(engine, holder, into) =>
		readSlot(engine, holder, slot, into);
const unknownField: Field = (_engine, _holder, into) => into(unknownValue("a part of an event"));
const booleanField: Field = (_engine, _holder, into) => BOOLEANS.forEach(into);

/** Fills an event from `new Event(type, { detail })`. */
function makeEvent(call: BuiltinCall, event: ObjectValue) {
	const { engine } = call;
	setProperty(engine, event.object, "@@type", call.argument(0));
	const detail = engine.property(event.object, "@@detail");
	engine.solver.add(detail, NOTHING);
	engine.solver.onValue(call.argument(1), (init) =>
		engine.readProperty(init, "detail", (found) => engine.solver.add(detail, found)),
	);
}

const EVENT: ClassModel = {
	construct: makeEvent,
	methods: Object.fromEntries(
		["preventDefault", "stopPropagation", "stopImmediatePropagation"].map((name): [string, Method] => [
			name,
			(call) => call.returnValue(NOTHING),
		]),
	),
	fields: {
		type: slotField("@@type"),
		detail: slotField("@@detail"),
		target: slotField("@@target"),
		currentTarget: slotField("@@target"),
		srcElement: slotField("@@target"),
		defaultPrevented: booleanField,
		cancelable: booleanField,
		bubbles: booleanField,
		timeStamp: unknownField,
		eventPhase: unknownField,
	},
};

const listen: Method = (call, target) => {
	addListener(call, target, call.argument(0), call.argument(1));
	call.returnValue(NOTHING);
};

/** `target.dispatchEvent(event)` */
const dispatch: Method = (call, target) => {
	const { engine } = call;
	call.returnBooleans();
	engine.solver.onValue(call.argument(0), (event) => {
		const args = [engine.solver.singleton(event)];
		if (event.kind !== "object") return callListeners(call, target, unknownValue("an event"), args);
		setProperty(engine, event.object, "@@target", engine.solver.singleton(target));
		engine.readProperty(event, "type", (type) => callListeners(call, target, type, args, event.key));
	});
};

const TARGET_METHODS: ClassModel["methods"] = {
	addEventListener: listen,
	removeEventListener: (call) => call.returnValue(NOTHING),
	dispatchEvent: dispatch,
};

/** `controller.abort(reason)` notifies the listeners of the signal. */
const abort: Method = (call, controller) => {
	const { engine } = call;
	// Code that checks the signal's state may throw the reason, and any code may catch it.
	call.giveUpArguments();
	readSlot(engine, controller, "@@signal", (signal) => {
		if (signal.kind !== "object") return;
		const reason = new ValueSet();
		engine.solver.onValue(call.argument(0), (given) =>
			engine.solver.add(reason, given.kind === "nothing" ? unknownValue("why a signal is aborted") : given),
		);
		call.store(signal, reason, engine.property(signal.object, "@@reason"));
		const event = newOfClass(call, "Event", undefined, signal.key);
		engine.solver.add(engine.property(event.object, "@@type"), stringValue("abort"));
		engine.solver.add(engine.property(event.object, "@@target"), signal);
		const args = [engine.solver.singleton(event)];
		callKnown(call, signal, "abort", args);
		const site = engine.syntheticSite(call.site, `onabort ${signal.key}`, args);
		engine.solver.onValue(engine.property(signal.object, "onabort"), (handler) =>
			engine.invoke(handler, { ...site, receiver: engine.solver.singleton(signal) }, undefined),
		);
	});
	call.returnValue(NOTHING);
};

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

/** `emitter.emit(event, …)` */
const emit: Method = (call, emitter) => {
	const { engine } = call;
	const args = call.arguments(1);
	callListenersOf(call, emitter, call.argument(0), args);
	engine.solver.onValue(call.argument(0), (event) => {
		for (const [index, argument] of args.entries())
			call.store(emitter, argument, engine.property(emitter.object, emittedSlot(event, index)));
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

const EMITTER = "node:events.EventEmitter";

/** `storage.run(store, f, …)` of `AsyncLocalStorage` */
function runWithStore(call: BuiltinCall, storage: ObjectValue, index: number) {
	const { engine } = call;
	if (index > 0) call.store(storage, call.argument(0), engine.property(storage.object, "@@store"));
	const returned = new ValueSet();
	call.invokeCallback(index, call.arguments(index + 1), returned);
	call.returnAll(returned);
}

export const EVENT_MODELS: Readonly<Record<string, ClassModel>> = {
	EventTarget: { construct: () => undefined, methods: TARGET_METHODS },
	Event: EVENT,
	CustomEvent: EVENT,
	AbortController: {
		construct: (call, controller) => {
			const signal = newOfClass(call, "AbortSignal", controller);
			const { engine } = call;
			engine.solver.add(engine.property(signal.object, "@@reason"), NOTHING);
			setProperty(engine, controller.object, "@@signal", engine.solver.singleton(signal));
		},
		methods: { abort },
		fields: { signal: slotField("@@signal") },
	},
	AbortSignal: {
		methods: { ...TARGET_METHODS, throwIfAborted: (call) => call.returnValue(NOTHING) },
		fields: { reason: slotField("@@reason"), aborted: booleanField },
		assignable: new Set(["onabort"]),
	},
	[EMITTER]: {
		construct: (call) => call.giveUpArguments(),
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
	},
	AsyncLocalStorage: {
		construct: (call) => call.giveUpArguments(),
		methods: {
			run: (call, storage) => runWithStore(call, storage, 1),
			exit: (call, storage) => runWithStore(call, storage, 0),
			enterWith: (call, storage) => {
				call.store(storage, call.argument(0), call.engine.property(storage.object, "@@store"));
				call.returnValue(NOTHING);
			},
			getStore: (call, storage) => {
				call.returnValue(NOTHING);
				call.returnAll(call.read(storage, call.engine.property(storage.object, "@@store")));
			},
			disable: (call) => call.returnValue(NOTHING),
		},
	},
};
