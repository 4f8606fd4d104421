/**
 * Encodes and decodes the messages of etcd's API, in Protocol Buffers, from a table of their fields.
 *
 * A field that is given is always encoded, also with its default value. Unknown fields are skipped.
 */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

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

const DEFAULTS: Readonly<Scalars> = { int: 0, long: 0n, bool: false, text: "", bytes: new Uint8Array(0) };

/** The bytes of a message were not what the schema says. */
export class WireFault extends Error {}

function wireTypeOf(kind: Kind): WireType {
	return kind === "int" || kind === "long" || kind === "bool" ? WireType.Varint : WireType.LengthDelimited;
}

function write(writer: BinaryWriter, number: number, kind: Kind, value: unknown): void {
	writer.tag(number, wireTypeOf(kind));
	if (kind === "int" || kind === "long") writer.int64(value as number | bigint);
	else if (kind === "bool") writer.bool(value as boolean);
	else if (kind === "text") writer.string(value as string);
	else writer.bytes(kind === "bytes" ? (value as Uint8Array) : encode(kind as Schema, value as object));
}

/** The bytes of a message. */
export function encode<S extends Schema>(schema: S, message: Outgoing<S>): Uint8Array {
	const writer = new BinaryWriter();
	for (const [name, value] of Object.entries(message)) {
		if (value === undefined) continue;
		const [number, kind, many] = schema[name] as readonly [number, Kind, "many"?];
		for (const each of many === undefined ? [value] : (value as readonly unknown[]))
			write(writer, number, kind, each);
	}
	return writer.finish();
}

function read(reader: BinaryReader, kind: Kind): unknown {
	if (kind === "int") return Number(reader.int64());
	if (kind === "long") return BigInt(reader.int64());
	if (kind === "bool") return reader.bool();
	if (kind === "text") return reader.string();
	const bytes = reader.bytes();
	return kind === "bytes" ? bytes : decode(kind as Schema, bytes);
}

/** The message in these bytes. Fields of bytes are views of them. @throws WireFault */
export function decode<S extends Schema>(schema: S, bytes: Uint8Array): Incoming<S> {
	const message: Record<string, unknown> = {};
	const byNumber = new Map<number, readonly [string, Schema[string]]>();
	for (const [name, field] of Object.entries(schema)) {
		const [number, kind, many] = field;
		byNumber.set(number, [name, field]);
		message[name] = many !== undefined ? [] : typeof kind === "string" ? DEFAULTS[kind] : undefined;
	}
	try {
		const reader = new BinaryReader(bytes);
		while (reader.pos < reader.len) {
			const [number, wireType] = reader.tag();
			const [name = "", field] = byNumber.get(number) ?? [];
			if (field === undefined || wireTypeOf(field[1]) !== wireType) {
				reader.skip(wireType, number);
				continue;
			}
			const value = read(reader, field[1]);
			if (field[2] === undefined) message[name] = value;
			else (message[name] as unknown[]).push(value);
		}
	} catch (error) {
		throw new WireFault("The bytes are not a message.", { cause: error });
	}
	return message as Incoming<S>;
}
