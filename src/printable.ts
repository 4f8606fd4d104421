/**
 * Text from outside, made fit for a message: nothing in it can move a cursor, colour a terminal, hide or
 * reorder what is around it. A leaf: imports nothing.
 */

/** Controls, format and private characters, lone surrogates, unassigned ones, separators, ignorables. */
const UNPRINTABLE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\\]/gu;

/**
 * The text with every character that does not show as itself written as `\u{1b}` (a plain space stays, a
 * backslash is doubled so that an escape cannot be faked), cut to `lengthMax` characters with `…` behind.
 */
export function printable(text: string, lengthMax = 80): string {
	const characters = Array.from(text.slice(0, 2 * lengthMax + 2));
	const kept = characters.slice(0, lengthMax).join("");
	const escaped = kept.replace(UNPRINTABLE, (character) => {
		if (character === " ") return " ";
		if (character === "\\") return "\\\\";
		return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
	});
	return characters.length > lengthMax ? `${escaped}…` : escaped;
}
