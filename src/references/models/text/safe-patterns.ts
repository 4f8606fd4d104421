/**
 * Regular expressions of the analysed code that are safe to run. The code is untrusted, and some patterns take
 * exponential time.
 */
import { makeValue } from "../../engine/values.ts";
import type { BuiltinCall } from "../builtin-call.ts";

/**
 * One character, escape or class, perhaps with a quantifier or in a group of its own. A brace is a character where it
 * begins no quantifier.
 */
const ATOM =
	/(?:\((?:\?<\w+>)?)?([^\\[\](){}*+?|^$]|\{(?!\d)|\}|\\[^\n]|\[\^?(?:[^\\[\]]|\\.)+\])([*+?]?)\)?/g;
/** Some atoms in a row or as alternatives. A match backtracks only over the at most four with a quantifier, `#`. */
const SAFE_PATTERN = /^[-|$^]*(?:#[-|$^]*){0,4}$/;

/** Atoms that match no white space: a character, `\w`, or a class of such characters. */
const NO_SPACE = /^(?:\\[wdS]|[^\s\\.]|\\[^\w\s]|\[[\w.$-]+\])$/;
const REPETITIONS_MAX = 2;

/**
 * How often a match may begin a repetition anew. `\s*` between atoms that match no white space does not count: it ends
 * at one place only, as in `{{\s*(\w+)\s*}}`.
 */
function repetitionsIn(pattern: string): number {
	const atoms = [...pattern.matchAll(ATOM)].map(([, atom = "", quantifier = ""]) => ({ atom, quantifier }));
	const endsAtOnePlace = (index: number) =>
		atoms[index]?.atom === "\\s" &&
		[atoms[index - 1], atoms[index + 1]].every(
			(beside) => beside !== undefined && NO_SPACE.test(beside.atom) && !/[*?]/.test(beside.quantifier),
		);
	return atoms.filter(({ quantifier }, index) => /[*+]/.test(quantifier) && !endsAtOnePlace(index)).length;
}

/** @returns the regular expression; undefined if it may take long or is invalid */
export function safePattern(pattern: string, flags: string): RegExp | undefined {
	if (pattern.length > 100) return undefined;
	const shape = pattern.replace(ATOM, (_, __, quantifier: string) => (quantifier === "" ? "-" : "#"));
	if (!SAFE_PATTERN.test(shape)) return undefined;
	if (!/^[giu]*$/.test(flags) || repetitionsIn(pattern) > REPETITIONS_MAX || /\\\d/.test(pattern))
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
