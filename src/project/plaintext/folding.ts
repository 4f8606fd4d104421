/** A file without its white space, in which text that was wrapped or indented is in one piece. Pure. */
import { Buffer } from "node:buffer";
import type { Cursor, Position } from "./position.ts";

/** A position in a file, and the number of bytes before it. */
export interface Place extends Position {
	readonly offset: number;
}

/** A part of a file. */
export interface Piece {
	readonly piece: Buffer;
	/** The index of the first byte that the previous piece did not have. */
	readonly at: number;
	/** The number of bytes of the file before the piece. */
	readonly start: number;
}

function isWhiteSpace(byte: number): boolean {
	return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Copies bytes without white space. @returns the number of bytes copied */
function fold(from: Buffer, at: number, to: Buffer, start: number): number {
	let length = start;
	// Every byte of every file passes through this loop. An iterator would take five times as long.
	for (let index = at; index < from.length; index++) {
		const byte = from[index] ?? 0;
		to[length] = byte;
		if (byte > 0x20 || !isWhiteSpace(byte)) length++;
	}
	return length - start;
}

export class Folded {
	readonly #memory: Buffer;
	readonly #keptMax: number;
	/** The places of the bytes that are kept from the previous piece. */
	#kept: Place[] = [];
	#length = 0;

	/** @param keptMax the most bytes that are kept from a piece to the next one */
	constructor(keptMax: number, pieceMax: number) {
		this.#keptMax = keptMax;
		this.#memory = Buffer.allocUnsafeSlow(keptMax + pieceMax);
	}

	/** Begins a file. */
	reset(): void {
		this.#kept = [];
		this.#length = 0;
	}

	/** The number of bytes at the beginning of `bytes` that the previous piece had. */
	get known(): number {
		return this.#kept.length;
	}

	/**
	 * Takes the part of a piece from `at` on.
	 * @returns the bytes without white space, behind those that are kept; valid until the next call
	 */
	take(piece: Buffer, at: number): Buffer {
		const { known } = this;
		this.#memory.copyWithin(0, this.#length - known, this.#length);
		this.#length = known + fold(piece, at, this.#memory, known);
		return this.#memory.subarray(0, this.#length);
	}

	/**
	 * The places of folded bytes.
	 * @param sorted indices of bytes, ascending
	 * @param taken the piece that was taken last
	 * @param cursor at the beginning of the piece
	 */
	placesOf(sorted: readonly number[], { piece, at, start }: Piece, cursor: Cursor): Place[] {
		let index = at;
		let folded = this.known;
		return sorted.map((wanted) => {
			const kept = this.#kept[wanted];
			if (kept) return kept;
			for (; index < piece.length; index++) {
				if (isWhiteSpace(piece[index] ?? 0)) continue;
				if (folded === wanted) break;
				folded++;
			}
			return { offset: start + index, ...cursor.moveTo(piece, index) };
		});
	}

	/** Keeps the last bytes for the next piece. The parameters are those of `placesOf`. */
	keep(taken: Piece, cursor: Cursor): void {
		const count = Math.min(this.#keptMax, this.#length);
		const wanted = Array.from({ length: count }, (_, index) => this.#length - count + index);
		this.#kept = this.placesOf(wanted, taken, cursor);
	}
}
