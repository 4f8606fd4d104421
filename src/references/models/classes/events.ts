import { setProperty, wholeOf } from "../../engine/synthetic-objects.ts";
import {
	BOOLEANS,
	NOTHING,
	type ObjectValue,
	stringValue,
	unknownValue,
	ValueSet,
} from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { type ClassModel, newOfClass, readSlot } from "./class-model.ts";
import { EMITTER, EMITTER_MODEL } from "./emitters.ts";
import { addListener, callKnown, callListeners } from "./listeners.ts";

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
		setProperty(engine, event.object, "@@target", engine.solver.singleton(wholeOf(target)));
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
	[EMITTER]: EMITTER_MODEL,
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
