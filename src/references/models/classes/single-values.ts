/** Models of symbols and weak references, which hold one value. */
import { setProperty } from "../../engine/synthetic-objects.ts";
import {
	type AbstractObject,
	NOTHING,
	type ObjectValue,
	unknownValue,
	ValueSet,
} from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { asText, type ClassModel, newOfClass, readSlot } from "./class-model.ts";

const SYMBOL = "Symbol";
const DESCRIPTION = "@@description";
const TARGET = "@@target";

/** `Symbol(description)` and `Symbol.for(description)` */
function makeSymbol(call: BuiltinCall) {
	const { engine } = call;
	if (call.site.spreadArguments !== undefined) return call.giveUp();
	const symbol = newOfClass(call, SYMBOL);
	const texts = new ValueSet();
	engine.solver.onValue(call.argument(0), (given) => engine.solver.add(texts, asText(given)));
	setProperty(engine, symbol.object, DESCRIPTION, texts);
	call.returnValue(symbol);
}

/** `Symbol.keyFor(symbol)` */
function describeSymbol(call: BuiltinCall) {
	call.returnValue(NOTHING);
	call.engine.solver.onValue(call.argument(0), (symbol) => {
		if (symbol.kind === "object" && isSymbol(symbol.object))
			readSlot(call.engine, symbol, DESCRIPTION, (text) => call.returnValue(text));
		else call.returnValue(unknownValue("the key of a symbol"));
	});
}

/** Whether an object stands for a symbol. */
export function isSymbol({ builtinClass }: AbstractObject): boolean {
	return builtinClass === SYMBOL;
}

export const SYMBOL_FUNCTIONS: Readonly<Record<string, (call: BuiltinCall) => void>> = {
	Symbol: makeSymbol,
	"Symbol.for": makeSymbol,
	"Symbol.keyFor": describeSymbol,
};

export const SINGLE_VALUE_MODELS: Readonly<Record<string, ClassModel>> = {
	[SYMBOL]: {
		methods: {
			toString: (call: BuiltinCall) => call.returnValue(unknownValue("a computed value")),
			valueOf: (call: BuiltinCall, symbol: ObjectValue) => call.returnValue(symbol),
		},
		fields: { description: (engine, symbol, into) => readSlot(engine, symbol, DESCRIPTION, into) },
	},
	WeakRef: {
		construct: (call, created) => setProperty(call.engine, created.object, TARGET, call.argument(0)),
		methods: {
			deref: (call, reference) => {
				call.returnValue(NOTHING);
				readSlot(call.engine, reference, TARGET, (target) => call.returnValue(target));
			},
		},
	},
};
