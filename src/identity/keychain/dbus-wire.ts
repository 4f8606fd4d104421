/**
 * The part of D-Bus's wire format that reading the state of a Secret Service needs: method calls with strings, replies
 * with object paths and booleans. Pure.
 */

/** A string, or a map of strings to strings (`a{ss}`). */
export type Argument = string | ReadonlyMap<string, string>;

export interface MethodCall {
	destination: string;
	path: string;
	interface: string;
	member: string;
	arguments: readonly Argument[];
}

export interface Reply {
	/** The serial of the call that this message answers; 0 if it answers none (a signal). */
	replySerial: number;
	/** The error's name; undefined if the message is not an error. */
	error: string | undefined;
	body: BodyReader;
	/** The number of bytes of the message. */
	length: number;
}

const METHOD_CALL = 1;
const FIELD = {
	path: 1,
	interface: 2,
	member: 3,
	errorName: 4,
	replySerial: 5,
	destination: 6,
	signature: 8,
};
const FIXED_HEADER_BYTES = 16;
const MESSAGE_BYTES_MAX = 1 << 20;

class Writer {
	readonly #bytes: number[] = [];

	get length(): number {
		return this.#bytes.length;
	}

	align(boundary: number): void {
		while (this.#bytes.length % boundary !== 0) this.#bytes.push(0);
	}

	byte(value: number): void {
		this.#bytes.push(value);
	}

	uint32(value: number): void {
		this.align(4);
		this.#bytes.push(...uint32Bytes(value));
	}

	text(value: string): void {
		const bytes = Buffer.from(value);
		this.uint32(bytes.length);
		this.#bytes.push(...bytes, 0);
	}

	signature(value: string): void {
		this.#bytes.push(value.length, ...Buffer.from(value), 0);
	}

	/**
	 * Writes an array: its length, which is known only after the content, and the content, whose elements are
	 * aligned to `boundary`.
	 */
	array(boundary: number, content: () => void): void {
		this.uint32(0);
		const lengthAt = this.#bytes.length - 4;
		this.align(boundary);
		const start = this.#bytes.length;
		content();
		this.#bytes.splice(lengthAt, 4, ...uint32Bytes(this.#bytes.length - start));
	}

	toBuffer(): Buffer {
		return Buffer.from(this.#bytes);
	}
}

function uint32Bytes(value: number): number[] {
	return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255];
}

function writeArgument(writer: Writer, argument: Argument): void {
	if (typeof argument === "string") {
		writer.text(argument);
		return;
	}
	writer.array(8, () => {
		for (const [key, value] of argument) {
			writer.align(8);
			writer.text(key);
			writer.text(value);
		}
	});
}

/** The bytes of a method call. `serial` is any number but 0. */
export function encodeCall(call: MethodCall, serial: number): Buffer {
	const body = new Writer();
	for (const argument of call.arguments) writeArgument(body, argument);
	const signature = call.arguments.map((argument) => (typeof argument === "string" ? "s" : "a{ss}")).join("");

	const header = new Writer();
	for (const byte of ["l".charCodeAt(0), METHOD_CALL, 0, 1]) header.byte(byte);
	header.uint32(body.length);
	header.uint32(serial);
	header.array(8, () => {
		const field = (code: number, type: string, value: string) => {
			header.align(8);
			header.byte(code);
			header.signature(type);
			if (type === "g") header.signature(value);
			else header.text(value);
		};
		field(FIELD.path, "o", call.path);
		field(FIELD.interface, "s", call.interface);
		field(FIELD.member, "s", call.member);
		field(FIELD.destination, "s", call.destination);
		if (signature !== "") field(FIELD.signature, "g", signature);
	});
	header.align(8);
	return Buffer.concat([header.toBuffer(), body.toBuffer()]);
}

/** Reads the values of a reply's body in order. Every method throws a RangeError if the bytes end too early. */
export class BodyReader {
	readonly #bytes: Buffer;
	#offset = 0;

	constructor(bytes: Buffer) {
		this.#bytes = bytes;
	}

	get offset(): number {
		return this.#offset;
	}

	align(boundary: number): void {
		this.#offset = Math.ceil(this.#offset / boundary) * boundary;
	}

	byte(): number {
		const value = this.#bytes.readUInt8(this.#offset);
		this.#offset += 1;
		return value;
	}

	uint32(): number {
		this.align(4);
		const value = this.#bytes.readUInt32LE(this.#offset);
		this.#offset += 4;
		return value;
	}

	/** A string or an object path. */
	text(): string {
		return this.#take(this.uint32());
	}

	signature(): string {
		return this.#take(this.byte());
	}

	/** An array of object paths. */
	paths(): string[] {
		const length = this.uint32();
		const end = this.#offset + length;
		const paths: string[] = [];
		while (this.#offset < end) paths.push(this.text());
		return paths;
	}

	/** A variant that holds a boolean. */
	booleanVariant(): boolean {
		if (this.signature() !== "b") throw new RangeError("not a boolean");
		return this.uint32() === 1;
	}

	#take(length: number): string {
		const end = this.#offset + length;
		if (end >= this.#bytes.length) throw new RangeError("the message is too short");
		const text = this.#bytes.toString("utf8", this.#offset, end);
		this.#offset = end + 1;
		return text;
	}
}

/**
 * Decodes the message at the beginning of the bytes. @returns undefined if the message is incomplete
 * @throws RangeError for a message that this module cannot read
 */
export function decodeMessage(bytes: Buffer): Reply | undefined {
	if (bytes.length < FIXED_HEADER_BYTES) return undefined;
	const bodyLength = bytes.readUInt32LE(4);
	const fieldsLength = bytes.readUInt32LE(12);
	const headerLength = Math.ceil((FIXED_HEADER_BYTES + fieldsLength) / 8) * 8;
	const length = headerLength + bodyLength;
	if (bytes[0] !== "l".charCodeAt(0) || length > MESSAGE_BYTES_MAX) throw new RangeError("not a message");
	if (bytes.length < length) return undefined;
	const fields = readFields(bytes.subarray(0, FIXED_HEADER_BYTES + fieldsLength));
	return { ...fields, body: new BodyReader(bytes.subarray(headerLength, length)), length };
}

function readFields(header: Buffer): { replySerial: number; error: string | undefined } {
	const reader = new BodyReader(Buffer.concat([header, Buffer.alloc(1)]));
	for (let word = 0; word < FIXED_HEADER_BYTES / 4; word++) reader.uint32();
	let replySerial = 0;
	let error: string | undefined;
	while (reader.offset < header.length) {
		reader.align(8);
		const code = reader.byte();
		const type = reader.signature();
		const value = type === "u" ? reader.uint32() : type === "g" ? reader.signature() : reader.text();
		if (code === FIELD.replySerial && typeof value === "number") replySerial = value;
		if (code === FIELD.errorName && typeof value === "string") error = value;
	}
	return { replySerial, error };
}
