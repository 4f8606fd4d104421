/** Values that break writers of other formats: quotes, escapes, line ends, comments, delimiters, odd characters. */
import fc from "fast-check";
import { anyText } from "./any-text.ts";

const PIECES = [
	..."'\"`\\#$=:!%&*?{}[]()<>|;~,- \t\n\r\u007f\u0085\u00a0\u2028\u2029\ufeff\ufffe",
	..."\\n \\r \\' \\\" $HOME $(id) `id` ${A} EOF << \r\n ' ' ''' --- ... @{} !!int NO null 0x1f 1e3 ~ a b é 🔑".split(
		" ",
	),
	" #",
	"\n# comment",
	"\nB=",
	"\nB='",
	'\nB="#',
	"-----BEGIN KEY-----\n",
	"export A=",
	"%25",
];

/** A value that a vault can have: any text without NUL. */
export function nastyValue(): fc.Arbitrary<string> {
	const pieces = fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((parts) => parts.join(""));
	const any = anyText({ maxLength: 12 }).map((text) => text.replaceAll("\0", ""));
	return fc.oneof({ arbitrary: pieces, weight: 3 }, { arbitrary: any, weight: 1 });
}

/** Names that formats take for something else, and plain ones. */
export function nastyName(): fc.Arbitrary<string> {
	return fc.constantFrom("NO", "null", "true", "A", "B", "Z9", "_A", "__proto__", "constructor", "A_B");
}
