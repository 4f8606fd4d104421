/**
 * The grammar of one line of a `.env` file: where an assignment's name and value begin and end. It agrees with
 * the `dotenv` package. Where that package guesses, this module reports the case, and `parse.ts` decides. It
 * runs in linear time, expands nothing and runs nothing.
 */

/** An assignment. `end` is the offset of the first character after it. */
export interface Assignment {
	kind: "assignment";
	name: string;
	value: string;
	/** The quote around the value; empty if there is none. */
	quote: Quote | "";
	/** Whether an unquoted value ended at a `#` without a space before it. */
	cutAtHash: boolean;
	end: number;
}

export type Quote = "'" | '"' | "`";

/** A line that is not an assignment, or one that `dotenv` would change. */
export interface Fault {
	kind: "unterminated" | "trailing" | "name" | "line";
	end: number;
}

export interface BlankLine {
	kind: "blank";
	end: number;
}

/**
 * `dotenv` also accepts a line break as the space between name, sign and value. Such an assignment contains a line that
 * is not an assignment by itself (a bare name or a bare value), and that line is rejected.
 */
const HEAD = /^\s*(?:export\s+)?([\w.-]+)(?:\s*=|:\s)/;
const QUOTES = new Set<string>(["'", '"', "`"]);

/** Scans the line that begins at `start`, or all lines of its quoted value. LF line ends only. */
export function scanLine(source: string, start: number): Assignment | Fault | BlankLine {
	const lineEnd = endOfLine(source, start);
	const line = source.slice(start, lineEnd);
	const content = line.trimStart();
	if (content === "" || content.startsWith("#")) {
		return { kind: hasSeparator(line) ? "line" : "blank", end: lineEnd };
	}
	const head = HEAD.exec(line);
	const name = head?.[1];
	if (head === null || name === undefined) return { kind: hasName(line) ? "name" : "line", end: lineEnd };
	return scanValue(source, name, start + head[0].length, lineEnd);
}

/** Whether a line that is not an assignment has text before its sign. */
function hasName(line: string): boolean {
	const sign = line.indexOf("=");
	return sign !== -1 && !line.slice(0, sign).includes("#") && line.slice(0, sign).trim() !== "";
}

function scanValue(source: string, name: string, from: number, lineEnd: number): Assignment | Fault {
	const rest = source.slice(from, lineEnd);
	const first = from + rest.length - rest.trimStart().length;
	const quote = source.charAt(first);
	if (!isQuote(quote)) {
		if (hasSeparator(rest)) return { kind: "line", end: lineEnd };
		return unquoted(name, rest, lineEnd);
	}
	const closing = closingQuote(source, first, quote);
	if (closing !== undefined) {
		const end = endOfLine(source, closing);
		if (hasSeparator(source.slice(closing, end))) return { kind: "line", end };
		return quoted(name, source.slice(first + 1, closing), quote, end);
	}
	// `dotenv` falls back to the single line here. The value is right if the line's last character is the quote
	// (`"{"a": 1}"`). Otherwise the value contains a stray quote.
	if (hasSeparator(rest)) return { kind: "line", end: lineEnd };
	const hash = rest.indexOf("#");
	const text = (hash === -1 ? rest : rest.slice(0, hash)).trim();
	if (text.length >= 2 && text.endsWith(quote)) return quoted(name, text.slice(1, -1), quote, lineEnd);
	return { kind: text.indexOf(quote, 1) === -1 ? "unterminated" : "trailing", end: lineEnd };
}

function unquoted(name: string, rest: string, end: number): Assignment {
	const hash = rest.indexOf("#");
	const value = (hash === -1 ? rest : rest.slice(0, hash)).trim();
	const cutAtHash = hash !== -1 && !/\s/.test(rest.charAt(hash - 1));
	return { kind: "assignment", name, value, quote: "", cutAtHash, end };
}

function quoted(name: string, text: string, quote: Quote, end: number): Assignment {
	const value = quote === '"' ? text.replaceAll("\\n", "\n").replaceAll("\\r", "\r") : text;
	return { kind: "assignment", name, value, quote, cutAtHash: false, end };
}

/**
 * The offset of the quote that ends a quoted value. Candidates are the quotes up to the first one without a backslash
 * before it. The last candidate that is followed only by spaces or a comment on its line closes the value.
 */
export function closingQuote(source: string, opening: number, quote: Quote): number | undefined {
	let closing: number | undefined;
	for (let at = source.indexOf(quote, opening + 1); at !== -1; at = source.indexOf(quote, at + 1)) {
		if (endsValue(source, at + 1)) closing = at;
		if (source.charAt(at - 1) !== "\\" || at - 1 === opening) break;
	}
	return closing;
}

function endsValue(source: string, from: number): boolean {
	for (let at = from; at < source.length; at++) {
		const character = source.charAt(at);
		if (character === "\n" || character === "#") return true;
		if (!/\s/.test(character)) return false;
	}
	return true;
}

function isQuote(character: string): character is Quote {
	return QUOTES.has(character);
}

/** For `dotenv`, U+2028 and U+2029 end a line; for editors they do not. They are rejected outside quotes. */
function hasSeparator(text: string): boolean {
	return /[\u2028\u2029]/.test(text);
}

function endOfLine(source: string, from: number): number {
	const end = source.indexOf("\n", from);
	return end === -1 ? source.length : end;
}
