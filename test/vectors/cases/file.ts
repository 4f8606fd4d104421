/** Faults of the file as a whole: its first line, its encoding, blank lines. */
import type { Vector } from "../vector.ts";
import { badLine, badLines, LINE, smallVault, strayBit, vectorOf } from "./case.ts";

const MALFORMED = "VAULT_MALFORMED";
const UNKNOWN = "VAULT_VERSION_UNKNOWN";
const text = smallVault().text();
const total = text.split("\n").length - 1;

function headers(): Vector[] {
	const cases: readonly [name: string, code: string, comment: string, change: (line: string) => string][] = [
		["version-2", UNKNOWN, "The next format", (line) => line.replace(" 1 ", " 2 ")],
		["version-9999", UNKNOWN, "The last format that can be named", (line) => line.replace(" 1 ", " 9999 ")],
		[
			"version-2-other-words",
			UNKNOWN,
			"A later format may have no id at this place",
			() => "coffer-vault 2 a b c",
		],
		["version-2-alone", UNKNOWN, "A later format may have no further word", () => "coffer-vault 2"],
		["version-0", MALFORMED, "Format 0 does not exist", (line) => line.replace(" 1 ", " 0 ")],
		[
			"version-leading-zero",
			MALFORMED,
			"A number with a leading zero",
			(line) => line.replace(" 1 ", " 01 "),
		],
		["version-too-long", MALFORMED, "A number of five digits", (line) => line.replace(" 1 ", " 10000 ")],
		["version-not-a-number", MALFORMED, "A letter after the number", (line) => line.replace(" 1 ", " 1a ")],
		["version-sign", MALFORMED, "A sign before the number", (line) => line.replace(" 1 ", " +1 ")],
		["version-missing", MALFORMED, "No number", (line) => line.replace(" 1 ", " ")],
		["word-missing", MALFORMED, "The first word is missing", (line) => line.replace("coffer-vault ", "")],
		["upper-case", MALFORMED, "The first word in upper case", (line) => line.replace("coffer", "COFFER")],
		["two-blanks", MALFORMED, "Two blanks between words", (line) => line.replace(" 1 ", "  1 ")],
		["tab", MALFORMED, "A tab between words", (line) => line.replace(" ", "\t")],
		["blank-before", MALFORMED, "A blank at the beginning", (line) => ` ${line}`],
		["blank-behind", MALFORMED, "A blank at the end", (line) => `${line} `],
		["fourth-word", MALFORMED, "A word too many", (line) => `${line} more`],
		["nul", MALFORMED, "A NUL at the end of the line", (line) => `${line}\0`],
		["id-missing", MALFORMED, "No vault id", () => "coffer-vault 1"],
		["id-short", MALFORMED, "A vault id of 42 characters", (line) => line.slice(0, -1)],
		["id-long", MALFORMED, "A vault id of 44 characters", (line) => `${line}A`],
		["id-padded", MALFORMED, "Base64 with padding", (line) => `${line}=`],
		["id-stray-bits", MALFORMED, "Unused bits of the id's last character are set", strayBit],
		["id-standard-alphabet", MALFORMED, "A plus sign in the id", (line) => line.replace(/.(?=.$)/, "+")],
		["id-not-ascii", MALFORMED, "A letter beyond ASCII in the id", (line) => line.replace(/.$/, "é")],
	];
	return cases.map(([name, code, comment, change]) => badLine(`header-${name}`, code, comment, 1, change));
}

/** Bytes that are not UTF-8 in place of the first letter of a line. */
function invalidAt(line: number, ...bytes: number[]): Buffer {
	const at =
		text
			.split("\n")
			.slice(0, line - 1)
			.join("\n").length + (line > 1 ? 1 : 0);
	return Buffer.concat([Buffer.from(text.slice(0, at)), Buffer.from(bytes), Buffer.from(text.slice(at + 1))]);
}

function encodings(): Vector[] {
	const made = (name: string, comment: string, content: string | Uint8Array, line: number) =>
		vectorOf(`encoding-${name}`, MALFORMED, comment, content, { line });
	return [
		made("byte-order-mark", "A byte order mark before the text", `\uFEFF${text}`, 1),
		made(
			"byte-order-mark-inside",
			"A byte order mark at the beginning of line 3",
			text.replace("\nvault\n", "\n\uFEFFvault\n"),
			3,
		),
		made("crlf", "Every line ends in CR LF", text.replaceAll("\n", "\r\n"), 1),
		made("cr", "Every line ends in CR", text.replaceAll("\n", "\r"), 1),
		made("crlf-blank-line", "A blank line ends in CR LF", text.replace("\n\n", "\n\r\n"), 2),
		made("utf-16", "The text in UTF-16 with a byte order mark", Buffer.from(`\uFEFF${text}`, "utf16le"), 1),
		made(
			"invalid-byte",
			"A byte that is never in UTF-8, in a record's line",
			invalidAt(LINE.apiKey + 1, 0xff),
			LINE.apiKey + 1,
		),
		made("latin-1", "A letter in Latin-1, in a name", invalidAt(LINE.token, 0xe9), LINE.token),
		made("overlong", "An overlong form of a letter, in the first line", invalidAt(1, 0xc1, 0xa3), 1),
		made(
			"surrogate",
			"A surrogate in UTF-8, in a link",
			invalidAt(LINE.addBob, 0xed, 0xa0, 0x80),
			LINE.addBob,
		),
		made(
			"cut-letter",
			"A letter of two bytes, of which only the first is present, at the end",
			Buffer.concat([Buffer.from(text), Buffer.from([0xc3])]),
			total + 1,
		),
		made("line-separator", "U+2028 instead of a line feed", text.replace("\n", "\u2028"), 1),
		vectorOf(
			"encoding-nul-behind",
			"VAULT_TRUNCATED",
			"A NUL after the last line feed: a line without its end",
			`${text}\0`,
			{ line: total + 1 },
		),
		made("gzip", "The file is compressed", Buffer.from("1f8b0800000000000003", "hex"), 1),
	];
}

function blankLines(): Vector[] {
	const missing = (name: string, line: number, at = line) =>
		badLines(`blank-missing-${name}`, MALFORMED, "A blank line is missing before this one", (lines) => {
			lines.splice(line - 1, 1);
			return at;
		});
	const extra = (name: string, code: string, line: number, at = line) =>
		badLines(`blank-extra-${name}`, code, "A blank line too many", (lines) => {
			lines.splice(line - 1, 0, "");
			return at;
		});
	return [
		missing("after-header", 2),
		missing("before-environment", LINE.preview - 1),
		missing("after-links", LINE.apiKey - 1),
		missing("after-record", LINE.apiKey + 2),
		missing("before-end", LINE.endProduction - 1),
		extra("before-header", MALFORMED, 1),
		extra("before-vault", MALFORMED, LINE.vault),
		extra("before-links", MALFORMED, LINE.genesis),
		extra("between-links", MALFORMED, LINE.createPreview),
		extra("before-end-vault", MALFORMED, LINE.endVault),
		extra("before-environment", MALFORMED, LINE.preview),
		extra("in-environment-links", "VAULT_NAME_INVALID", LINE.addCarol, LINE.addCarol + 1),
		extra("before-record", "VAULT_NAME_INVALID", LINE.apiKey),
		extra("in-record", "VAULT_RECORD_MALFORMED", LINE.apiKey + 1),
		extra("between-records", "VAULT_NAME_INVALID", LINE.gone),
		badLine("blank-line-with-blank", MALFORMED, "A blank line with a blank in it", 2, () => " "),
		badLine(
			"blank-line-with-blank-behind-record",
			MALFORMED,
			"The same after a record",
			LINE.gone - 1,
			() => " ",
		),
	];
}

/** Vectors of the file's form. */
export const fileVectors = (): Vector[] => [...headers(), ...encodings(), ...blankLines()];
