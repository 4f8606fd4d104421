/** Models of streams that code reads from, and of what pipes them into others. */
import {
	BOOLEANS,
	NOTHING,
	type ObjectValue,
	objectValue,
	unknownValue,
	type Value,
	type ValueSet,
} from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { type ClassModel, newOfClass, readSlot } from "../classes/class-model.ts";
import { eachPart } from "../subclasses/parts.ts";

/** What a stream gives to those that read from it. */
export const CHUNKS = "@@chunks";
/** The stream of a controller, a reader or a writer. */
export const STREAM = "@@stream";
export const PASSED = "passed to code that the analysis cannot follow";

type Method = ClassModel["methods"][string];
export type Field = NonNullable<ClassModel["fields"]>[string];

export const unknownField: Field = (_engine, _holder, into) => into(unknownValue("the state of a stream"));
const booleanField: Field = (_engine, _holder, into) => BOOLEANS.forEach(into);
/** A promise without a value. */
export const emptyField: Field = (_engine, _holder, into) => into(NOTHING);
export const returnNothing: Method = (call) => call.returnValue(NOTHING);

/** A stream ends with a reason. What reads from it, or from streams that it is piped into, is rejected with the reason. */
export const endWith: Method = (call) => {
	call.giveUpArguments();
	call.engine.thrown.rejectUnknown();
	call.returnValue(NOTHING);
};

/** Calls a method of the object that a stream was made from, if it has the method. */
export function callSource(
	call: BuiltinCall,
	source: Value,
	name: string,
	args: readonly ValueSet[],
	isUnknown = (method: Value) => method.kind === "unknown",
) {
	const { engine, site } = call;
	const inner = {
		...engine.syntheticSite(site, `${name} ${call.tag} ${source.key}`, args),
		receiver: engine.solver.singleton(source),
	};
	engine.readProperty(source, name, (method) => {
		if (isUnknown(method))
			for (const argument of args)
				engine.solver.onValue(argument, (value) => engine.escape(value, site.node, PASSED));
		engine.invoke(method, inner, undefined);
	});
}

/** Why streams end is not known. */
export const REASON = unknownValue("why a stream ends");

/**
 * An object of a class that belongs to a stream.
 * @param within the object that the call returns to the code instead; undefined if it returns this one
 */
export function ofStream(
	call: BuiltinCall,
	name: string,
	stream: ObjectValue,
	within?: ObjectValue,
): ObjectValue {
	const created = newOfClass(call, name, within, stream.key);
	call.engine.solver.add(call.engine.property(created.object, STREAM), stream);
	return created;
}

/** Adds chunks to the stream of a controller. */
const enqueue: Method = (call, controller) => {
	const { engine } = call;
	readSlot(engine, controller, STREAM, (stream) => {
		if (stream.kind === "object")
			call.store(stream, call.argument(0), engine.property(stream.object, CHUNKS));
	});
	call.returnValue(NOTHING);
};

/** `new ReadableStream(source)` */
function construct(call: BuiltinCall, stream: ObjectValue) {
	const { engine } = call;
	for (const argument of call.arguments(1))
		engine.solver.onValue(argument, (strategy) => engine.escape(strategy, call.site.node, PASSED));
	const controller = ofStream(call, "ReadableStreamDefaultController", stream, stream);
	const given = engine.solver.singleton(controller);
	engine.solver.onValue(call.argument(0), (source) => {
		if (source.kind === "nothing") return;
		if (source.kind !== "object") {
			engine.solver.add(engine.property(stream.object, CHUNKS), unknownValue("a part of a stream"));
			return engine.escape(source, call.site.node, PASSED);
		}
		// Streams of bytes have other controllers.
		engine.readProperty(source, "type", (type) => {
			if (type.kind !== "nothing") engine.escape(stream, call.site.node, PASSED);
		});
		callSource(call, source, "start", [given]);
		callSource(call, source, "pull", [given]);
		callSource(call, source, "cancel", [engine.solver.singleton(REASON)]);
	});
}

/** The chunks of a stream. */
export function chunksOf(call: BuiltinCall, stream: ObjectValue): ValueSet {
	return call.read(stream, call.engine.property(stream.object, CHUNKS));
}

/** An iterator over the chunks. */
const iterateChunks: Method = (call, stream) => {
	const created = call.newArray(`chunks ${call.tag}`);
	call.engine.solver.include(chunksOf(call, stream), created.summary);
	call.returnValue(objectValue(created, stream.context));
};

/** `reader.read()` */
const read: Method = (call, reader) => {
	const { engine, site } = call;
	const result = engine.objects.allocate(site.node, `chunk ${call.tag}`, "plain");
	result.populated = true;
	const value = engine.property(result, "value");
	engine.solver.add(value, NOTHING);
	const done = engine.property(result, "done");
	for (const boolean of BOOLEANS) engine.solver.add(done, boolean);
	readSlot(engine, reader, STREAM, (stream) => {
		if (stream.kind === "object") engine.solver.include(chunksOf(call, stream), value);
	});
	call.returnValue(objectValue(result, reader.context));
};

/** Writes the chunks of a stream to another one. */
function pipeInto(call: BuiltinCall, stream: ObjectValue, writable: Value) {
	const { engine, site } = call;
	const chunks = chunksOf(call, stream);
	if (writable.kind === "object" && writable.object.isConstructed)
		return eachPart(engine, writable, (part) => pipeInto(call, stream, part));
	const isKnown = writable.kind === "object" && writable.object.builtinClass === "WritableStream";
	if (isKnown) return call.store(writable, chunks, engine.property(writable.object, CHUNKS));
	engine.escape(writable, site.node, PASSED);
	engine.solver.onValue(chunks, (value) => engine.escape(value, site.node, PASSED));
}

/** The options of a pipe may have a signal, which ends the streams. */
function endByOptions(call: BuiltinCall) {
	call.engine.solver.onValue(call.argument(1), (options) => {
		if (options.kind === "nothing") return;
		call.engine.escape(options, call.site.node, PASSED);
		call.engine.thrown.rejectUnknown();
	});
}

const pipeThrough: Method = (call, stream) => {
	const { engine } = call;
	endByOptions(call);
	engine.solver.onValue(call.argument(0), (pair) => {
		engine.readProperty(pair, "writable", (writable) => pipeInto(call, stream, writable));
		engine.readProperty(pair, "readable", (readable) => call.returnValue(readable));
	});
};

const pipeTo: Method = (call, stream) => {
	endByOptions(call);
	call.engine.solver.onValue(call.argument(0), (writable) => pipeInto(call, stream, writable));
	call.returnValue(NOTHING);
};

/** `stream.tee()`: two streams with the same chunks. */
const tee: Method = (call, stream) => {
	const created = call.newArray(`tee ${call.tag}`);
	call.engine.solver.add(created.summary, objectValue(stream.object));
	call.returnValue(objectValue(created, stream.context));
};

const getReader: Method = (call, stream) => {
	// A reader of bytes gets what it reads in an array of the code.
	call.engine.solver.onValue(call.argument(0), (options) => {
		if (options.kind !== "nothing") call.engine.escape(stream, call.site.node, PASSED);
	});
	call.returnValue(ofStream(call, "ReadableStreamDefaultReader", stream));
};

/** `ReadableStream.from(iterable)` */
export function streamFrom(call: BuiltinCall) {
	if (call.site.spreadArguments !== undefined) return call.giveUp();
	const stream = newOfClass(call, "ReadableStream");
	call.iterateInto(call.argument(0), call.engine.property(stream.object, CHUNKS));
	call.returnValue(stream);
}

export const READABLE_MODELS: Readonly<Record<string, ClassModel>> = {
	ReadableStream: {
		construct,
		methods: {
			getReader,
			pipeThrough,
			pipeTo,
			tee,
			cancel: endWith,
			values: iterateChunks,
			"@@asyncIterator": iterateChunks,
		},
		fields: { locked: booleanField },
	},
	ReadableStreamDefaultController: {
		methods: { enqueue, close: returnNothing, error: endWith },
		fields: { desiredSize: unknownField },
	},
	ReadableStreamDefaultReader: {
		methods: { read, releaseLock: returnNothing, cancel: endWith },
		fields: { closed: emptyField },
	},
	TransformStreamDefaultController: {
		methods: { enqueue, terminate: returnNothing, error: endWith },
		fields: { desiredSize: unknownField },
	},
};
