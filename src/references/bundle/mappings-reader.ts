/** A decoder for the `mappings` of a source map (ECMA-426: segments of base64 VLQ numbers). */

/** The value of each base64 digit, by its character code; -1 for any other character. */
const DIGITS = new Int8Array(128).fill(-1);
for (const [index, char] of [
	..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
].entries()) {
	DIGITS[char.charCodeAt(0)] = index;
}

/** Reads the lines of `mappings` from start to end, or from a line whose state is known. */
export class MappingsReader {
	/** Where the next line begins in the text. */
	offset: number;
	/** The source and original line (0-based) of the last segment: the next one is relative to it. */
	source: number;
	original: number;
	/** The source of the first segment of the last line that was read, or -1. */
	first = -1;
	readonly #text: string;

	constructor(text: string, start = { offset: 0, source: 0, line: 0 }) {
		this.#text = text;
		this.offset = start.offset;
		this.source = start.source;
		this.original = start.line;
	}

	/**
	 * Reads one line.
	 * @param segment is called with the 0-based column of each segment that has a source
	 * @returns false at the end of the text
	 */
	line(segment?: (column: number) => void): boolean {
		const text = this.#text;
		this.first = -1;
		let column = 0;
		while (this.offset < text.length) {
			const char = text.charCodeAt(this.offset);
			if (char === 59 /* ; */) {
				this.offset++;
				return true;
			}
			if (char === 44 /* , */) {
				this.offset++;
				continue;
			}
			column += this.#number();
			if (!this.#inSegment()) continue;
			this.source += this.#number();
			this.original += this.#number();
			this.#number();
			if (this.#inSegment()) this.#number();
			if (this.first < 0) this.first = this.source;
			segment?.(column);
		}
		return false;
	}

	#inSegment(): boolean {
		const digit = DIGITS[this.#text.charCodeAt(this.offset)];
		return digit !== undefined && digit >= 0;
	}

	#number(): number {
		let value = 0;
		let shift = 0;
		for (; this.offset < this.#text.length; shift += 5) {
			const digit = DIGITS[this.#text.charCodeAt(this.offset++)] ?? -1;
			if (digit < 0) break;
			value |= (digit & 31) << shift;
			if ((digit & 32) === 0) break;
		}
		return (value & 1) === 1 ? -(value >>> 1) : value >>> 1;
	}
}
