/**
 * Models of errors: those that the code makes, and those that the language throws.
 *
 * A message of the language has several words. So it is not a variable's name, as long as nothing is cut out of it. It
 * is represented by a text of a special class.
 */
import type { Engine } from "../../engine/engine.ts";
import {
	type BuiltinValue,
	type CallSite,
	NOTHING,
	type ObjectValue,
	objectValue,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
} from "../../engine/values.ts";
import {
	LANGUAGE_ERROR,
	LANGUAGE_TEXT,
	languageText,
	REJECTION_ERROR,
} from "../../exceptions/language-errors.ts";
import { BuiltinCall } from "../builtin-call.ts";
import { concatenate } from "../text/concatenation.ts";
import { asText, type ClassModel } from "./class-model.ts";

const ERRORS = [
	"Error",
	"TypeError",
	"RangeError",
	"SyntaxError",
	"EvalError",
	"ReferenceError",
	"URIError",
	"AggregateError",
	"DOMException",
];

/** The properties of every error, apart from those that the code sets. */
const INHERITED = new Set([
	"stack",
	"toString",
	"toLocaleString",
	"valueOf",
	"hasOwnProperty",
	"constructor",
]);

/** Fills an error from the arguments of its constructor. */
function fillError(call: BuiltinCall, error: ObjectValue, name: string) {
	const { engine } = call;
	const first = name === "AggregateError" ? 1 : 0;
	const put = (key: string, values: ValueSet) =>
		call.store(error, values, engine.property(error.object, key));
	const messages = new ValueSet();
	engine.solver.onValue(call.argument(first), (given) =>
		engine.solver.add(messages, given.kind === "nothing" ? asMessage(given) : asText(given)),
	);
	put("message", messages);
	if (name === "DOMException") {
		const names = new ValueSet();
		engine.solver.onValue(call.argument(1), (given) =>
			engine.solver.add(names, given.kind === "nothing" ? stringValue("Error") : asText(given)),
		);
		put("code", engine.solver.singleton(unknownValue("a part of an error")));
		return put("name", names);
	}
	put("name", engine.solver.singleton(stringValue(name)));
	const causes = engine.solver.singleton(NOTHING);
	engine.solver.onValue(call.argument(first + 1), (options) =>
		engine.readProperty(options, "cause", (cause) => engine.solver.add(causes, cause)),
	);
	put("cause", causes);
	if (first === 1) putErrors(call, error);
}

/** Without a message, an error has an empty one. */
function asMessage({ kind, ...value }: Value): Value {
	const text = kind === "nothing" && "text" in value ? (value.text as string | undefined) : undefined;
	return stringValue(text ?? "");
}

/** The list of errors of an `AggregateError`. */
function putErrors(call: BuiltinCall, error: ObjectValue) {
	const { engine } = call;
	const list = call.newArray(`errors ${call.tag}`);
	call.iterateInto(call.argument(0), list.summary);
	engine.solver.add(engine.property(error.object, "errors"), objectValue(list));
}

/** `NAME: MESSAGE` */
export function writeError(call: BuiltinCall, error: ObjectValue) {
	const { engine } = call;
	const read = (key: string) => call.read(error, engine.property(error.object, key));
	const start = new ValueSet();
	concatenate(engine.solver, read("name"), engine.solver.singleton(stringValue(": ")), start);
	const whole = new ValueSet();
	concatenate(engine.solver, start, read("message"), whole);
	engine.solver.onValue(whole, (text) => {
		// Without a message there is only the name.
		if (text.kind === "string" && text.text.endsWith(": "))
			return call.returnValue(unknownValue("a computed value"));
		call.returnValue(text);
	});
}

/** A property of an error that neither its class nor the code sets. */
export function readError(key: string, into: (value: Value) => void) {
	into(INHERITED.has(key) ? unknownValue("a part of an error") : NOTHING);
}

/**
 * The properties of an error of the language, apart from its message. Only an error of a promise contains other errors.
 */
const UNKNOWN_FIELDS = ["name", "stack", "code", "constructor", "toString", "input", "base", "info"];

function languageErrorModel(isRejection: boolean): ClassModel {
	return {
		methods: {},
		fields: {
			message: (_engine, error, into) => into(languageText(error) ?? unknownValue("a part of an error")),
			...Object.fromEntries(
				[...UNKNOWN_FIELDS, ...(isRejection ? ["errors", "reason", "cause"] : [])].map((name) => [
					name,
					(_engine: Engine, _error: ObjectValue, into: (value: Value) => void) =>
						into(unknownValue("a part of an error")),
				]),
			),
		},
		readOther: readError,
	};
}

/** Whether a built-in function is the constructor of errors. */
export function isErrorClass(name: string): boolean {
	return ERRORS.includes(name);
}

/**
 * Runs the constructor of a class of errors for objects of a class that extends it: by `super(message, options)`, or
 * by `new` where the class has no constructor.
 */
export function constructErrorAs(engine: Engine, base: BuiltinValue, site: CallSite, instances: ValueSet) {
	if (!isErrorClass(base.name)) return;
	const call = new BuiltinCall(engine, site, undefined, base.context);
	engine.solver.onValue(instances, (error) => {
		if (error.kind === "object") fillError(call, error, base.name);
	});
}

/** `Error.captureStackTrace(object)` */
export function captureStack(call: BuiltinCall) {
	call.returnValue(NOTHING);
	call.engine.solver.onValue(call.argument(0), (error) => {
		if (error.kind === "object")
			call.engine.solver.add(call.engine.property(error.object, "stack"), unknownValue("a part of an error"));
	});
}

export const ERROR_MODELS: Readonly<Record<string, ClassModel>> = {
	...Object.fromEntries(
		ERRORS.map((name): [string, ClassModel] => [
			name,
			{
				construct: (call, error) => fillError(call, error, name),
				methods: { toString: writeError },
				fields: {},
				readOther: readError,
				isCallable: name !== "DOMException",
			},
		]),
	),
	[LANGUAGE_ERROR]: languageErrorModel(false),
	[REJECTION_ERROR]: languageErrorModel(true),
	[LANGUAGE_TEXT]: { methods: {}, isText: true },
};
