/**
 * Models of the lists of names and values of the web: `URLSearchParams`, `Headers` and `FormData`. A list keeps the
 * values of each known name, the values of all other names, and all values together.
 */
import { unify } from "../../engine/context.ts";
import { isCreatedWith } from "../../engine/origins.ts";
import { setEntry } from "../../engine/synthetic-objects.ts";
import {
	NOTHING,
	type ObjectValue,
	objectValue,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
	withContext,
} from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { asText, type ClassModel } from "./class-model.ts";

const NAMES = "@@names";
const ALL = "@@all";
/** The values of unknown names. */
const OTHER = "@@other";

/** The calls that change the list. */
export const LIST_CHANGES = "@@changes";

const slotOfName = (name: string) => `@@=${name}`;

interface Kind {
	/** The list's spelling of a name. */
	readonly spell: (name: string) => string;
	/** Whether values of one name are joined to one text. */
	readonly joins: boolean;
	/** The names and values in a text; undefined if a text cannot be converted to a list. */
	readonly parse: ((text: string) => Iterable<readonly [string, string]>) | undefined;
}

/** Adds a name with a value to a list, or replaces others by it. */
function put(call: BuiltinCall, list: ObjectValue, kind: Kind, name: Value, value: Value) {
	const { solver } = call.engine;
	const context = unify(value.context, name.context);
	if (context === undefined) return;
	const text = asText(name);
	const known = text.kind === "string" ? stringValue(kind.spell(text.text)) : text;
	const held = solver.singleton(withContext(asText(value), context));
	const slot = (key: string) => call.engine.property(list.object, key);
	call.store(list, solver.singleton(withContext(known, name.context)), slot(NAMES));
	call.store(list, held, slot(ALL));
	call.store(list, held, slot(known.kind === "string" ? slotOfName(known.text) : OTHER));
}

/** Puts every combination of names and values. */
function putAll(call: BuiltinCall, list: ObjectValue, kind: Kind, names: ValueSet, values: ValueSet) {
	const { solver } = call.engine;
	solver.onValue(names, (name) => solver.onValue(values, (value) => put(call, list, kind, name, value)));
}

/** Makes a list that may hold anything. */
function putUnknown(call: BuiltinCall, list: ObjectValue, why: string) {
	const value = unknownValue(why);
	for (const slot of [NAMES, ALL, OTHER])
		call.engine.solver.add(call.engine.property(list.object, slot), value);
}

/** Fills a list from the argument of `new`: a text, an object, or entries. */
function fill(call: BuiltinCall, list: ObjectValue, kind: Kind) {
	const { engine } = call;
	for (const further of call.arguments(1))
		engine.solver.onValue(
			further,
			(given) => given.kind !== "nothing" && putUnknown(call, list, "a form's field"),
		);
	engine.solver.onValue(call.argument(0), (from) => from.kind !== "nothing" && noteChange(call, list));
	fillFrom(call, list, kind, call.argument(0));
}

/** Fills a list from some values. */
function fillFrom(call: BuiltinCall, list: ObjectValue, kind: Kind, values: ValueSet) {
	const { engine } = call;
	engine.solver.onValue(values, (from) => {
		if (from.kind === "nothing") return;
		if (from.kind === "string" && kind.parse !== undefined) {
			for (const [name, value] of kind.parse(from.text))
				put(call, list, kind, withContext(stringValue(name), from.context), stringValue(value));
			return;
		}
		if (from.kind !== "object") return putUnknown(call, list, "a value of a list that is not known");
		const isTable = from.object.kind === "plain" && from.object.builtinClass === undefined;
		if (isTable) putTable(call, list, kind, from);
		engine.iterate(from, (entry) => putEntry(call, list, kind, entry));
	});
}

function putTable(call: BuiltinCall, list: ObjectValue, kind: Kind, from: ObjectValue) {
	const { engine } = call;
	engine.solver.onValue(engine.keys(from.object), (key) =>
		engine.readProperty(from, key.kind === "string" ? key.text : undefined, (value) =>
			put(call, list, kind, key, value),
		),
	);
}

function putEntry(call: BuiltinCall, list: ObjectValue, kind: Kind, entry: Value) {
	const { engine } = call;
	if (kind.joins) putUnknown(call, list, "several values in one text");
	engine.readProperty(entry, "0", (name) =>
		engine.readProperty(entry, "1", (value) => put(call, list, kind, name, value)),
	);
}

/** The values of a name. */
function valuesOf(call: BuiltinCall, list: ObjectValue, kind: Kind, name: Value): ValueSet {
	const { engine } = call;
	const found = new ValueSet();
	const text = asText(name);
	const slots = text.kind === "string" ? [slotOfName(kind.spell(text.text)), OTHER] : [ALL];
	for (const slot of slots) engine.solver.include(call.read(list, engine.property(list.object, slot)), found);
	return found;
}

/** An array of `[name, value]`, each name with its own values. */
function entriesOf(call: BuiltinCall, list: ObjectValue, kind: Kind): ObjectValue {
	const { engine } = call;
	const created = call.newArray(`entries ${call.tag}`);
	engine.solver.onValue(call.read(list, engine.property(list.object, NAMES)), (name) => {
		const entry = call.newArray(`entry ${call.tag} ${name.key}`);
		setEntry(engine, entry, engine.solver.singleton(name), valuesOf(call, list, kind, name));
		engine.solver.add(created.summary, objectValue(entry, name.context));
	});
	return objectValue(created, list.context) as ObjectValue;
}

/** An array of what a list has in a slot. */
function listOf(call: BuiltinCall, list: ObjectValue, slot: string) {
	const created = call.newArray(`${slot} ${call.tag}`);
	call.engine.solver.include(call.read(list, call.engine.property(list.object, slot)), created.summary);
	call.returnValue(objectValue(created, list.context));
}

/** Notes a call that changes a list. */
function noteChange(call: BuiltinCall, list: ObjectValue) {
	call.engine.solver.add(call.engine.property(list.object, LIST_CHANGES), stringValue(String(call.site.id)));
	call.returnValue(NOTHING);
}

/** `append`: for a list that joins values, the result is known only if nothing else adds to the list. */
function append(call: BuiltinCall, list: ObjectValue, kind: Kind) {
	const { engine, site } = call;
	if (kind.joins) {
		const join = () => putUnknown(call, list, "several values in one text");
		if (!isCreatedWith(site.node, list.object.node)) join();
		engine.solver.onValue(engine.property(list.object, LIST_CHANGES), (source) => {
			if (source.kind !== "string" || source.text !== String(site.id)) join();
		});
	}
	set(call, list, kind);
}

function set(call: BuiltinCall, list: ObjectValue, kind: Kind) {
	noteChange(call, list);
	putAll(call, list, kind, call.argument(0), call.argument(1));
}

function forEach(call: BuiltinCall, list: ObjectValue, kind: Kind) {
	const { engine } = call;
	engine.solver.onValue(call.read(list, engine.property(list.object, NAMES)), (name) => {
		const args = [
			valuesOf(call, list, kind, name),
			engine.solver.singleton(name),
			engine.solver.singleton(list),
		];
		const inner = engine.syntheticSite(call.site, `callback ${call.tag} ${name.key}`, args);
		const called = { ...inner, receiver: call.thisArgument(1) };
		engine.solver.onValue(call.argument(0), (fn) => engine.invoke(fn, called, undefined));
	});
	call.returnValue(NOTHING);
}

function listModel(kind: Kind): ClassModel {
	const entries = (call: BuiltinCall, list: ObjectValue): void =>
		call.returnValue(entriesOf(call, list, kind));
	return {
		construct: (call, created) => fill(call, created, kind),
		methods: {
			append: (call, list) => append(call, list, kind),
			set: (call, list) => set(call, list, kind),
			get: (call, list) => {
				call.engine.solver.onValue(call.argument(0), (name) =>
					call.returnAll(valuesOf(call, list, kind, name)),
				);
				call.returnValue(NOTHING);
			},
			getAll: (call, list) => {
				const created = call.newArray(`all ${call.tag}`);
				call.engine.solver.onValue(call.argument(0), (name) =>
					call.engine.solver.include(valuesOf(call, list, kind, name), created.summary),
				);
				call.returnValue(objectValue(created, list.context));
			},
			has: (call) => call.returnBooleans(),
			delete: (call, list) => noteChange(call, list),
			sort: noteChange,
			toString: (call: BuiltinCall) => call.returnValue(unknownValue("a computed value")),
			forEach: (call, list) => forEach(call, list, kind),
			keys: (call, list) => listOf(call, list, NAMES),
			values: (call, list) => listOf(call, list, ALL),
			entries,
			"@@iterator": entries,
		},
		fields: {
			size: (_engine, _list, into) => into(unknownValue("a computed value")),
		},
	};
}

const asItIs = (name: string) => name;

const KINDS = {
	URLSearchParams: { spell: asItIs, joins: false, parse: (text: string) => new URLSearchParams(text) },
	FormData: { spell: asItIs, joins: false, parse: undefined },
	Headers: { spell: (name: string) => name.toLowerCase(), joins: true, parse: undefined },
};

export const LIST_MODELS: Readonly<Record<string, ClassModel>> = Object.fromEntries(
	Object.entries(KINDS).map(([name, kind]) => [name, listModel(kind)]),
);

/** Fills a list that another model makes. */
export function fillList(call: BuiltinCall, list: ObjectValue, kind: keyof typeof KINDS, values: ValueSet) {
	fillFrom(call, list, KINDS[kind], values);
}
