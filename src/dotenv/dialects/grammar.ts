/**
 * The model of readers that go through a file statement by statement: the rules of one reader, and the interpreter of
 * all of them. A statement is a head (the name and its sign) and a value, which is quoted or bare.
 */
import type { Expansion } from "./expansion.ts";
import { Collector, LineCounter, type Reading } from "./reading.ts";

export type Quote = "'" | '"' | "`";

/** The text of a value before anything is expanded. */
export interface RawValue {
	readonly text: string;
	/** Whether the reader expands `$` in it. */
	readonly expands: boolean;
}

export interface QuoteRule {
	/** The offset of the closing quote; undefined if the reader finds none. */
	close(text: string, opening: number): number | undefined;
	/** What happens without a closing quote: the value is read as a bare one, or the file is refused, or the line is skipped. */
	readonly unclosed: "bare" | "bare if a line follows" | "refuse" | "skip";
	/** The value for the text between the quotes. */
	value(text: string): RawValue;
	/** What is skipped after the closing quote. The file is refused, or the statement skipped, where it does not match. */
	readonly tail: RegExp;
	readonly noTail?: "refuse" | "skip";
}

/** The rules of one reader. Every expression is sticky, but for `splits` and `trailing`. */
export interface Grammar {
	/** Whether a byte order mark is skipped. Otherwise it is a part of the first name. */
	readonly bom: "skipped" | "kept";
	/** What is done to line ends before anything else. */
	readonly lineEnds: "all are LF" | "CRLF is LF" | "CR is dropped" | "kept";
	/** What is cut off the end of the text before anything else. */
	readonly trailing?: RegExp;
	/** Splits the text into lines that are read one by one (a global expression). Undefined if a statement may have several. */
	readonly splits?: RegExp;
	/** Space and comments between statements. */
	readonly blank: RegExp;
	/** A name, in the group `name`, and its sign. */
	readonly head: RegExp;
	/** What is skipped where there is no head. */
	readonly stray: RegExp | "refuse";
	/** A line that is a name alone, in the group `name`, where it is no error, and whether it takes back an earlier value. */
	readonly nameAlone?: { readonly line: RegExp; readonly takesBack: boolean };
	/** Names that the reader drops. */
	readonly dropsName?: (name: string) => boolean;
	/** Space between the sign and a quote. */
	readonly gap: RegExp;
	readonly quotes: Readonly<Partial<Record<Quote, QuoteRule>>>;
	readonly bare: {
		/** A bare value, in the group `text`, and what is skipped after it. The file is refused where it does not match. */
		readonly extent: RegExp;
		value(text: string): RawValue;
	};
	readonly duplicates: "first" | "last";
	readonly expansion?: Expansion;
}

/** Reads a text by the rules of a reader. Runs nothing, and asks no environment. */
export function interpret(grammar: Grammar, source: string): Reading {
	return new Interpreter(grammar, prepared(grammar, source)).read();
}

function prepared({ bom, lineEnds, trailing }: Grammar, source: string): string {
	const text = bom === "skipped" && source.startsWith("\ufeff") ? source.slice(1) : source;
	const withEnds = withLineEnds(lineEnds, text);
	return trailing === undefined ? withEnds : withEnds.replace(trailing, "");
}

function withLineEnds(lineEnds: Grammar["lineEnds"], text: string): string {
	if (lineEnds === "kept" || !text.includes("\r")) return text;
	if (lineEnds === "CR is dropped") return text.replaceAll("\r", "");
	return text.replace(lineEnds === "all are LF" ? /\r\n?/g : /\r\n/g, "\n");
}

/** Thrown to leave the file. */
class Refused {
	readonly offset: number;
	constructor(offset: number) {
		this.offset = offset;
	}
}

/** The end of a match at an offset; undefined if there is none. */
function endOf(pattern: RegExp, text: string, at: number): number | undefined {
	pattern.lastIndex = at;
	return pattern.test(text) ? pattern.lastIndex : undefined;
}

interface Found {
	readonly raw: RawValue;
	readonly end: number;
}

class Interpreter {
	readonly #grammar: Grammar;
	readonly #text: string;
	readonly #lines: LineCounter;
	readonly #found: Collector;

	constructor(grammar: Grammar, text: string) {
		this.#grammar = grammar;
		this.#text = text;
		this.#lines = new LineCounter(text);
		this.#found = new Collector(grammar.duplicates);
	}

	read(): Reading {
		try {
			for (const { text, start } of this.#parts()) this.#readPart(text, start);
		} catch (refused) {
			if (!(refused instanceof Refused)) throw refused;
			return this.#found.refused(this.#lines.at(Math.max(refused.offset, 0)));
		}
		if (this.#grammar.expansion?.when === "at the end") return this.#expandLate();
		return this.#found.done();
	}

	/** The parts of the text that statements cannot leave. */
	*#parts(): Generator<{ text: string; start: number }> {
		const { splits } = this.#grammar;
		let start = 0;
		if (splits !== undefined) {
			for (const { 0: separator, index } of this.#text.matchAll(splits)) {
				yield { text: this.#text.slice(start, index), start };
				start = index + separator.length;
			}
		}
		yield { text: this.#text.slice(start), start };
	}

	/** @param base the offset of the part in the whole text */
	#readPart(text: string, base: number): void {
		const { blank, head } = this.#grammar;
		for (let at = 0; at < text.length; ) {
			at = endOf(blank, text, at) ?? at;
			if (at >= text.length) return;
			head.lastIndex = at;
			const match = head.exec(text);
			if (match === null) {
				at = this.#nameAlone(text, at) ?? this.#stray(text, at, base);
				continue;
			}
			const name = match.groups?.["name"] ?? "";
			const line = this.#lines.at(base + match.index + match[0].indexOf(name));
			const found = this.#value(text, at + match[0].length, base);
			if (found.raw !== undefined) this.#emit(name, found.raw, line, base + at);
			at = found.end;
		}
	}

	#value(text: string, from: number, base: number): { raw: RawValue | undefined; end: number } {
		const { gap, quotes } = this.#grammar;
		const opening = endOf(gap, text, from) ?? from;
		const rule = quotes[text.charAt(opening) as Quote];
		if (rule === undefined) return this.#bare(text, from, base);
		const closing = rule.close(text, opening);
		if (closing === undefined) {
			if (rule.unclosed === "refuse") throw new Refused(base + opening);
			const isBare = rule.unclosed === "bare" || (rule.unclosed !== "skip" && text.includes("\n", opening));
			if (isBare) return this.#bare(text, from, base);
			return { raw: undefined, end: this.#skipped(text, opening) };
		}
		const end = endOf(rule.tail, text, closing + 1);
		if (end === undefined) {
			if (rule.noTail === "refuse") throw new Refused(base + closing);
			return { raw: undefined, end: this.#skipped(text, closing) };
		}
		return { raw: rule.value(text.slice(opening + 1, closing)), end };
	}

	/** @returns the end of a line that is a name alone */
	#nameAlone(text: string, at: number): number | undefined {
		const { nameAlone } = this.#grammar;
		const end = nameAlone && endOf(nameAlone.line, text, at);
		if (nameAlone === undefined || end === undefined) return undefined;
		if (nameAlone.takesBack) {
			nameAlone.line.lastIndex = at;
			this.#found.remove(nameAlone.line.exec(text)?.groups?.["name"] ?? "");
		}
		return end;
	}

	#stray(text: string, at: number, base: number): number {
		const { stray } = this.#grammar;
		if (stray === "refuse") throw new Refused(base + at);
		return Math.max(endOf(stray, text, at) ?? text.length, at + 1);
	}

	#skipped(text: string, at: number): number {
		const { stray } = this.#grammar;
		return stray === "refuse" ? text.length : (endOf(stray, text, at) ?? text.length);
	}

	#bare(text: string, from: number, base: number): Found {
		const { extent, value } = this.#grammar.bare;
		extent.lastIndex = from;
		const match = extent.exec(text);
		if (match === null) throw new Refused(base + from);
		return { raw: value(match.groups?.["text"] ?? ""), end: from + match[0].length };
	}

	#emit(name: string, raw: RawValue, line: number, base: number): void {
		const { dropsName, expansion } = this.#grammar;
		if (dropsName?.(name)) return;
		const expands = raw.expands && expansion?.when === "at once";
		const result = expands ? expansion.expand(raw.text, (wanted) => this.#found.get(wanted)) : undefined;
		if (expands && result === undefined) throw new Refused(base);
		this.#found.add(name, { value: raw.text, line, isLiteral: !raw.expands, ...result });
	}

	#expandLate(): Reading {
		const { expansion } = this.#grammar;
		const { values } = this.#found.done();
		const expanded = new Collector();
		const lookup = (name: string) => expanded.get(name) ?? values.get(name);
		for (const [name, { value, line }] of values) {
			const result = expansion?.expand(value, lookup);
			if (result === undefined) return this.#found.refused(line);
			expanded.add(name, { line, ...result });
		}
		return expanded.done();
	}
}
