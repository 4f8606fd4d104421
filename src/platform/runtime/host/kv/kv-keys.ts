/**
 * Keys as bytes, in Deno's order: Uint8Array, string, number, bigint, boolean (`proto/codec.rs` of denoland/denokv).
 */

export type KeyPart = Uint8Array | string | number | bigint | boolean;
export type Key = readonly KeyPart[];

const TAG = { bytes: 0x01, string: 0x02, zero: 0x14, double: 0x21, no: 0x26, yes: 0x27 };
const INTEGER_BYTES_MAX = 8;
const NEGATIVE_LONG = 0x0b;
const POSITIVE_LONG = 0x1d;
const ESCAPE = 0xff;
const LONG_BYTES_MAX = 255;
const SIGN = 0x80;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const { InvalidData, UnexpectedEof } = Deno.errors;

/** An integer that is too large for a key. */
export class KeyPartError extends TypeError {}
Object.defineProperty(KeyPartError.prototype, "constructor", { value: TypeError });

function escapeInto(output: number[], bytes: Uint8Array): void {
	for (const byte of bytes) {
		output.push(byte);
		if (byte === 0) output.push(ESCAPE);
	}
	output.push(0);
}

function encodeInteger(output: number[], value: bigint): void {
	if (value === 0n) return void output.push(TAG.zero);
	const isNegative = value < 0n;
	const digits = (isNegative ? -value : value).toString(16);
	const bytes = Uint8Array.fromHex(digits.padStart(digits.length + (digits.length % 2), "0"));
	if (bytes.length > LONG_BYTES_MAX)
		throw new KeyPartError("BigUint requires more than 255 bytes to be represented");
	const flip = isNegative ? 0xff : 0;
	if (bytes.length <= INTEGER_BYTES_MAX)
		output.push(isNegative ? TAG.zero - bytes.length : TAG.zero + bytes.length);
	else output.push(isNegative ? NEGATIVE_LONG : POSITIVE_LONG, bytes.length ^ flip);
	for (const byte of bytes) output.push(byte ^ flip);
}

/** Flips all bits of a negative number, and the sign of others, so that the bytes have the order of the numbers. */
function encodeDouble(output: number[], value: number): void {
	const bytes = new Uint8Array(8);
	new DataView(bytes.buffer).setFloat64(0, value);
	const isNegative = ((bytes[0] ?? 0) & SIGN) !== 0;
	output.push(TAG.double);
	for (const [index, byte] of bytes.entries())
		output.push(byte ^ (isNegative ? 0xff : index === 0 ? SIGN : 0));
}

/** @throws TypeError for a value that is not a key, and for a part that no key can have */
export function encodeKey(key: Key): Uint8Array {
	if (!Array.isArray(key)) {
		const type = typeof key === "number" ? "Number" : typeof key;
		throw new TypeError(`serde_v8 error: invalid type; expected: array, got: ${type}`);
	}
	const output: number[] = [];
	for (const part of key) {
		if (typeof part === "string") {
			output.push(TAG.string);
			escapeInto(output, encoder.encode(part));
		} else if (typeof part === "number") encodeDouble(output, part);
		else if (typeof part === "bigint") encodeInteger(output, part);
		else if (typeof part === "boolean") output.push(part ? TAG.yes : TAG.no);
		else if (ArrayBuffer.isView(part)) {
			output.push(TAG.bytes);
			escapeInto(output, new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
		} else throw new TypeError("expected string, number, bigint, ArrayBufferView, boolean");
	}
	return Uint8Array.from(output);
}

/** Reads the parts of a key one after the other. */
class KeyReader {
	readonly #bytes: Uint8Array;
	#at = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	get hasMore(): boolean {
		return this.#at < this.#bytes.length;
	}

	next(): KeyPart {
		const [tag = 0] = this.#take(1);
		if (tag === TAG.string) return decoder.decode(this.#escaped());
		if (tag === TAG.bytes) return this.#escaped();
		if (tag === TAG.double) return this.#double();
		if (tag === TAG.no || tag === TAG.yes) return tag === TAG.yes;
		if (tag >= NEGATIVE_LONG && tag <= POSITIVE_LONG) return this.#integer(tag);
		throw new InvalidData("invalid tag");
	}

	#take(count: number): Uint8Array {
		const taken = this.#bytes.slice(this.#at, this.#at + count);
		if (taken.length < count) throw new UnexpectedEof();
		this.#at += count;
		return taken;
	}

	#escaped(): Uint8Array<ArrayBuffer> {
		const output: number[] = [];
		for (;;) {
			const [byte = 0] = this.#take(1);
			if (byte === 0) {
				if (this.#bytes[this.#at] !== ESCAPE) return Uint8Array.from(output);
				this.#at++;
			}
			output.push(byte);
		}
	}

	#double(): number {
		const bytes = this.#take(8);
		const isNegative = ((bytes[0] ?? 0) & SIGN) === 0;
		for (const [index, byte] of bytes.entries())
			bytes[index] = byte ^ (isNegative ? 0xff : index === 0 ? SIGN : 0);
		return new DataView(bytes.buffer).getFloat64(0);
	}

	#integer(tag: number): bigint {
		const isNegative = tag < TAG.zero;
		const flip = isNegative ? 0xff : 0;
		const isLong = tag === NEGATIVE_LONG || tag === POSITIVE_LONG;
		const length = isLong ? (this.#take(1)[0] ?? 0) ^ flip : Math.abs(tag - TAG.zero);
		let value = 0n;
		for (const byte of this.#take(length)) value = (value << 8n) | BigInt(byte ^ flip);
		return isNegative ? -value : value;
	}
}

export function decodeKey(bytes: Uint8Array): KeyPart[] {
	const reader = new KeyReader(bytes);
	const key: KeyPart[] = [];
	while (reader.hasMore) key.push(reader.next());
	return key;
}

/** Compares two keys byte by byte. */
export function compareKeys(one: Uint8Array, other: Uint8Array): number {
	const length = Math.min(one.length, other.length);
	for (let index = 0; index < length; index++) {
		const difference = (one[index] ?? 0) - (other[index] ?? 0);
		if (difference !== 0) return difference;
	}
	return one.length - other.length;
}

export function concatenate(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
	return Uint8Array.from(parts.flatMap((part) => [...part]));
}
