/** Built-in functions that compute a constant from constants, and have no other effect. */
import { posix } from "node:path";
import { format } from "node:util";
import { type Context, unify } from "../../engine/context.ts";
import { type Value, withContext } from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { isExact } from "./arithmetic.ts";
import { TEXT_MAX } from "./concatenation.ts";
import { type Constant, constantValue } from "./constants.ts";

type Primitive = string | number | boolean;
type PureFunction = (...args: never[]) => unknown;

/** The most arguments that are combined. */
const ARGUMENTS_MAX = 16;
/** The longest text on which `JSON.parse` and similar functions are run. */
const SOURCE_MAX = 20_000;

const MATH = Object.fromEntries(
	Object.getOwnPropertyNames(Math)
		.filter((name) => name !== "random" && typeof Math[name as keyof Math] === "function")
		.map((name) => [`Math.${name}`, Math[name as keyof Math] as unknown as PureFunction]),
);

/** The values of a query. A name that occurs several times has a list of them. */
function parseQuery(text: string): Constant {
	const list = new URLSearchParams(text.replace(/^\?/, "%3F"));
	return Object.fromEntries([...list.keys()].map((name) => [name, spare(list.getAll(name))]));
}

function spare(values: readonly string[]): string | readonly string[] {
	return values.length === 1 ? (values[0] as string) : values;
}

const FUNCTIONS: Readonly<Record<string, PureFunction>> = {
	...MATH,
	parseInt,
	parseFloat,
	"Number.parseInt": parseInt,
	"Number.parseFloat": parseFloat,
	Number: (value: unknown) => Number(value),
	BigInt: (value: string) => BigInt(value),
	atob,
	btoa,
	encodeURI,
	decodeURI,
	encodeURIComponent,
	decodeURIComponent,
	"String.fromCharCode": String.fromCharCode as PureFunction,
	"String.fromCodePoint": String.fromCodePoint as PureFunction,
	...Object.fromEntries(
		(["basename", "dirname", "extname", "join", "normalize"] as const).map((name) => [
			`node:path.${name}`,
			posix[name] as PureFunction,
		]),
	),
	"node:querystring.parse": parseQuery,
	"node:util.format": formatTexts,
	isNaN,
	isFinite,
	"Number.isInteger": Number.isInteger,
	"Number.isSafeInteger": Number.isSafeInteger,
	"Number.isNaN": Number.isNaN,
	"Number.isFinite": Number.isFinite,
};

/** `format` writes a BigInt as `7n`, and the analysis does not distinguish it from a number. */
function formatTexts(...given: readonly Primitive[]): string {
	if (given.some((one) => typeof one === "number")) throw new Error("a number or a BigInt");
	return format(...given);
}

export function isPureFunction(name: string): boolean {
	return Object.hasOwn(FUNCTIONS, name);
}

/** Computes the result for every combination of known arguments; with another one it is unknown. */
export function callPureFunction(call: BuiltinCall, name: string) {
	const { engine, site } = call;
	const count = site.arguments.length;
	if (site.spreadArguments !== undefined || count > ARGUMENTS_MAX) return call.giveUp();
	const step = (index: number, args: Primitive[], context: Context) => {
		if (index === count) return returnComputed(call, name, args, context);
		engine.solver.onValue(call.argument(index), (value) => {
			const within = unify(context, value.context);
			const primitive = primitiveOf(value);
			if (primitive === undefined) call.giveUp("a computed value");
			else if (within !== undefined) step(index + 1, [...args, primitive], within);
		});
	};
	step(0, [], call.context);
}

function primitiveOf(value: Value): Primitive | undefined {
	if (value.kind === "nothing") return value.text === undefined ? undefined : value.text === "true";
	if (value.kind !== "string" || value.text.length > SOURCE_MAX) return undefined;
	if (value.numeric && !isExact(value.text)) return undefined;
	return value.numeric ? Number(value.text) : value.text;
}

function returnComputed(call: BuiltinCall, name: string, args: readonly Primitive[], context: Context) {
	const result = compute(name, args);
	const isLong = typeof result === "string" && result.length > TEXT_MAX;
	if (isLong || result instanceof Error) return call.giveUp("a computed value");
	const tag = `${name} ${args.join()}`;
	call.returnValue(withContext(constantValue(call.engine, call.site.node, tag, result as Constant), context));
}

/** @returns the result, or the error that the call throws at run time too */
function compute(name: string, args: readonly Primitive[]): unknown {
	try {
		const run = FUNCTIONS[name] as ((...given: readonly Primitive[]) => unknown) | undefined;
		return run?.(...args);
	} catch (error) {
		return error instanceof Error ? error : new Error(String(error));
	}
}
