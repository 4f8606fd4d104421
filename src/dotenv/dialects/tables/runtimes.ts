/** The rules of Node, Deno and Bun for `--env-file`. */
import { firstQuoteBeforeLineEnd, nextQuote, nextUnescapedQuote } from "../closing.ts";
import { denoExpansion } from "../expansion.ts";
import type { Grammar, QuoteRule } from "../grammar.ts";
import { bunExpansion } from "../repeated-expansion.ts";

const REST_OF_LINE = /[^\n]*\n?/y;

const nodeQuote = (value: QuoteRule["value"]): QuoteRule => ({
	close: nextQuote,
	unclosed: "bare",
	value,
	tail: REST_OF_LINE,
});

const literally = (text: string) => ({ text, expands: false });
const withNewlines = (text: string) => text.replaceAll("\\n", "\n");

/** A bare value without its comment. One that begins with a quote is kept whole, since the quote may be open. */
const bareValue = (text: string, spaceAtEnd: RegExp) =>
	/^['"`]/.test(text) ? text : text.replace(/#.*/s, "").replace(spaceAtEnd, "");

/** Node 24. Space after the sign may end the line, so that an empty value with a space takes the next line. */
export const nodeGrammar: Grammar = {
	bom: "kept",
	lineEnds: "CR is dropped",
	trailing: /[ \t\n]+$/,
	blank: /[ \t\n]*(?:#[^\n]*(?:\n[ \t\n]*|$))*/y,
	// `export` stays a part of the name of an empty value.
	head: /(?:export [ \t]*(?=[^=\n]*=[^\n]))?(?<name>[^=\n]*?)[ \t]*=(?:(?=\n|$)|[ \t\n]*)/y,
	stray: REST_OF_LINE,
	dropsName: (name) => name === "",
	gap: /(?:)/y,
	quotes: {
		'"': nodeQuote((text) => literally(withNewlines(text))),
		"'": nodeQuote(literally),
		"`": nodeQuote(literally),
	},
	bare: {
		extent: /(?<text>[^\n]*)\n?/y,
		value: (text) => literally(bareValue(text, /[ \t]+$/)),
	},
	duplicates: "last",
};

/** Node 20 knows no space but the blank, and a name that a line before it has begun: also an indented comment. */
export const node20Grammar: Grammar = {
	bom: "kept",
	lineEnds: "CR is dropped",
	trailing: / +$/,
	blank: /(?:^ +|\n|#[^\n]*\n)*/y,
	head: / *(?:export )?(?<name>[^= ][^=]*?) *= */y,
	// Nothing is read after a line without a name.
	stray: /[\s\S]*/y,
	dropsName: (name) => name === "",
	gap: /(?:)/y,
	quotes: {
		'"': { ...nodeQuote((text) => literally(withNewlines(text))), unclosed: "bare if a line follows" },
		"'": { ...nodeQuote(literally), unclosed: "bare if a line follows" },
		"`": { ...nodeQuote(literally), unclosed: "bare if a line follows" },
	},
	bare: {
		extent: /(?<text>[^\n]*)\n?/y,
		value: (text) => literally(bareValue(text, / +$/)),
	},
	duplicates: "last",
};

const denoQuote = (value: QuoteRule["value"]): QuoteRule => ({
	...nodeQuote(value),
	close: firstQuoteBeforeLineEnd,
});

/** Deno's is a port of Node's. It expands, and the first of two values counts. */
export const denoGrammar: Grammar = {
	...nodeGrammar,
	quotes: {
		'"': denoQuote((text) => ({ text: withNewlines(text), expands: true })),
		"'": denoQuote(literally),
		"`": denoQuote(literally),
	},
	bare: {
		...nodeGrammar.bare,
		value: (text) => ({ ...nodeGrammar.bare.value(text), expands: !/^['"`]/.test(text) }),
	},
	duplicates: "first",
	expansion: denoExpansion,
};

const bunQuote = (value: QuoteRule["value"]): QuoteRule => ({
	close: nextUnescapedQuote,
	unclosed: "bare",
	value,
	tail: REST_OF_LINE,
});

const SPACE = "[\\t\\v\\f \\u00a0\\n\\r]";

export const bunGrammar: Grammar = {
	bom: "skipped",
	lineEnds: "all are LF",
	blank: new RegExp(`${SPACE}*(?:#[^\\n]*(?:\\n${SPACE}*|$))*`, "y"),
	head: new RegExp(`(?:export${SPACE}+)?(?<name>[A-Za-z0-9_.-]+)${SPACE}*(?:=|:${SPACE})`, "y"),
	stray: REST_OF_LINE,
	gap: new RegExp(`${SPACE}*`, "y"),
	quotes: {
		'"': bunQuote((text) => ({
			text: text.replace(/\\([\s\S])/g, (whole, next) => (next === "n" ? "\n" : next === "r" ? "\r" : whole)),
			expands: true,
		})),
		"'": bunQuote((text) => ({ text, expands: true })),
		"`": bunQuote((text) => ({ text, expands: true })),
	},
	bare: {
		extent: /(?<text>[^#\r\n]*)/y,
		value: (text) => ({ text: text.replace(/^[\t\v\f \u00a0]+|[\t\v\f \u00a0]+$/g, ""), expands: true }),
	},
	duplicates: "last",
	expansion: bunExpansion,
};
