/** Models of texts as bytes: `TextEncoder`, `TextDecoder` and `Buffer`. Bytes are kept as texts of one character each. */
import type { Engine } from "../../engine/engine.ts";
import {
	type ObjectValue,
	objectValue,
	stringValue,
	unknownValue,
	type Value,
	withContext,
} from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { TEXT_MAX } from "../text/concatenation.ts";
import { type ClassModel, newOfClass, readSlot } from "./class-model.ts";

const BYTES = "@@bytes";
const LABEL = "@@label";
const UNKNOWN_TEXT = unknownValue("a text of bytes");
const ENCODINGS = new Set(["utf8", "utf-8", "latin1", "binary", "ascii", "hex", "base64", "base64url"]);

/** Adds the bytes of texts to an object. */
function encodeInto(
	call: BuiltinCall,
	created: ObjectValue,
	encoding: (text: Value) => BufferEncoding | undefined,
) {
	const { engine } = call;
	engine.solver.onValue(call.argument(0), (text) => {
		const by = encoding(text);
		const isKnown =
			text.kind === "string" && !text.numeric && text.text.length <= TEXT_MAX && by !== undefined;
		const bytes = isKnown
			? withContext(stringValue(Buffer.from(text.text, by).toString("latin1")), text.context, text.reportAt)
			: UNKNOWN_TEXT;
		call.store(created, engine.solver.singleton(bytes), engine.property(created.object, BYTES));
	});
	call.returnValue(created);
}

/** The text of some bytes. Bytes that the code assigns are unknown. */
function decode(call: BuiltinCall, bytes: Value, encoding: BufferEncoding | undefined) {
	const { engine } = call;
	const isBytes = bytes.kind === "object" && CLASSES.has(bytes.object.builtinClass ?? "");
	if (!isBytes || encoding === undefined) return call.returnValue(UNKNOWN_TEXT);
	engine.solver.onValue(bytes.object.keys, () => call.returnValue(UNKNOWN_TEXT));
	readSlot(engine, bytes as ObjectValue, BYTES, (stored) => {
		if (stored.kind !== "string") return call.returnValue(UNKNOWN_TEXT);
		const text = Buffer.from(stored.text, "latin1").toString(encoding);
		call.returnValue(withContext(stringValue(text), stored.context, stored.reportAt));
	});
}

/** The encoding that a value names; UTF-8 if it names none. */
function encodingOf(value: Value): BufferEncoding | undefined {
	if (value.kind === "nothing") return "utf8";
	const isKnown = value.kind === "string" && ENCODINGS.has(value.text.toLowerCase());
	return isKnown ? (value.text.toLowerCase() as BufferEncoding) : undefined;
}

/** `Buffer.from(text, encoding)` */
export function bufferFrom(call: BuiltinCall) {
	const { engine } = call;
	if (call.site.spreadArguments !== undefined) return call.giveUp();
	engine.solver.onValue(call.argument(0), (from) => {
		if (from.kind !== "string") call.giveUpArguments();
	});
	engine.solver.onValue(call.argument(1), (encoding) => {
		const created = newOfClass(call, "Buffer", undefined, encoding.key);
		encodeInto(call, created, () => encodingOf(encoding));
	});
}

/** An iteration yields numbers. */
function iterateBytes(call: BuiltinCall, bytes: ObjectValue) {
	const created = call.newArray(`numbers ${call.tag}`);
	call.engine.solver.add(created.summary, unknownValue("a byte"));
	call.returnValue(objectValue(created, bytes.context));
}

const unknownField = (_engine: Engine, _bytes: ObjectValue, into: (value: Value) => void) =>
	into(unknownValue("a number of bytes"));
const OF_ALL: ClassModel = {
	methods: { "@@iterator": iterateBytes },
	fields: { length: unknownField, byteLength: unknownField },
};
const CLASSES = new Set(["bytes", "Buffer"]);

export const BYTE_MODELS: Readonly<Record<string, ClassModel>> = {
	bytes: OF_ALL,
	Buffer: {
		...OF_ALL,
		methods: {
			...OF_ALL.methods,
			toString: (call: BuiltinCall, bytes: ObjectValue) => {
				const isPart = call.site.arguments.length > 1;
				call.engine.solver.onValue(call.argument(0), (encoding) =>
					decode(call, bytes, isPart ? undefined : encodingOf(encoding)),
				);
			},
		},
	},
	TextEncoder: {
		construct: (call) => call.giveUpArguments(),
		methods: { encode: (call) => encodeInto(call, newOfClass(call, "bytes"), () => "utf8") },
	},
	TextDecoder: {
		construct: (call, decoder) => {
			call.store(decoder, call.argument(0), call.engine.property(decoder.object, LABEL));
		},
		methods: {
			decode: (call, decoder) =>
				readSlot(call.engine, decoder, LABEL, (label) => {
					const isUtf8 =
						label.kind === "nothing" || (label.kind === "string" && /^utf-?8$/i.test(label.text));
					call.engine.solver.onValue(call.argument(0), (bytes) =>
						decode(call, bytes, isUtf8 ? "utf8" : undefined),
					);
				}),
		},
	},
};
