/** The syntax of header fields (RFC 9110, section 5). Pure. */

/** The characters of a token, for a character class of a regular expression. */
const TOKEN_CHARACTERS = "!#$%&'*+.^_`|~0-9A-Za-z-";
/** The characters of a field value: Latin-1 without control characters, except the tab. */
const VALUE_CHARACTERS = "\\t\\x20-\\x7e\\x80-\\xff";

/** The name of a header field. */
export const TOKEN = new RegExp(`^[${TOKEN_CHARACTERS}]+$`);
/** A field value or a reason phrase. */
export const TEXT = new RegExp(`^[${VALUE_CHARACTERS}]*$`);
/** Any number of header lines, without the line end of the last one. */
export const FIELD_LINES = new RegExp(
	`^[${TOKEN_CHARACTERS}]+:[${VALUE_CHARACTERS}]*(?:\\r\\n[${TOKEN_CHARACTERS}]+:[${VALUE_CHARACTERS}]*)*$`,
);
/** The extensions of a chunk (RFC 9112, section 7.1.1), without blanks, which only senders of bad requests use. */
export const CHUNK_EXTENSIONS = new RegExp(
	`^(?:;[${TOKEN_CHARACTERS}]+(?:=(?:[${TOKEN_CHARACTERS}]+|"[\\t\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]*"))?)*$`,
);

const TAB = 0x09;
const SPACE = 0x20;

/** A field's value without the blanks around it. `String.trim` removes characters that belong to the value. */
export function fieldValue(text: string, start: number, end: number): string {
	let from = start;
	let to = end;
	for (; from < to; from++) {
		const code = text.charCodeAt(from);
		if (code !== SPACE && code !== TAB) break;
	}
	for (; to > from; to--) {
		const code = text.charCodeAt(to - 1);
		if (code !== SPACE && code !== TAB) break;
	}
	return text.slice(from, to);
}

/** Whether a field has a name, whatever its case. Compares lengths first, because most names differ in them. */
export function isField(name: string, lowerCaseName: string): boolean {
	return name.length === lowerCaseName.length && name.toLowerCase() === lowerCaseName;
}
