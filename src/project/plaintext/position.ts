/** Lines and columns of positions in bytes. Pure. */
import type { Buffer } from "node:buffer";

const LINE_FEED = 0x0a;

/** A position in a file. */
export interface Position {
	/** 1-based. */
	readonly line: number;
	/** 1-based, in characters of UTF-8. */
	readonly column: number;
}

/** Whether a byte begins a character of UTF-8. In other text, every byte below 0x80 does. */
function isStart(byte: number): boolean {
	return (byte & 0xc0) !== 0x80;
}

/** Follows the line and the column through a file that is read in pieces. Its position only grows. */
export class Cursor {
	#line = 1;
	#column = 1;
	/** The position in the current piece. */
	#at = 0;

	/** Moves forward. @param to a position in the piece, at or behind the cursor's */
	moveTo(bytes: Buffer, to: number): Position {
		for (let at = this.#at; at < to; at++) {
			const byte = bytes[at] ?? 0;
			if (byte === LINE_FEED) {
				this.#line++;
				this.#column = 1;
			} else if (isStart(byte)) this.#column++;
		}
		this.#at = to;
		return { line: this.#line, column: this.#column };
	}

	/** A second cursor at the same position. */
	copy(): Cursor {
		const other = new Cursor();
		other.#line = this.#line;
		other.#column = this.#column;
		other.#at = this.#at;
		return other;
	}

	/** Counts from the start of a new piece, which begins at the cursor's position. */
	startPiece(): void {
		this.#at = 0;
	}
}
