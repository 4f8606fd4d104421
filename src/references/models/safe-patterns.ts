/** One character, escape or class, perhaps repeated, perhaps in a group of its own. */
const ATOM = /\(?(?:[^\\[\](){}*+?|^$]|\\[^\n]|\[\^?(?:[^\\[\]]|\\.)+\])[*+?]?\)?/g;
/** A few atoms in a row or as alternatives: nothing that can run away, for the code is not trusted. */
const SAFE_PATTERN = /^\^?(?:#[|$]*\^?){1,4}$/;

/** A regular expression that is safe to run, or undefined. */
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
