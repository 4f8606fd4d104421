/** Models of the methods of strings and regular expressions. */
import { unify } from "../../engine/context.ts";
import {
	booleanValue,
	makeValue,
	NOTHING,
	objectValue,
	type PatternValue,
	type StringValue,
	stringValue,
	type Value,
	ValueSet,
	withContext,
} from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";
import { isExact } from "./arithmetic.ts";
import { concatenate, TEXT_MAX } from "./concatenation.ts";
import { constantValue, numberValue } from "./constants.ts";
import { safePattern } from "./safe-patterns.ts";

/** The methods of strings that are modelled. */
export const STRING_METHODS: ReadonlySet<string> = new Set(
	(
		"toUpperCase toLowerCase toLocaleUpperCase toLocaleLowerCase trim trimStart trimEnd toString valueOf " +
		"normalize concat slice substring substr charAt at padStart padEnd repeat replace replaceAll split " +
		"match matchAll search indexOf lastIndexOf charCodeAt codePointAt startsWith endsWith includes " +
		"localeCompare toFixed toPrecision toWellFormed isWellFormed"
	).split(" "),
);
/** The methods of regular expressions that are modelled. */
export const PATTERN_METHODS: ReadonlySet<string> = new Set(["exec", "test"]);

type Argument = string | number | RegExp;

/** The most arguments, and the most matches, that are distinguished. */
const ARGUMENTS_MAX = 4;
const MATCHES_MAX = 64;

/** Calls a method of a known string, with every combination of known arguments. */
export function callStringMethod(call: BuiltinCall, name: string, receiver: StringValue) {
	const isReplace = name === "replace" || name === "replaceAll";
	withArguments(call, receiver.context, isReplace ? 1 : undefined, (args, context) => {
		if (isReplace) return replace(call, name, receiver, args[0], context);
		returnResult(call, receiver, applyStringMethod(name, receiver, args), args, context);
	});
}

/** `pattern.exec(text)` and `pattern.test(text)`. */
export function callPatternMethod(call: BuiltinCall, name: string, receiver: PatternValue) {
	const pattern = safePattern(receiver.source, receiver.flags);
	if (pattern === undefined) return name === "test" ? call.returnBooleans() : call.giveUp("a computed value");
	withArguments(call, receiver.context, 1, ([text], context) => {
		if (typeof text !== "string" || text.length > TEXT_MAX) return call.giveUp("a computed value");
		if (name === "test") return call.returnBooleans();
		// A global pattern continues after its last match, so each match may be the result.
		const all = pattern.global ? [...text.matchAll(pattern)] : [pattern.exec(text)];
		for (const [index, match] of all.slice(0, MATCHES_MAX).entries())
			call.returnValue(withContext(matchValue(call, `${text} ${index}`, match), context));
		if (all.length > MATCHES_MAX) call.giveUp("a computed value");
	});
}

/**
 * Calls back with each combination of known arguments. If an argument is unknown, so is the result.
 * @param count the number of arguments that are considered; all by default
 */
function withArguments(
	call: BuiltinCall,
	start: Value["context"],
	count: number | undefined,
	use: (args: Argument[], context: Value["context"]) => void,
) {
	const { engine, site } = call;
	const given = count ?? site.arguments.length;
	if (site.spreadArguments !== undefined || given > ARGUMENTS_MAX) return call.giveUp("a computed value");
	const step = (index: number, args: Argument[], context: Value["context"]) => {
		if (index === given) return use(args, context);
		engine.solver.onValue(call.argument(index), (value) => {
			const within = unify(context, value.context);
			if (within === undefined) return;
			const argument = argumentOf(value);
			if (argument === undefined) call.giveUp("a computed value");
			else step(index + 1, [...args, argument], within);
		});
	};
	step(0, [], start);
}

function argumentOf(value: Value): Argument | undefined {
	if (value.kind === "pattern") return safePattern(value.source, value.flags);
	if (value.kind === "nothing") return value.text ?? undefined;
	if (value.kind !== "string" || value.text.length > TEXT_MAX) return undefined;
	if (value.numeric && !isExact(value.text)) return undefined;
	return value.numeric ? Number(value.text) : value.text;
}

/** Runs a method on a string; a result of `null` is unknown. */
function applyStringMethod(
	method: string,
	{ text, numeric }: StringValue,
	args: readonly Argument[],
): unknown {
	if (text.length > TEXT_MAX || (numeric && !isExact(text))) return null;
	const isNumberMethod =
		method === "toFixed" || method === "toPrecision" || (method === "toString" && numeric);
	const grows = method === "repeat" || method.startsWith("pad") || method.startsWith("toFixed");
	if (grows && !(Number(args[0]) >= 0 && Number(args[0]) <= 128)) return null;
	if (isNumberMethod !== numeric && method !== "valueOf") return null;
	const patternTakers = ["match", "matchAll", "search", "split"];
	if (args.some((arg) => arg instanceof RegExp) && !patternTakers.includes(method)) return null;
	// A string argument of these becomes a regular expression.
	if (["match", "matchAll", "search"].includes(method) && !(args[0] instanceof RegExp)) return null;
	const target = numeric ? Number(text) : text;
	const methods = (numeric ? Number.prototype : String.prototype) as unknown as Record<string, unknown>;
	const implementation = methods[method];
	if (typeof implementation !== "function") return null;
	try {
		const result: unknown = implementation.apply(target, args);
		return result ?? undefined;
	} catch {
		// The call throws at run time too.
		return undefined;
	}
}

/** Returns the result of a method as an abstract value. */
function returnResult(
	call: BuiltinCall,
	receiver: StringValue,
	result: unknown,
	args: readonly Argument[],
	context: Value["context"],
) {
	const tag = `${receiver.text} ${args.map(String).join()}`;
	if (result === null) return call.giveUp("a computed value");
	if (result === undefined) return call.returnValue(NOTHING);
	if (typeof result === "string")
		return call.returnValue(
			makeValue({ kind: "string", text: result, numeric: false }, context, receiver.reportAt),
		);
	if (typeof result === "number") return call.returnValue(withContext(numberValue(result), context));
	if (typeof result === "boolean") return call.returnValue(withContext(booleanValue(result), context));
	const isMatch = Array.isArray(result) && "index" in result;
	if (isMatch)
		return call.returnValue(withContext(matchValue(call, tag, result as RegExpExecArray), context));
	const parts = [...(result as Iterable<string | RegExpExecArray>)];
	if (parts.length > MATCHES_MAX * 4) return call.giveUp("a computed value");
	if (parts.every((part) => typeof part === "string" || part === undefined))
		return call.returnValue(withContext(constantValue(call.engine, call.site.node, tag, parts), context));
	const list = call.newArray(`matches ${tag}`);
	for (const [index, match] of parts.entries())
		call.engine.solver.add(list.summary, matchValue(call, `${tag} ${index}`, match as RegExpExecArray));
	call.returnValue(objectValue(list, context));
}

/** A match: the array of its groups, which also has them by name. */
function matchValue(call: BuiltinCall, tag: string, match: RegExpExecArray | null): Value {
	const { engine, site } = call;
	if (match === null) return constantValue(engine, site.node, tag, null);
	const value = constantValue(engine, site.node, `match ${tag}`, [...match]);
	const groups = constantValue(engine, site.node, `groups ${tag}`, { ...match.groups });
	if (value.kind === "object") engine.solver.add(engine.property(value.object, "groups"), groups);
	return value;
}

/** `replace` and `replaceAll`, by a text or a function. */
function replace(
	call: BuiltinCall,
	name: string,
	receiver: StringValue,
	pattern: Argument | undefined,
	context: Value["context"],
) {
	const { engine } = call;
	const { text } = receiver;
	if (pattern === undefined || text.length > TEXT_MAX || receiver.numeric)
		return call.giveUp("a computed value");
	const isAll = name === "replaceAll" || (pattern instanceof RegExp && pattern.global);
	if (name === "replaceAll" && pattern instanceof RegExp && !pattern.global) return;
	const matches = matchesOf(text, pattern, isAll);
	if (matches.length > MATCHES_MAX) return call.giveUp("a computed value");
	engine.solver.onValue(call.argument(1), (by) => {
		const within = unify(context, by.context);
		if (within === undefined) return;
		if (by.kind === "object" || by.kind === "method" || by.kind === "builtin" || by.kind === "runtime")
			return replaceByFunction(call, receiver, matches, by, within);
		if (by.kind !== "string") return call.giveUp("a computed value");
		const result =
			isAll && typeof pattern === "string"
				? text.replaceAll(pattern, by.text)
				: text.replace(pattern instanceof RegExp ? pattern : String(pattern), by.text);
		call.returnValue(makeValue({ kind: "string", text: result, numeric: false }, within, receiver.reportAt));
	});
}

interface Match {
	readonly index: number;
	readonly groups: readonly (string | undefined)[];
}

function matchesOf(text: string, pattern: Argument, isAll: boolean): Match[] {
	if (pattern instanceof RegExp) {
		const found = isAll ? [...text.matchAll(pattern)] : [pattern.exec(text)];
		return found.flatMap((match) => (match === null ? [] : [{ index: match.index, groups: [...match] }]));
	}
	const search = String(pattern);
	const found: Match[] = [];
	for (let at = text.indexOf(search); at >= 0; at = text.indexOf(search, at + Math.max(1, search.length))) {
		found.push({ index: at, groups: [search] });
		if (!isAll || found.length > MATCHES_MAX) break;
	}
	return found;
}

/** Calls the function with each match, and builds the text from its results. */
function replaceByFunction(
	call: BuiltinCall,
	receiver: StringValue,
	matches: readonly Match[],
	by: Value,
	context: Value["context"],
) {
	const { engine, site } = call;
	const { solver } = engine;
	const constant = (part: string) => solver.singleton(stringValue(part));
	let joined = solver.singleton(withContext(stringValue(""), context));
	let end = 0;
	for (const [number, { index, groups }] of matches.entries()) {
		const args = groups.map((group) =>
			solver.singleton(constantValue(engine, site.node, `group ${number}`, group)),
		);
		const position = solver.singleton(numberValue(index));
		const inner = engine.syntheticSite(site, `replace ${number} ${receiver.key}`, [
			...args,
			position,
			constant(receiver.text),
		]);
		const returned = new ValueSet();
		engine.invoke(by, inner, returned);
		for (const piece of [constant(receiver.text.slice(end, index)), returned]) {
			const next = new ValueSet();
			concatenate(solver, joined, piece, next);
			joined = next;
		}
		end = index + (groups[0]?.length ?? 0);
	}
	const whole = new ValueSet();
	concatenate(solver, joined, constant(receiver.text.slice(end)), whole);
	call.returnAll(whole);
}
