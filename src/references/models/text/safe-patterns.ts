/**
 * Regular expressions of the analysed code that are safe to run. The code is not trusted, and some patterns
 * take exponential time.
 */

/** One character, escape or class, perhaps with a quantifier or in a group of its own. */
const ATOM = /(?:\((?:\?<\w+>)?)?(?:[^\\[\](){}*+?|^$]|\\[^\n]|\[\^?(?:[^\\[\]]|\\.)+\])[*+?]?\)?/g;
/** A few atoms in a row or as alternatives, which a match backtracks over at most a few times. */
const SAFE_PATTERN = /^\^?(?:#[|$]*\^?){1,4}$/;

/** @returns the regular expression; undefined where it may take long or is invalid */
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
