/**
 * Decodes a chunked body (RFC 9112, section 7.1), strictly. Pure. Extensions of chunks and trailers are checked and
 * dropped.
 */
import { CHUNK_EXTENSIONS, FIELD_LINES } from "./fields.ts";

/**
 * The largest size of all extensions of one body, and of all its trailers. Node's parser has the same limit on
 * extensions.
 */
const OVERHEAD_MAX = 16 * 1024;
/** A number with more digits would not be a safe integer. */
const DIGITS_MAX = 13;
/** Trailers that would frame a message (RFC 9110, section 6.5.1). */
const FRAMING = /^(?:content-length|transfer-encoding):/i;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SEMICOLON = 0x3b;
const DEL = 0x7f;

/** `malformed`: the body is not chunked. `size`: a chunk is too large. `overhead`: extensions or trailers are too large. */
export type ChunkFault = "malformed" | "size" | "overhead";

/** The error for a fault. */
export type ChunkError = (fault: ChunkFault) => Error;

type State =
	| "size"
	| "extension"
	| "size-lf"
	| "data"
	| "data-cr"
	| "data-lf"
	| "trailer-start"
	| "trailer"
	| "trailer-lf"
	| "last-lf"
	| "ended";

/** The value of a hexadecimal digit; undefined for any other byte. */
function hexDigit(byte: number): number | undefined {
	if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
	const letter = byte | 0x20;
	return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
}

export class ChunkedDecoder {
	readonly #errorOf: ChunkError;
	#state: State = "size";
	/** The size of the chunk while its digits are read; then the number of bytes that are left. */
	#size = 0;
	#digits = 0;
	#overhead = 0;
	/** The extensions of a chunk, or a trailer, while they are read. */
	#line = "";

	/** @param errorOf makes the errors that `read` throws */
	constructor(errorOf: ChunkError) {
		this.#errorOf = errorOf;
	}

	/** Whether the last chunk and the trailers were read. */
	get isComplete(): boolean {
		return this.#state === "ended";
	}

	/**
	 * Reads the next bytes of the body.
	 * @param onData called with each piece of a chunk's data. It shares memory with `bytes`.
	 * @returns the number of bytes that belong to the body. It is smaller than the input if the body ends within it.
	 * @throws the error of the fault
	 */
	read(bytes: Buffer, onData: (data: Buffer) => void): number {
		let index = 0;
		while (index < bytes.length && this.#state !== "ended") {
			if (this.#state === "data") {
				const end = Math.min(bytes.length, index + this.#size);
				const data = index === 0 && end === bytes.length ? bytes : bytes.subarray(index, end);
				this.#size -= data.length;
				if (this.#size === 0) this.#state = "data-cr";
				index = end;
				onData(data);
			} else this.#state = this.#next(bytes[index++] as number, this.#state);
		}
		return index;
	}

	#next(byte: number, state: Exclude<State, "data" | "ended">): State {
		switch (state) {
			case "size":
				return this.#readSize(byte);
			case "extension":
				return this.#readText(byte, "extension", "size-lf");
			case "size-lf":
				return this.#expect(byte, LF, this.#size === 0 ? "trailer-start" : "data");
			case "data-cr":
				return this.#expect(byte, CR, "data-lf");
			case "data-lf":
				return this.#expect(byte, LF, "size");
			case "trailer-start":
				return byte === CR ? "last-lf" : this.#readText(byte, "trailer", "trailer-lf");
			case "trailer":
				return this.#readText(byte, "trailer", "trailer-lf");
			case "trailer-lf":
				return this.#expect(byte, LF, "trailer-start");
			case "last-lf":
				return this.#expect(byte, LF, "ended");
		}
	}

	#readSize(byte: number): State {
		const digit = hexDigit(byte);
		if (digit !== undefined) {
			if (++this.#digits > DIGITS_MAX) throw this.#errorOf("size");
			this.#size = this.#size * 16 + digit;
			return "size";
		}
		if (this.#digits === 0 || (byte !== CR && byte !== SEMICOLON)) throw this.#errorOf("malformed");
		this.#digits = 0;
		return byte === CR ? "size-lf" : this.#readText(byte, "extension", "size-lf");
	}

	/** Reads a byte of extensions or of a trailer, and checks them at their end. */
	#readText(byte: number, state: "extension" | "trailer", afterCr: State): State {
		if (byte === CR) {
			const line = this.#line;
			this.#line = "";
			const isValid =
				state === "extension" ? CHUNK_EXTENSIONS.test(line) : FIELD_LINES.test(line) && !FRAMING.test(line);
			if (!isValid) throw this.#errorOf("malformed");
			return afterCr;
		}
		if ((byte < 0x20 && byte !== TAB) || byte === DEL) throw this.#errorOf("malformed");
		if (++this.#overhead > OVERHEAD_MAX) throw this.#errorOf("overhead");
		this.#line += String.fromCharCode(byte);
		return state;
	}

	#expect(byte: number, expected: number, next: State): State {
		if (byte !== expected) throw this.#errorOf("malformed");
		return next;
	}
}
