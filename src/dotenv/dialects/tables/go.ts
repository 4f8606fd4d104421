/** The rules of three readers in Go: godotenv, compose-go (which began as a copy of it) and direnv. */
import { lastQuoteOfLine, nextBareQuote, nextUnescapedQuote } from "../closing.ts";
import { composeExpansion, direnvExpansion, godotenvExpansion } from "../expansion.ts";
import type { Grammar, QuoteRule } from "../grammar.ts";
import { unescaped } from "./scripting.ts";

/** What Go's `unicode.IsSpace` takes for space. A byte order mark is none. */
const ANY_SPACE = "\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const GO_SPACE = "[\\t\\v\\f\\r \\u0085\\u00a0]";

const godotenvEscapes = (text: string) =>
	text
		.replace(/\\(.)/g, (whole, next) => (next === "n" ? "\n" : next === "r" ? "\r" : whole))
		.replace(/\\([^$])/g, "$1");

/** All quotes of the kind are removed from both ends of what is between the quotes. */
const withoutQuotes = (text: string, quote: string) => {
	let start = 0;
	let end = text.length;
	while (text.charAt(start) === quote) start++;
	while (end > start && text.charAt(end - 1) === quote) end--;
	return text.slice(start, end);
};

const godotenvQuote = (value: QuoteRule["value"]): QuoteRule => ({
	close: nextBareQuote,
	unclosed: "refuse",
	value,
	tail: /(?:)/y,
});

/** The last ` #` begins the comment. */
function withoutLastComment(line: string): string {
	for (let at = line.length - 1; at > 0; at--)
		if (line.charAt(at) === "#" && /[\t\v\f\r \u0085\u00a0]/.test(line.charAt(at - 1)))
			return line.slice(0, at);
	return line;
}

const trimmed = (text: string) => text.replace(/^[\t\v\f\r \u0085\u00a0]+|[\t\v\f\r \u0085\u00a0]+$/g, "");

export const godotenvGrammar: Grammar = {
	bom: "kept",
	lineEnds: "CRLF is LF",
	blank: new RegExp(`(?:[${ANY_SPACE}]|#[^\\n]*)*`, "y"),
	head: new RegExp(
		`(?:export${GO_SPACE}+)?(?<name>[\\p{L}\\p{N}_.\\t\\v\\f\\r \\u0085\\u00a0]*?)${GO_SPACE}*[=:]${GO_SPACE}*`,
		"uy",
	),
	nameAlone: { line: /[\w.]+$/y, takesBack: false },
	stray: "refuse",
	gap: /(?:)/y,
	quotes: {
		"'": godotenvQuote((text) => ({ text: withoutQuotes(text, "'"), expands: false })),
		'"': godotenvQuote((text) => ({ text: godotenvEscapes(withoutQuotes(text, '"')), expands: true })),
	},
	bare: {
		extent: /(?<text>[^\r\n]*)/y,
		value: (text) => ({ text: trimmed(withoutLastComment(text)), expands: true }),
	},
	duplicates: "last",
	expansion: godotenvExpansion,
};

const composeQuote = (value: QuoteRule["value"]): QuoteRule => ({
	close: nextUnescapedQuote,
	unclosed: "refuse",
	value,
	tail: /(?:)/y,
});

const COMPOSE_ESCAPES: Readonly<Record<string, string>> = {
	a: "\u0007",
	b: "\b",
	f: "\f",
	n: "\n",
	r: "\r",
	t: "\t",
	v: "\v",
	"\\": "\\",
	'"': '"',
};

/** A backslash before the quote disappears; two backslashes become one later, in double quotes. */
const withoutEscapedQuotes = (text: string, quote: string) =>
	text.replace(/\\([\s\S])/g, (whole, next) => (next === quote ? quote : whole));

const composeEscapes = (text: string) =>
	text.replace(/\\([abcfnrtv$\\])/g, (whole, next: string) =>
		next === "$" ? "$$" : (COMPOSE_ESCAPES[next] ?? whole),
	);

export const composeGrammar: Grammar = {
	...godotenvGrammar,
	bom: "skipped",
	lineEnds: "kept",
	// Its value comes from the environment.
	nameAlone: { line: /(?:export[\t\v\f\r ]+)?[\w.-]+[\t\v\f\r ]*(?:\n|$)/y, takesBack: false },
	head: new RegExp(
		`(?:export${GO_SPACE}+)?(?<name>[\\p{L}\\p{N}_.\\-[\\]\\t\\v\\f\\r \\u0085\\u00a0]*?)${GO_SPACE}*[=:]${GO_SPACE}*`,
		"uy",
	),
	quotes: {
		"'": composeQuote((text) => ({ text: withoutEscapedQuotes(text, "'"), expands: false })),
		'"': composeQuote((text) => ({ text: composeEscapes(withoutEscapedQuotes(text, '"')), expands: true })),
	},
	bare: {
		extent: /(?<text>[^\n]*)\n?/y,
		value: (text) => ({ text: text.replace(/ #.*/s, "").trimEnd(), expands: true }),
	},
	expansion: composeExpansion,
};

const direnvQuote = (value: QuoteRule["value"]): QuoteRule => ({
	close: lastQuoteOfLine,
	unclosed: "bare",
	value,
	tail: /[\t\f ]*(?:#.*)?$/y,
	noTail: "refuse",
});

export const direnvGrammar: Grammar = {
	bom: "kept",
	lineEnds: "kept",
	splits: /[\r\n]+/g,
	blank: /[\t\f ]*(?:#.*)?/y,
	head: /(?:export[\t\f ]+)?(?<name>\w[\w.]*|\.[\w.]*)(?:[\t\f ]*=[\t\f ]*|:[\t\f ]+)/y,
	stray: "refuse",
	gap: /(?:)/y,
	quotes: {
		"'": direnvQuote((text) => ({ text, expands: false })),
		'"': direnvQuote((text) => ({ text: unescaped(text), expands: true })),
	},
	bare: { extent: /(?<text>[^\t\f #]*)[\t\f ]*(?:#.*)?$/y, value: (text) => ({ text, expands: true }) },
	duplicates: "last",
	expansion: direnvExpansion,
};
