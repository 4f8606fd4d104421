/**
 * The packets that Deno and esbuild exchange: a size, a number that identifies request and answer, and a value.
 */

export type Value =
	| null
	| boolean
	| number
	| string
	| Uint8Array
	| readonly Value[]
	| { readonly [key: string]: Value };

/** The size of a packet or of a string comes first, little-endian. */
export const SIZE_BYTES = 4;
const TAGS = { null: 0, boolean: 1, number: 2, string: 3, bytes: 4, list: 5, record: 6 } as const;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
	const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
	let end = 0;
	for (const part of parts) {
		whole.set(part, end);
		end += part.length;
	}
	return whole;
}

function readSize(bytes: Uint8Array, start = 0): number {
	return new DataView(bytes.buffer, bytes.byteOffset + start).getUint32(0, true);
}

function encodeSize(size: number): Uint8Array {
	const bytes = new Uint8Array(SIZE_BYTES);
	new DataView(bytes.buffer).setUint32(0, size, true);
	return bytes;
}

function sized(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
	return concat(encodeSize(bytes.length), bytes);
}

export function encode(value: Value): Uint8Array {
	const tagged = (tag: number, ...parts: readonly Uint8Array[]) => concat(new Uint8Array([tag]), ...parts);
	if (value === null) return tagged(TAGS.null);
	if (typeof value === "boolean") return tagged(TAGS.boolean, new Uint8Array([value ? 1 : 0]));
	if (typeof value === "number") return tagged(TAGS.number, encodeSize(value));
	if (typeof value === "string") return tagged(TAGS.string, sized(encoder.encode(value)));
	if (value instanceof Uint8Array) return tagged(TAGS.bytes, sized(value));
	if (Array.isArray(value)) return tagged(TAGS.list, encodeSize(value.length), ...value.map(encode));
	const entries = Object.entries(value);
	const parts = entries.map(([key, one]) => encodeEntry(key, one));
	return tagged(TAGS.record, encodeSize(entries.length), ...parts);
}

/** Reads the value of a packet. */
export function decode(packet: Uint8Array): Value {
	let at = SIZE_BYTES;
	const bytes = (count: number) => {
		at += count;
		return packet.subarray(at - count, at);
	};
	const size = () => readSize(bytes(SIZE_BYTES));
	const text = () => decoder.decode(bytes(size()));
	const value = (): Value => {
		const tag = packet[at++];
		if (tag === TAGS.null) return null;
		if (tag === TAGS.boolean) return packet[at++] === 1;
		if (tag === TAGS.number) return size();
		if (tag === TAGS.string) return text();
		if (tag === TAGS.bytes) return bytes(size());
		if (tag === TAGS.list) return Array.from({ length: size() }, value);
		return Object.fromEntries(Array.from({ length: size() }, () => [text(), value()]));
	};
	return value();
}

/** The number of a request and its answer, and which of the two a packet is. */
export function headOf(packet: Uint8Array): { readonly id: number; readonly isAnswer: boolean } {
	const number = readSize(packet);
	return { id: number >>> 1, isAnswer: number % 2 === 1 };
}

export function packetOf(id: number, isAnswer: boolean, value: Value): Uint8Array {
	return concat(encodeSize(id * 2 + (isAnswer ? 1 : 0)), encode(value));
}

/** Where a sequence of bytes begins; -1 if it is not there. */
export function indexOf(bytes: Uint8Array, part: Uint8Array): number {
	const [first = 0] = part;
	for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1))
		if (part.every((byte, index) => bytes[at + index] === byte)) return at;
	return -1;
}

/** Part of a record, to find records without reading them whole. */
export function encodeEntry(key: string, value: Value): Uint8Array {
	return concat(sized(encoder.encode(key)), encode(value));
}

/** Splits a stream into packets. */
export async function* packets(source: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
	let chunks: Uint8Array[] = [];
	let wanted = SIZE_BYTES;
	for await (const chunk of source) {
		chunks.push(chunk);
		if (chunks.reduce((size, { length }) => size + length, 0) < wanted) continue;
		let rest: Uint8Array = concat(...chunks);
		for (;;) {
			wanted = SIZE_BYTES + (rest.length < SIZE_BYTES ? 0 : readSize(rest));
			if (rest.length < wanted || rest.length === 0) break;
			yield rest.subarray(SIZE_BYTES, wanted);
			rest = rest.subarray(wanted);
		}
		chunks = [rest];
	}
}

/** Sends packets. Those that come while it writes are written together, since each write takes long. */
export class Sender {
	readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
	#pending: Uint8Array[] = [];
	#writing: Promise<void> | undefined;

	constructor(stream: WritableStream<Uint8Array<ArrayBuffer>>) {
		this.#writer = stream.getWriter();
	}

	/** Writing fails silently if the other program has ended. Then its exit status gives the reason. */
	send(packet: Uint8Array): void {
		this.#pending.push(encodeSize(packet.length), packet);
		this.#writing ??= this.#write().catch(() => undefined);
	}

	/** Closes the stream when everything is written. */
	async close(): Promise<void> {
		await this.#writing;
		await this.#writer.close();
	}

	async #write(): Promise<void> {
		// The packets that arrived together are written together.
		await Promise.resolve();
		while (this.#pending.length > 0) await this.#writer.write(concat(...this.#pending.splice(0)));
		this.#writing = undefined;
	}
}
