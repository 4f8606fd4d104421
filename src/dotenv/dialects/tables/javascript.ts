/** The rules of `dotenv`, dotenvx and Next. The three have one grammar, and differ in escapes and expansion. */
import { closingQuote } from "../../scan.ts";
import type { Grammar, Quote, QuoteRule, RawValue } from "../grammar.ts";
import { dotenvxExpansion, nextExpansion } from "../repeated-expansion.ts";

type Finish = (text: string, quote: Quote | "") => RawValue;

function quotesOf(finish: Finish): Grammar["quotes"] {
	const rule = (quote: Quote): QuoteRule => ({
		close: (text, opening) => closingQuote(text, opening, quote),
		unclosed: "bare",
		value: (text) => finish(text, quote),
		tail: /\s*(?:#.*)?/y,
	});
	return { "'": rule("'"), '"': rule('"'), "`": rule("`") };
}

/** A bare value that begins with a quote loses it only if it also ends with it. */
function bareValue(raw: string, finish: Finish): RawValue {
	const text = raw.trim();
	const first = text.charAt(0);
	if (first !== "'" && first !== '"' && first !== "`") return finish(text, "");
	const isWhole = text.length > 1 && text.endsWith(first);
	return finish(isWhole ? text.slice(1, -1) : text, first);
}

function grammarOf(finish: Finish): Grammar {
	return {
		bom: "skipped",
		lineEnds: "all are LF",
		blank: /(?:\s|#.*)*/y,
		head: /(?:export\s+)?(?<name>[\w.-]+)(?:\s*=|:\s)/y,
		stray: /.*\n?/y,
		gap: /\s*/y,
		quotes: quotesOf(finish),
		bare: { extent: /(?<text>[^#\r\n]*)(?:#.*)?/y, value: (text) => bareValue(text, finish) },
		duplicates: "last",
	};
}

const withNewlines = (text: string) => text.replaceAll("\\n", "\n").replaceAll("\\r", "\r");

export const dotenvGrammar = grammarOf((text, quote) => ({
	text: quote === '"' ? withNewlines(text) : text,
	expands: false,
}));

export const nextGrammar: Grammar = { ...dotenvGrammar, expansion: nextExpansion };

export const dotenvxGrammar: Grammar = {
	...grammarOf((text, quote) => {
		const expands = quote !== "'";
		if (quote === '"') return { text: withNewlines(text).replaceAll("\\t", "\t"), expands };
		return { text: expands ? text : text.replaceAll("\\'", "'"), expands };
	}),
	expansion: dotenvxExpansion,
};
