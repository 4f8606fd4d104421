/** The rules of python-dotenv and of Ruby's dotenv. */
import { lastQuoteOfLine, nextBareOrLastQuote } from "../closing.ts";
import { pythonExpansion, rubyExpansion } from "../expansion.ts";
import type { Grammar, QuoteRule } from "../grammar.ts";

const PYTHON_ESCAPES: Readonly<Record<string, string>> = {
	a: "\u0007",
	b: "\b",
	f: "\f",
	n: "\n",
	r: "\r",
	t: "\t",
	v: "\v",
};

/** Python's `\\s`, without line ends: unlike in JavaScript, a byte order mark is no space. */
const SPACE =
	"\\t\\v\\f \\u001c-\\u001f\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const ANY_SPACE = `${SPACE}\\r\\n`;

const sticky = (pattern: string) => new RegExp(pattern, "y");

const pythonQuote = (escapes: RegExp): QuoteRule => ({
	close: nextBareOrLastQuote,
	unclosed: "skip",
	value: (text) => ({
		text: text.replace(escapes, (_, character: string) => PYTHON_ESCAPES[character] ?? character),
		expands: true,
	}),
	tail: sticky(`[${SPACE}]*(?:#[^\\r\\n]*)?(?:\\r\\n|\\n|\\r|$)`),
	noTail: "skip",
});

const COMMENT = new RegExp(`[${ANY_SPACE}]+#.*`);
const TRAILING = new RegExp(`[${ANY_SPACE}]+$`);

export const pythonGrammar: Grammar = {
	bom: "kept",
	lineEnds: "kept",
	blank: sticky(`(?:[${ANY_SPACE}]|#[^\\r\\n]*)*`),
	head: sticky(
		`(?:export[${SPACE}]+)?'?(?<name>(?<=')[^']+(?=')|(?<!')[^=#${ANY_SPACE}]+)'?[${SPACE}]*=[${SPACE}]*`,
	),
	nameAlone: {
		line: sticky(
			`(?:export[${SPACE}]+)?'?(?<name>(?<=')[^']+(?=')|(?<!')[^=#${ANY_SPACE}]+)'?[${SPACE}]*(?:#[^\\r\\n]*)?(?:[\\r\\n]|$)`,
		),
		takesBack: true,
	},
	stray: /[^\r\n]*(?:\r\n|\r|\n)?/y,
	gap: /(?:)/y,
	quotes: { "'": pythonQuote(/\\([\\'])/g), '"': pythonQuote(/\\([\\'"abfnrtv])/g) },
	bare: {
		extent: /(?<text>[^\r\n]*)/y,
		value: (text) => ({ text: text.replace(COMMENT, "").replace(TRAILING, ""), expands: true }),
	},
	duplicates: "last",
	expansion: pythonExpansion,
};

const rubyQuote = (value: QuoteRule["value"]): QuoteRule => ({
	close: lastQuoteOfLine,
	unclosed: "bare",
	value,
	tail: /.*/y,
});

/** Line ends, and a backslash before any character but `$` is removed. */
export const unescaped = (text: string) =>
	text
		.replaceAll("\\n", "\n")
		.replaceAll("\\r", "\r")
		.replace(/\\([^$])/g, "$1");

/** A value with blanks before its quote, as after `NAME:  `, is read without quotes. They are removed afterwards. */
function rubyBare(text: string): ReturnType<QuoteRule["value"]> {
	const [, quote, inner = ""] = /^(['"])(.*)\1$/.exec(text) ?? [];
	if (quote === "'") return { text: inner, expands: false };
	return { text: quote === undefined ? text : unescaped(inner), expands: true };
}

export const rubyGrammar: Grammar = {
	bom: "skipped",
	lineEnds: "kept",
	splits: /[\n\r]+/g,
	blank: /[ \t\v\f]*(?:#.*)?/y,
	head: /(?:export[ \t\v\f]+)?(?<name>[\w.]+)(?:[ \t\v\f]*=[ \t\v\f]*|:[ \t\v\f])/y,
	stray: /.*/y,
	gap: /(?:)/y,
	quotes: {
		"'": rubyQuote((text) => ({ text, expands: false })),
		'"': rubyQuote((text) => ({ text: unescaped(text), expands: true })),
	},
	bare: {
		extent: /(?<text>[^#]*).*/y,
		value: (text) => rubyBare(text.replace(/^[ \t\v\f]+|[ \t\v\f\0]+$/g, "")),
	},
	duplicates: "last",
	expansion: rubyExpansion,
};
