/**
 * Makes text from outside safe for a message: it cannot move a cursor, colour a terminal, or hide or reorder
 * other text. Also quotes text for a shell. A leaf: imports nothing.
 */

/** Controls, format and private characters, lone surrogates, unassigned ones, separators, ignorables. */
const UNPRINTABLE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\\]/gu;

/**
 * Writes every character that is not visible as `\u{1b}`, and cuts the text to `lengthMax` characters, with `…`
 * at the end. A plain space stays. A backslash is doubled, so that an escape cannot be faked.
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

/** A text as one word of a shell's command line. */
export function shellWord(text: string): string {
	return /^[A-Za-z0-9_./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
