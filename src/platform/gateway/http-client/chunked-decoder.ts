/**
 * Decodes a chunked body (RFC 9112, section 7.1), strictly. Pure. Extensions of chunks and trailers are read and
 * dropped.
 */
import { InvalidResponse } from "./invalid-response.ts";

/**
 * The largest size of all extensions of one body, and of all its trailers. Node's parser has the same limit on
 * extensions.
 */
const OVERHEAD_MAX = 16 * 1024;
/** A number with more digits would not be a safe integer. */
const DIGITS_MAX = 13;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SEMICOLON = 0x3b;
const DEL = 0x7f;

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
	#state: State = "size";
	/** The size of the chunk while its digits are read; then the number of bytes that are left. */
	#size = 0;
	#digits = 0;
	#overhead = 0;

	/** Whether the last chunk and the trailers were read. */
	get isComplete(): boolean {
		return this.#state === "ended";
	}

	/**
	 * Reads the next bytes of the body.
	 * @param onData called with each piece of a chunk's data. It shares memory with `bytes`.
	 * @returns the number of bytes that belong to the body. It is smaller than the input if the body ends within it.
	 * @throws InvalidResponse
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
				return expect(byte, LF, this.#size === 0 ? "trailer-start" : "data");
			case "data-cr":
				return expect(byte, CR, "data-lf");
			case "data-lf":
				return expect(byte, LF, "size");
			case "trailer-start":
				return byte === CR ? "last-lf" : this.#readText(byte, "trailer", "trailer-lf");
			case "trailer":
				return this.#readText(byte, "trailer", "trailer-lf");
			case "trailer-lf":
				return expect(byte, LF, "trailer-start");
			case "last-lf":
				return expect(byte, LF, "ended");
		}
	}

	#readSize(byte: number): State {
		const digit = hexDigit(byte);
		if (digit !== undefined) {
			if (++this.#digits > DIGITS_MAX) throw new InvalidResponse("a chunk of its body is too large");
			this.#size = this.#size * 16 + digit;
			return "size";
		}
		if (this.#digits === 0 || (byte !== CR && byte !== SEMICOLON)) throw notChunked();
		this.#digits = 0;
		return byte === CR ? "size-lf" : "extension";
	}

	#readText(byte: number, state: State, afterCr: State): State {
		if (byte === CR) return afterCr;
		if ((byte < 0x20 && byte !== TAB) || byte === DEL) throw notChunked();
		if (++this.#overhead > OVERHEAD_MAX)
			throw new InvalidResponse("its chunk extensions or trailers are too large");
		return state;
	}
}

function expect(byte: number, expected: number, next: State): State {
	if (byte !== expected) throw notChunked();
	return next;
}

function notChunked(): InvalidResponse {
	return new InvalidResponse("its body is not chunked as it says");
}
