/** Where readers see the end of a quoted value. Each function returns undefined if there is no closing quote. */

/** The next quote of that kind, escaped or not. */
export function nextQuote(text: string, opening: number): number | undefined {
	const at = text.indexOf(text.charAt(opening), opening + 1);
	return at === -1 ? undefined : at;
}

/** The next quote without a backslash directly before it. */
export function nextBareQuote(text: string, opening: number): number | undefined {
	const quote = text.charAt(opening);
	for (let at = text.indexOf(quote, opening + 1); at !== -1; at = text.indexOf(quote, at + 1))
		if (text.charAt(at - 1) !== "\\") return at;
	return undefined;
}

/** As `nextBareQuote`; if there is none, the last quote that is escaped. */
export function nextBareOrLastQuote(text: string, opening: number): number | undefined {
	const bare = nextBareQuote(text, opening);
	if (bare !== undefined) return bare;
	const last = text.lastIndexOf(text.charAt(opening));
	return last > opening ? last : undefined;
}

/** The next quote that no backslash escapes; a backslash may escape a backslash. */
export function nextUnescapedQuote(text: string, opening: number): number | undefined {
	const quote = text.charAt(opening);
	for (let at = opening + 1; at < text.length; at++) {
		if (text.charAt(at) === "\\") at++;
		else if (text.charAt(at) === quote) return at;
	}
	return undefined;
}

const BLANK_OR_COMMENT = /[^\S\n]*(?:#.*)?(?:\n|$)/y;

/** The last quote of its line (or of the text, which has one line) that only space or a comment follows. */
export function lastQuoteOfLine(text: string, opening: number): number | undefined {
	const quote = text.charAt(opening);
	const lineEnd = text.indexOf("\n", opening);
	let at = text.lastIndexOf(quote, lineEnd === -1 ? text.length : lineEnd);
	for (; at > opening; at = text.lastIndexOf(quote, at - 1)) {
		BLANK_OR_COMMENT.lastIndex = at + 1;
		if (BLANK_OR_COMMENT.test(text)) return at;
	}
	return undefined;
}

/** Deno: of the quotes up to the end of the first one's line, the first that only space or a comment follows, or else the first. */
export function firstQuoteBeforeLineEnd(text: string, opening: number): number | undefined {
	const first = nextQuote(text, opening);
	if (first === undefined) return undefined;
	const lineEnd = text.indexOf("\n", first);
	const end = lineEnd === -1 ? text.length : lineEnd;
	const quote = text.charAt(opening);
	for (let at = first; at !== -1 && at < end; at = text.indexOf(quote, at + 1)) {
		BLANK_OR_COMMENT.lastIndex = at + 1;
		if (BLANK_OR_COMMENT.test(text)) return at;
	}
	return first;
}
