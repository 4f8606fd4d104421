/** Models of `URL`, for known texts. */

import { unify } from "../../engine/context.ts";
import type { Engine } from "../../engine/engine.ts";
import { setProperty } from "../../engine/synthetic-objects.ts";
import {
	type ObjectValue,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
	withContext,
} from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { type ClassModel, newOfClass, readSlot } from "./class-model.ts";
import { fillList, LIST_CHANGES } from "./name-lists.ts";

const PARTS = [
	"href",
	"origin",
	"protocol",
	"username",
	"password",
	"host",
	"hostname",
	"port",
	"pathname",
	"search",
	"hash",
] as const;
type Part = (typeof PARTS)[number];

const slotOfPart = (part: Part) => `@@${part}`;
const SEARCH_PARAMS = "@@searchParams";
const UNKNOWN_PART = unknownValue("a part of a URL that is not known");

/** `new URL(text, base)` */
function construct(call: BuiltinCall, url: ObjectValue) {
	const { engine } = call;
	const { solver } = engine;
	const search = new ValueSet();
	const params = newOfClass(call, "URLSearchParams", url);
	const give = (part: Part, value: Value) => solver.add(engine.property(url.object, slotOfPart(part)), value);
	const giveUnknown = () => {
		for (const part of PARTS) give(part, UNKNOWN_PART);
		solver.add(search, UNKNOWN_PART);
	};
	solver.onValue(call.argument(0), (text) =>
		solver.onValue(call.argument(1), (base) => {
			const context = unify(text.context, base.context);
			if (context === undefined || text.kind === "nothing") return;
			const isBased = base.kind === "string";
			if (text.kind !== "string" || (!isBased && base.kind !== "nothing")) return giveUnknown();
			const parsed = parse(text.text, isBased ? base.text : undefined);
			if (parsed === undefined) return;
			for (const part of PARTS) give(part, withContext(stringValue(parsed[part]), context));
			solver.add(search, withContext(stringValue(parsed.search), context));
		}),
	);
	fillList(call, params, "URLSearchParams", search);
	setProperty(engine, url.object, SEARCH_PARAMS, solver.singleton(params));
	engine.track(url.object);
}

/** @returns undefined where `new URL` throws */
function parse(text: string, base: string | undefined): URL | undefined {
	try {
		return new URL(text, base);
	} catch {
		return undefined;
	}
}

/** A part of a URL. An assignment to a part changes other parts too, and the URL itself normalises the value. */
function readPart(engine: Engine, url: ObjectValue, part: Part, into: (value: Value) => void) {
	const { solver } = engine;
	readSlot(engine, url, slotOfPart(part), into);
	for (const other of PARTS) {
		readSlot(engine, url, other, (assigned) => {
			if (other !== "pathname" || part !== "pathname" || assigned.kind !== "string")
				return into(UNKNOWN_PART);
			const spelled = parse("https://host.example/", undefined);
			if (spelled === undefined) return;
			spelled.pathname = assigned.text;
			into(withContext(stringValue(spelled.pathname), assigned.context));
		});
	}
	if (part !== "href" && part !== "search") return;
	// Parameters that are changed later change the text.
	readSlot(engine, url, SEARCH_PARAMS, (params) => {
		if (params.kind === "object")
			solver.onValue(engine.property(params.object, LIST_CHANGES), () => into(UNKNOWN_PART));
	});
}

/** The parameters of a URL. They are unknown after the code assigns a part of the URL. */
function readParams(engine: Engine, url: ObjectValue, into: (value: Value) => void) {
	const { solver } = engine;
	readSlot(engine, url, SEARCH_PARAMS, (params) => {
		into(params);
		if (params.kind !== "object") return;
		for (const part of ["href", "search"] as const)
			solver.onValue(engine.property(url.object, part), () =>
				solver.add(params.object.summary, UNKNOWN_PART),
			);
	});
}

function returnHref(call: BuiltinCall, url: ObjectValue) {
	readPart(call.engine, url, "href", (value) => call.returnValue(value));
}

export const URL_MODEL: ClassModel = {
	construct,
	methods: {
		toString: returnHref,
		toJSON: returnHref,
	},
	fields: {
		...Object.fromEntries(
			PARTS.map((part) => [
				part,
				(engine: Engine, url: ObjectValue, into: (value: Value) => void) => readPart(engine, url, part, into),
			]),
		),
		searchParams: readParams,
	},
};
