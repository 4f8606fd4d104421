/** The code over the last entry of every stream, kept up to date with one hash for each entry. */
import { equalBytes, lengthPrefixed } from "../../../bytes.ts";
import { fromBase64, hash, toBase64 } from "../../../crypto.ts";
import type { StreamHead, StreamName } from "../store.ts";

const HEAD_DOMAIN = "coffer/store-head/1";
const SEAL_DOMAIN = "coffer/store-seal/1";
const HASH_BYTES = 32;
export const PLATFORM_STREAM = "platform";

/** What a stream contributes to the sum. */
export interface Part {
	readonly revision: number;
	readonly hash: Uint8Array;
	/** The last entry of the stream `platform` when this stream was known first. */
	readonly since: number;
}

export class SealCode {
	readonly #key: Uint8Array;
	readonly #parts = new Map<StreamName, Part>();
	/**
	 * The exclusive or of all parts. Parts are made with the key, so without the key parts that cancel others cannot be
	 * constructed.
	 */
	readonly #sum = new Uint8Array(HASH_BYTES);

	/** @param key 32 bytes */
	constructor(key: Uint8Array) {
		this.#key = key;
	}

	/** The number of streams. */
	get size(): number {
		return this.#parts.size;
	}

	part(stream: StreamName): Part | undefined {
		return this.#parts.get(stream);
	}

	/** The parts of streams that begin with a prefix. */
	partsOf(prefix: string): [StreamName, Part][] {
		return [...this.#parts].filter(([stream]) => stream.startsWith(prefix));
	}

	/** Whether a stream ends with this entry. */
	endsWith(head: StreamHead): boolean {
		const part = this.#parts.get(head.stream);
		return part?.revision === head.revision && equalBytes(part.hash, this.hashOf(head));
	}

	/** Sets the last entry of a stream. */
	set(head: StreamHead): void {
		const since = this.#parts.get(head.stream)?.since ?? this.#parts.get(PLATFORM_STREAM)?.revision ?? 0;
		this.restore(head.stream, { revision: head.revision, hash: this.hashOf(head), since });
	}

	/** Sets the last entries of all streams. There are no others. */
	setAll(heads: readonly StreamHead[]): void {
		this.#parts.clear();
		this.#sum.fill(0);
		const since = heads.find(({ stream }) => stream === PLATFORM_STREAM)?.revision ?? 0;
		for (const head of heads)
			this.restore(head.stream, { revision: head.revision, hash: this.hashOf(head), since });
	}

	/** Sets the part of a stream. @param part undefined: there is no such stream */
	restore(stream: StreamName, part: Part | undefined): void {
		for (const each of [this.#parts.get(stream), part])
			for (const [index, byte] of (each?.hash ?? []).entries())
				this.#sum[index] = (this.#sum[index] ?? 0) ^ byte;
		if (part === undefined) this.#parts.delete(stream);
		else this.#parts.set(stream, part);
	}

	/** The code as base64. */
	text(): string {
		return toBase64(this.#code());
	}

	/** Compares the code with a text, in constant time. */
	matches(text: string): boolean {
		const given = fromBase64(text);
		return given !== undefined && equalBytes(given, this.#code());
	}

	/** The hash of an entry. */
	hashOf({ body, revision, stream }: StreamHead): Uint8Array {
		return hash(lengthPrefixed(HEAD_DOMAIN, stream, revision, body), this.#key);
	}

	#code(): Uint8Array {
		return hash(lengthPrefixed(SEAL_DOMAIN, this.#parts.size, toBase64(this.#sum)), this.#key);
	}
}
