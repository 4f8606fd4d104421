/**
 * Reads a text line by line and keeps the number of the current line for errors. The text is not split: a vault of ten
 * thousand secrets has thirty thousand lines, and the parser needs only few of them as separate strings.
 */
export class LineReader {
	readonly text: string;
	readonly #numbers: readonly number[] | undefined;
	#index = 0;
	#offset = 0;
	/** Where the current line ends; -1 if no line feed follows. */
	#end: number;

	/** @param numbers the number of each line, if they are not 1, 2, 3, … */
	constructor(text: string, numbers?: readonly number[]) {
		this.text = text;
		this.#numbers = numbers;
		this.#end = text.indexOf("\n");
	}

	/** 1-based number of the line that `peek` returns. */
	get line(): number {
		return this.#numbers?.[this.#index] ?? this.#index + 1;
	}

	/** Offset in the text at which the line that `peek` returns begins. */
	get offset(): number {
		return this.#offset;
	}

	/**
	 * Whether no line feed follows. Then `peek` returns the text after the last line feed, which is empty in a complete
	 * file.
	 */
	get isLast(): boolean {
		return this.#end < 0;
	}

	/** 1-based number of the last line if it has no line feed; undefined if it has one. */
	get unended(): number | undefined {
		if (this.text.endsWith("\n")) return undefined;
		const last = this.text.split("\n").length - 1;
		return this.#numbers?.[last] ?? last + 1;
	}

	peek(): string {
		return this.isLast ? this.text.slice(this.#offset) : this.text.slice(this.#offset, this.#end);
	}

	take(): string {
		const line = this.peek();
		this.skip(1, this.isLast ? this.text.length : this.#end + 1);
		return line;
	}

	/** Skips lines that the caller has read from `text`. @param offset where the next line begins */
	skip(lines: number, offset: number): void {
		this.#index += lines;
		this.#offset = offset;
		this.#end = this.text.indexOf("\n", offset);
	}

	/** Consumes the line if it is the expected one. The empty text after the last line feed is not a line. */
	accept(expected: string): boolean {
		const isExpected =
			this.#end === this.#offset + expected.length && this.text.startsWith(expected, this.#offset);
		if (isExpected) this.skip(1, this.#end + 1);
		return isExpected;
	}
}
