/**
 * Encodes and decodes Protocol Buffers: the messages of etcd's API, from a table of their fields.
 *
 * A field that is given is always encoded, also with its default value. Unknown fields are skipped.
 */
import { concat, fromUtf8, utf8 } from "../../../../bytes.ts";

interface Scalars {
	/** An integer that fits into a number, such as a revision. */
	int: number;
	/** A 64-bit integer, such as the id of a lease. */
	long: bigint;
	bool: boolean;
	text: string;
	bytes: Uint8Array;
}

type Kind = keyof Scalars | Schema;

/** The fields of a message: name → number, kind and, if the field is repeated, "many". */
export interface Schema {
	readonly [field: string]: readonly [number, Kind] | readonly [number, Kind, "many"];
}

/** A message to encode. */
export type Outgoing<S> = {
	readonly [F in keyof S]?:
		| (S[F] extends readonly [number, infer K, "many"]
				? readonly OutgoingValue<K>[]
				: S[F] extends readonly [number, infer K]
					? OutgoingValue<K>
					: never)
		| undefined;
};
type OutgoingValue<K> = K extends keyof Scalars ? Scalars[K] : Outgoing<K>;

/** A decoded message. A scalar that was not sent has its default, and a message that was not sent is undefined. */
export type Incoming<S> = {
	readonly [F in keyof S]: S[F] extends readonly [number, infer K, "many"]
		? readonly IncomingValue<K>[]
		: S[F] extends readonly [number, infer K]
			? K extends keyof Scalars
				? Scalars[K]
				: IncomingValue<K> | undefined
			: never;
};
type IncomingValue<K> = K extends keyof Scalars ? Scalars[K] : Incoming<K>;

const VARINT = 0;
const FIXED_64 = 1;
const DELIMITED = 2;
const FIXED_32 = 5;

const DEFAULTS: Readonly<Scalars> = { int: 0, long: 0n, bool: false, text: "", bytes: new Uint8Array(0) };

/** The bytes of a message were not what the schema says. */
export class WireFault extends Error {}

function varint(value: number | bigint): Uint8Array {
	const bytes: number[] = [];
	let rest = BigInt.asUintN(64, BigInt(value));
	while (rest > 127n) {
		bytes.push(Number(rest & 127n) | 128);
		rest >>= 7n;
	}
	bytes.push(Number(rest));
	return Uint8Array.from(bytes);
}

function encodeField(number: number, kind: Kind, value: unknown): Uint8Array[] {
	if (kind === "int" || kind === "long" || kind === "bool")
		return [
			varint((number << 3) | VARINT),
			varint(kind === "bool" ? Number(value) : (value as number | bigint)),
		];
	let bytes: Uint8Array;
	if (kind === "text") bytes = utf8(value as string);
	else if (kind === "bytes") bytes = value as Uint8Array;
	else bytes = encode(kind as Schema, value as object);
	return [varint((number << 3) | DELIMITED), varint(bytes.length), bytes];
}

/** The bytes of a message. */
export function encode<S extends Schema>(schema: S, message: Outgoing<S>): Uint8Array {
	const parts: Uint8Array[] = [];
	for (const [name, value] of Object.entries(message)) {
		if (value === undefined) continue;
		const [number, kind, many] = schema[name] as readonly [number, Kind, "many"?];
		for (const each of many === undefined ? [value] : (value as readonly unknown[]))
			parts.push(...encodeField(number, kind, each));
	}
	return concat(...parts);
}

class Reader {
	readonly #bytes: Uint8Array;
	#at = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	get isAtEnd(): boolean {
		return this.#at >= this.#bytes.length;
	}

	int(): number {
		let value = 0;
		for (let shift = 0; shift < 49; shift += 7) {
			const byte = this.#byte(shift / 7);
			value += (byte & 127) * 2 ** shift;
			if (byte < 128) {
				this.#at += shift / 7 + 1;
				return value;
			}
		}
		return Number(this.long());
	}

	/** Reads as a signed number: only ids of members have the highest bit set otherwise, and ids are only compared. */
	long(): bigint {
		let value = 0n;
		for (let index = 0; index < 10; index++) {
			const byte = this.#byte(index);
			value |= BigInt(byte & 127) << BigInt(7 * index);
			if (byte < 128) {
				this.#at += index + 1;
				return BigInt.asIntN(64, value);
			}
		}
		throw new WireFault("A number has more than ten bytes.");
	}

	bytes(length = this.int()): Uint8Array {
		const end = this.#at + length;
		if (end > this.#bytes.length) throw new WireFault("A message ends within a field.");
		const bytes = this.#bytes.subarray(this.#at, end);
		this.#at = end;
		return bytes;
	}

	skip(wireType: number): void {
		if (wireType === VARINT) this.long();
		else if (wireType === DELIMITED) this.bytes();
		else if (wireType === FIXED_64) this.bytes(8);
		else if (wireType === FIXED_32) this.bytes(4);
		else throw new WireFault(`A field has the unknown type ${wireType}.`);
	}

	#byte(index: number): number {
		const byte = this.#bytes[this.#at + index];
		if (byte === undefined) throw new WireFault("A message ends within a number.");
		return byte;
	}
}

function decodeField(kind: Kind, reader: Reader): unknown {
	if (kind === "int") return reader.int();
	if (kind === "long") return reader.long();
	if (kind === "bool") return reader.int() !== 0;
	const bytes = reader.bytes();
	if (kind === "bytes") return bytes;
	if (kind === "text") return fromUtf8(bytes) ?? "";
	return decode(kind as Schema, bytes);
}

function wireTypeOf(kind: Kind): number {
	return kind === "int" || kind === "long" || kind === "bool" ? VARINT : DELIMITED;
}

/** The message in these bytes. Fields of bytes are views of them. @throws WireFault */
export function decode<S extends Schema>(schema: S, bytes: Uint8Array): Incoming<S> {
	const message: Record<string, unknown> = {};
	const byNumber = new Map<number, string>();
	for (const [name, [number, kind, many]] of Object.entries(schema)) {
		byNumber.set(number, name);
		message[name] = many !== undefined ? [] : typeof kind === "string" ? DEFAULTS[kind] : undefined;
	}
	const reader = new Reader(bytes);
	while (!reader.isAtEnd) {
		const tag = reader.int();
		const name = byNumber.get(tag >>> 3);
		const field = name === undefined ? undefined : schema[name];
		if (name === undefined || field === undefined || wireTypeOf(field[1]) !== (tag & 7)) {
			reader.skip(tag & 7);
			continue;
		}
		const value = decodeField(field[1], reader);
		if (field[2] === undefined) message[name] = value;
		else (message[name] as unknown[]).push(value);
	}
	return message as Incoming<S>;
}
