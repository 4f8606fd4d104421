/** Models of streams that code writes to, and of those that transform what is written to them. */
import type { ObjectValue, Value } from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { type ClassModel, newOfClass, readSlot } from "../classes/class-model.ts";
import { hasFromBeginning } from "../objects/absent-values.ts";
import {
	CHUNKS,
	callSource,
	chunksOf,
	emptyField,
	endWith,
	ofStream,
	PASSED,
	REASON,
	returnNothing,
	STREAM,
	unknownField,
} from "./readable.ts";

type Method = ClassModel["methods"][string];

const READABLE = "@@readable";
const WRITABLE = "@@writable";

/** The strategies of a stream may have a function that gets chunks. */
function giveUpStrategies(call: BuiltinCall) {
	for (const argument of call.arguments(1))
		call.engine.solver.onValue(argument, (strategy) => call.engine.escape(strategy, call.site.node, PASSED));
}

/** Passes what is written to a stream on to an object of the code. */
function writeTo(call: BuiltinCall, stream: ObjectValue, sink: Value, name: string, controller: ObjectValue) {
	const { engine } = call;
	const given = engine.solver.singleton(controller);
	const written = chunksOf(call, stream);
	callSource(call, sink, "start", [given]);
	callSource(call, sink, name, [written, given]);
	return written;
}

/** `new WritableStream(sink)` */
function constructWritable(call: BuiltinCall, stream: ObjectValue) {
	const { engine } = call;
	giveUpStrategies(call);
	const controller = ofStream(call, "WritableStreamDefaultController", stream, stream);
	engine.solver.onValue(call.argument(0), (sink) => {
		if (sink.kind === "nothing") return;
		writeTo(call, stream, sink, "write", controller);
		callSource(call, sink, "close", []);
		callSource(call, sink, "abort", [engine.solver.singleton(REASON)]);
	});
}

/** `new TransformStream(transformer)` */
function constructTransform(call: BuiltinCall, pair: ObjectValue) {
	const { engine } = call;
	giveUpStrategies(call);
	const readable = newOfClass(call, "ReadableStream", pair, pair.key);
	const writable = newOfClass(call, "WritableStream", pair, pair.key);
	engine.solver.add(engine.property(pair.object, READABLE), readable);
	engine.solver.add(engine.property(pair.object, WRITABLE), writable);
	const controller = ofStream(call, "TransformStreamDefaultController", readable, pair);
	const given = engine.solver.singleton(controller);
	const chunks = engine.property(readable.object, CHUNKS);
	const passOn = () => call.store(readable, chunksOf(call, writable), chunks);
	engine.solver.onValue(call.argument(0), (transformer) => {
		if (transformer.kind !== "object" || !hasFromBeginning(transformer.object, "transform")) passOn();
		if (transformer.kind === "nothing") return;
		writeTo(call, writable, transformer, "transform", controller);
		callSource(call, transformer, "flush", [given]);
		callSource(call, transformer, "cancel", [engine.solver.singleton(REASON)]);
	});
}

const getWriter: Method = (call, stream) =>
	call.returnValue(ofStream(call, "WritableStreamDefaultWriter", stream));

/** `writer.write(chunk)` */
const write: Method = (call, writer) => {
	const { engine } = call;
	readSlot(engine, writer, STREAM, (stream) => {
		if (stream.kind === "object")
			call.store(stream, call.argument(0), engine.property(stream.object, CHUNKS));
	});
	returnNothing(call, writer);
};

export const WRITABLE_MODELS: Readonly<Record<string, ClassModel>> = {
	WritableStream: {
		construct: constructWritable,
		methods: { getWriter, close: returnNothing, abort: endWith },
		fields: { locked: unknownField },
	},
	WritableStreamDefaultController: {
		methods: { error: endWith },
		fields: { signal: unknownField },
	},
	WritableStreamDefaultWriter: {
		methods: { write, close: returnNothing, abort: endWith, releaseLock: returnNothing },
		fields: { closed: emptyField, ready: emptyField, desiredSize: unknownField },
	},
	TransformStream: {
		construct: constructTransform,
		methods: {},
		fields: {
			readable: (engine, pair, into) => readSlot(engine, pair, READABLE, into),
			writable: (engine, pair, into) => readSlot(engine, pair, WRITABLE, into),
		},
	},
};
