/**
 * Models of zod's schemas of objects. A schema that drops unknown keys reads the properties that its shape names, and
 * no others. Each other kind of schema may list what it parses, and has no model.
 */
import type { Engine, SchemaFunction } from "../../engine/engine.ts";
import { readFrom } from "../../engine/origins.ts";
import {
	type AbstractObject,
	type CallSite,
	type ObjectValue,
	unknownValue,
	type Value,
	ValueSet,
} from "../../engine/values.ts";
import { recordReads } from "../../environment/name-reads.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { type ClassModel, newOfClass, readSlot } from "../classes/class-model.ts";

export const SCHEMA = "zod.object";
/** The shapes of a schema: objects whose keys are the keys that it reads. */
const SHAPES = "@@shapes";

const PASSED = "passed to code that the analysis cannot follow";
const UNKNOWN_SHAPE = unknownValue("a key of a schema that is not known");

/** Adds shapes to a schema. zod reads a shape and its getters, and changes nothing in it. */
function addShapes(call: BuiltinCall, schema: ObjectValue, shapes: ValueSet) {
	const { engine, site } = call;
	const slot = engine.property(schema.object, SHAPES);
	const giveUp = () => engine.solver.add(slot, UNKNOWN_SHAPE);
	engine.solver.onValue(shapes, (shape) => {
		if (shape.kind === "nothing") return;
		const isPlain = shape.kind === "object" && shape.object.kind === "plain";
		if (!isPlain || shape.object.builtinClass !== undefined || shape.object.proxyHandler !== undefined) {
			engine.escape(shape, site.node, PASSED);
			return giveUp();
		}
		engine.escape(shape, site.node, PASSED, false);
		engine.solver.onValue(engine.anyProperty(shape.object), (field) => {
			if (!isOfPackage(engine, field)) giveUp();
		});
	});
	call.store(schema, shapes, slot);
}

/** Whether a field is surely no object of the own code, which would get what is parsed. */
function isOfPackage(engine: Engine, field: Value): boolean {
	if (field.kind === "unknown" || field.kind === "nothing") return true;
	if (field.kind !== "object") return false;
	return field.object.builtinClass === SCHEMA || engine.isForeign(field.object.node);
}

function shapesOf(call: BuiltinCall, schema: ObjectValue): ValueSet {
	return call.read(schema, call.engine.property(schema.object, SHAPES));
}

/** A schema that reads at most the keys that another one reads. */
function derive(call: BuiltinCall, from: ObjectValue): ObjectValue {
	const { engine } = call;
	const derived = newOfClass(call, SCHEMA, undefined, from.key);
	call.store(derived, shapesOf(call, from), engine.property(derived.object, SHAPES));
	engine.track(derived.object);
	call.returnValue(derived);
	return derived;
}

/** Adds the keys of other schemas. */
function merge(call: BuiltinCall, schema: ObjectValue, others: ValueSet) {
	const { engine } = call;
	const slot = engine.property(schema.object, SHAPES);
	engine.solver.onValue(others, (other) => {
		if (isSchema(other)) return call.store(schema, shapesOf(call, other), slot);
		engine.escape(other, call.site.node, PASSED);
		engine.solver.add(slot, UNKNOWN_SHAPE);
	});
}

function isSchema(value: Value): value is ObjectValue {
	return value.kind === "object" && value.object.builtinClass === SCHEMA;
}

/** Parses values. Of the environment, the keys of the shapes are read. */
function parse(call: BuiltinCall, schema: ObjectValue, given: ValueSet) {
	const { engine, site } = call;
	const { solver } = engine;
	call.returnValue(unknownValue("the result of a call"));
	solver.onValue(given, (value) => {
		if (value.kind !== "runtime" || value.api !== "env") return engine.escape(value, site.node, PASSED);
		readSlot(engine, schema, SHAPES, (shape) => {
			if (shape.kind !== "object") return engine.escape(value, site.node, PASSED);
			const names = new ValueSet();
			solver.onValue(engine.keys(shape.object), (key) => {
				const name = readFrom(shape, key);
				if (name !== undefined) solver.add(names, name);
			});
			recordReads(engine, names, value, site.node);
		});
	});
}

const hasArguments = ({ site }: BuiltinCall, count: number) =>
	site.spreadArguments === undefined && site.arguments.length === count;

/** Gives up unless the call has a number of arguments: an additional one may be a function that gets what is parsed. */
function withArguments(count: number, run: (call: BuiltinCall, receiver: ObjectValue) => void) {
	return (call: BuiltinCall, receiver: ObjectValue) => {
		if (hasArguments(call, count)) return run(call, receiver);
		call.engine.escape(receiver, call.site.node, PASSED);
		call.giveUp();
	};
}

const parseMethod = withArguments(1, (call, schema) => parse(call, schema, call.argument(0)));
const extendMethod = withArguments(1, (call, schema) =>
	addShapes(call, derive(call, schema), call.argument(0)),
);
/** Methods that read no other keys. Their functions get what the schema has made of the value. */
const sameMethod = (call: BuiltinCall, schema: ObjectValue) => {
	call.giveUpArguments();
	derive(call, schema);
};
const SAME =
	"pick omit partial deepPartial required strip optional nullable nullish describe brand readonly refine superRefine transform check";

export const SCHEMA_MODELS: Readonly<Record<string, ClassModel>> = {
	[SCHEMA]: {
		methods: {
			...Object.fromEntries(SAME.split(" ").map((name) => [name, sameMethod])),
			parse: parseMethod,
			safeParse: parseMethod,
			parseAsync: parseMethod,
			safeParseAsync: parseMethod,
			spa: parseMethod,
			extend: extendMethod,
			safeExtend: extendMethod,
			augment: extendMethod,
			merge: withArguments(1, (call, schema) => merge(call, derive(call, schema), call.argument(0))),
		},
		fields: { shape: (engine, schema, into) => readSlot(engine, schema, SHAPES, into) },
	},
};

/** What a function does, if it is one of zod that the upload's own code calls. */
export function schemaCalled(engine: Engine, { node }: AbstractObject, site: CallSite) {
	return engine.isForeign(site.node) || site.isConstruct ? undefined : engine.schemas.kindOf(node);
}

/** Calls a function of zod. */
export function callSchemaFunction(call: BuiltinCall, kind: SchemaFunction) {
	if (kind === "make") {
		if (!hasArguments(call, 1)) return call.giveUp();
		const schema = newOfClass(call, SCHEMA);
		addShapes(call, schema, call.argument(0));
		call.engine.track(schema.object);
		return call.returnValue(schema);
	}
	// zod takes optional parameters of errors after these.
	if (!hasArguments(call, 2) && !(kind === "same" && hasArguments(call, 1))) return call.giveUp();
	const second = () => call.argument(1);
	call.engine.solver.onValue(call.argument(0), (schema) => {
		if (!isSchema(schema)) return call.giveUp();
		if (kind === "parse") return parse(call, schema, second());
		const derived = derive(call, schema);
		if (kind === "extend") addShapes(call, derived, second());
		if (kind === "merge") merge(call, derived, second());
	});
}
