/**
 * Regular expressions of the analysed code that are safe to run. The code is untrusted, and some patterns take
 * exponential time.
 */
import { makeValue } from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";

/** One character, escape or class, perhaps with a quantifier or in a group of its own. */
const ATOM = /(?:\((?:\?<\w+>)?)?(?:[^\\[\](){}*+?|^$]|\\[^\n]|\[\^?(?:[^\\[\]]|\\.)+\])[*+?]?\)?/g;
/** A few atoms in a row or as alternatives, which a match backtracks over at most a few times. */
const SAFE_PATTERN = /^\^?(?:#[|$]*\^?){1,4}$/;

/** @returns the regular expression; undefined if it may take long or is invalid */
export function safePattern(pattern: string, flags: string): RegExp | undefined {
	if (pattern.length > 100 || !SAFE_PATTERN.test(pattern.replace(ATOM, "#"))) return undefined;
	if (!/^[giu]*$/.test(flags) || (pattern.match(/[*+]/g) ?? []).length > 2 || /\\\d/.test(pattern))
		return undefined;
	try {
		return new RegExp(pattern, flags);
	} catch {
		return undefined;
	}
}

/** `new RegExp(source, flags)` */
export function makePattern(call: BuiltinCall) {
	call.engine.solver.onValue(call.argument(0), (source) => {
		if (source.kind === "pattern") return call.returnValue(source);
		call.engine.solver.onValue(call.argument(1), (flags) => {
			const text = flags.kind === "nothing" ? "" : flags.kind === "string" ? flags.text : undefined;
			if (source.kind !== "string" || text === undefined) return call.giveUp("a regular expression");
			call.returnValue(makeValue({ kind: "pattern", source: source.text, flags: text }, source.context));
		});
	});
}
