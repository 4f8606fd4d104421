/** Values as bytes: Deno serialises them as it does for its own stores. */

/** The functions of Deno's core with which `ext/kv/01_db.ts` serialises values. */
interface Core {
	serialize(value: unknown, options: { forStorage: true }): Uint8Array;
	deserialize(bytes: Uint8Array, options: { forStorage: true; deserializers: unknown }): unknown;
	getCloneableDeserializers(): unknown;
}

/** Bytes as text, in the form of the messages to the platform. */
export function toText(bytes: Uint8Array): string {
	return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

export function fromText(text: string): Uint8Array<ArrayBuffer> {
	return Uint8Array.fromBase64(text, { alphabet: "base64url" });
}

/** A value in the platform's form: the encoding and the bytes in base 64. */
export type WireValue = readonly [encoding: number, bytes: string];

const V8 = 1;
const LE64 = 2;
const BYTES = 3;

const { internal } = Deno as unknown as { internal: symbol };
const { core } = (Deno as unknown as Record<symbol, { core: Core }>)[internal] as { core: Core };
const inspectSymbol = Symbol.for("Deno.privateCustomInspect");

type Inspect = (value: unknown, options: unknown) => string;

/** `Deno.KvU64`. */
export class KvU64 {
	readonly value: bigint;

	constructor(value: bigint) {
		if (typeof value !== "bigint") throw new TypeError(`Value must be a bigint: received ${typeof value}`);
		if (value < 0n) throw new RangeError(`Value must be a positive bigint: received ${value}`);
		if (value > 0xffffffffffffffffn) throw new RangeError("Value must fit in a 64-bit unsigned integer");
		this.value = value;
		Object.freeze(this);
	}

	valueOf(): bigint {
		return this.value;
	}

	toString(): string {
		return this.value.toString();
	}

	get [Symbol.toStringTag](): string {
		return "Deno.KvU64";
	}

	[inspectSymbol](inspect: Inspect, options: unknown): string {
		return inspect(Object(this.value), options).replace("BigInt", "Deno.KvU64");
	}
}

/** A value that is not in base 64 yet. */
export interface EncodedValue {
	readonly encoding: number;
	readonly bytes: Uint8Array;
}

/** @throws as the structured clone of the value */
export function serializeValue(value: unknown): EncodedValue {
	if (value instanceof Uint8Array) return { encoding: BYTES, bytes: value.slice() };
	if (!(value instanceof KvU64)) return { encoding: V8, bytes: serialize(value) };
	const bytes = new Uint8Array(8);
	new DataView(bytes.buffer).setBigUint64(0, value.value, true);
	return { encoding: LE64, bytes };
}

export function serialize(value: unknown): Uint8Array {
	return core.serialize(value, { forStorage: true });
}

export function deserialize(bytes: Uint8Array): unknown {
	return core.deserialize(bytes, { forStorage: true, deserializers: core.getCloneableDeserializers() });
}

export function deserializeValue([encoding, text]: WireValue): unknown {
	const bytes = fromText(text);
	if (encoding === V8) return deserialize(bytes);
	if (encoding === BYTES) return bytes;
	if (encoding === LE64) return new KvU64(new DataView(bytes.buffer).getBigUint64(0, true));
	throw new TypeError("Invalid value type");
}
