/** Models of `Response`, `Request` and `Blob`: a read of the body returns the value that was set. */
import type { Engine } from "../../engine/engine.ts";
import { setProperty } from "../../engine/synthetic-objects.ts";
import {
	NOTHING,
	type ObjectValue,
	objectValue,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
} from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { concatenate } from "../text/concatenation.ts";
import { type ClassModel, newOfClass, readSlot } from "./class-model.ts";
import { JSON_TEXT, parseText, writtenAs } from "./json-texts.ts";
import { fillList } from "./name-lists.ts";

const BODY = "@@body";
const HEADERS = "@@headers";
const UNKNOWN_BODY = unknownValue("a body that is not known");

/** Puts a body into an object. If the body is not a text, its own code may be called to read it. */
function putBody(call: BuiltinCall, holder: ObjectValue, body: ValueSet) {
	const { engine } = call;
	engine.solver.onValue(body, (value) => {
		const isText = value.kind === "string" || value.kind === "nothing";
		const isKept =
			value.kind === "object" && ["FormData", JSON_TEXT].includes(value.object.builtinClass ?? "");
		if (isText || isKept)
			return call.store(holder, engine.solver.singleton(value), engine.property(holder.object, BODY));
		engine.escape(value, call.site.node, "the body of a message");
		engine.solver.add(engine.property(holder.object, BODY), UNKNOWN_BODY);
	});
}

/** Puts the headers of `{ headers }` into an object. The runtime adds the type of the content. */
function putHeaders(call: BuiltinCall, holder: ObjectValue, init: ValueSet) {
	const { engine } = call;
	const headers = newOfClass(call, "Headers", holder, holder.key);
	const given = new ValueSet();
	const type = call.engine.objects.allocate(call.site.node, `type ${holder.key}`, "plain");
	type.populated = true;
	engine.solver.add(type.keys, stringValue("content-type"));
	engine.solver.add(engine.property(type, "content-type"), unknownValue("the type of a content"));
	engine.solver.add(given, objectValue(type));
	engine.solver.onValue(init, (options) =>
		engine.readProperty(options, "headers", (one) => engine.solver.add(given, one)),
	);
	fillList(call, headers, "Headers", given);
	setProperty(engine, holder.object, HEADERS, engine.solver.singleton(headers));
}

function readBody(call: BuiltinCall, holder: ObjectValue, use: (body: Value) => void) {
	call.engine.solver.onValue(call.read(holder, call.engine.property(holder.object, BODY)), use);
}

const METHODS: ClassModel["methods"] = {
	text: (call, holder) =>
		readBody(call, holder, (body) => {
			if (body.kind === "nothing") return call.returnValue(stringValue(""));
			const isText =
				body.kind === "string" || (body.kind === "object" && body.object.builtinClass === JSON_TEXT);
			call.returnValue(isText ? body : UNKNOWN_BODY);
		}),
	json: (call, holder) =>
		readBody(call, holder, (body) => parseText(call, body, (value) => call.returnValue(value))),
	formData: (call, holder) =>
		readBody(call, holder, (body) => {
			const isForm = body.kind === "object" && body.object.builtinClass === "FormData";
			call.returnValue(isForm ? body : UNKNOWN_BODY);
		}),
	clone: (call, holder) => call.returnValue(holder),
	...Object.fromEntries(
		["arrayBuffer", "bytes", "blob"].map((name) => [
			name,
			(call: BuiltinCall) => call.returnValue(UNKNOWN_BODY),
		]),
	),
};

const unknownField = (_engine: Engine, _holder: ObjectValue, into: (value: Value) => void) =>
	into(unknownValue("a part of a message"));
const FIELDS: ClassModel["fields"] = {
	headers: (engine, holder, into) => readSlot(engine, holder, HEADERS, into),
	...Object.fromEntries(
		"body bodyUsed ok redirected status statusText type url method signal mode credentials cache size"
			.split(" ")
			.map((name) => [name, unknownField]),
	),
};

/** `Response.json(value, init)` */
export function respondWithJson(call: BuiltinCall) {
	const { engine } = call;
	if (call.site.spreadArguments !== undefined) return call.giveUp();
	const response = newOfClass(call, "Response");
	engine.solver.onValue(call.argument(0), (value) => {
		const text = value.kind === "object" ? writtenAs(call, value) : UNKNOWN_BODY;
		engine.solver.add(engine.property(response.object, BODY), text);
	});
	putHeaders(call, response, call.argument(1));
	call.returnValue(response);
}

export const BODY_MODELS: Readonly<Record<string, ClassModel>> = {
	Response: {
		construct: (call, created) => {
			putBody(call, created, call.argument(0));
			putHeaders(call, created, call.argument(1));
		},
		methods: METHODS,
		fields: FIELDS,
	},
	Request: {
		construct: (call, created) => {
			const { engine } = call;
			engine.solver.onValue(call.argument(0), (input) => {
				if (input.kind === "string") return;
				// Another request gives this one its body and headers.
				engine.solver.add(created.object.summary, UNKNOWN_BODY);
			});
			const body = new ValueSet();
			engine.solver.onValue(call.argument(1), (init) => {
				if (init.kind === "unknown") engine.solver.add(created.object.summary, UNKNOWN_BODY);
				engine.readProperty(init, "body", (found) => engine.solver.add(body, found));
			});
			engine.solver.add(body, NOTHING);
			putBody(call, created, body);
			putHeaders(call, created, call.argument(1));
		},
		methods: METHODS,
		fields: FIELDS,
	},
	Blob: {
		construct: (call, created) => joinParts(call, created),
		methods: {
			text: METHODS.text as ClassModel["methods"][string],
			slice: (call) => call.returnValue(UNKNOWN_BODY),
		},
		fields: { size: unknownField, type: unknownField },
	},
};

/** `new Blob(parts)`: the text of a list that the code spells out. */
function joinParts(call: BuiltinCall, blob: ObjectValue) {
	const { engine } = call;
	engine.solver.onValue(call.argument(0), (list) => {
		const elements =
			list.kind === "object" && list.object.node.type === "ArrayExpression" ? list.object.node.elements : [];
		const isKnown = list.kind === "object" && elements.length === 1 && elements[0]?.type !== "SpreadElement";
		const parts = new ValueSet();
		engine.iterate(list, (part) => engine.solver.add(parts, part));
		if (!isKnown)
			return engine.solver.onValue(parts, () => putBody(call, blob, engine.solver.singleton(UNKNOWN_BODY)));
		const texts = new ValueSet();
		concatenate(engine.solver, engine.solver.singleton(stringValue("")), parts, texts);
		putBody(call, blob, texts);
		engine.solver.onValue(list.object.resized, () => engine.solver.add(blob.object.summary, UNKNOWN_BODY));
	});
}
