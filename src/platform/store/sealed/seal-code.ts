/** The code over the last entry of every stream, kept up to date with one hash for each entry. */
import { equalBytes, lengthPrefixed } from "../../../bytes.ts";
import { fromBase64, hash, toBase64 } from "../../../crypto.ts";
import type { StreamHead, StreamName } from "../store.ts";

const HEAD_DOMAIN = "coffer/store-head/1";
const SEAL_DOMAIN = "coffer/store-seal/1";
const HASH_BYTES = 32;

/** What a stream contributes to the sum. */
export interface Part {
	readonly revision: number;
	readonly hash: Uint8Array;
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

	part(stream: StreamName): Part | undefined {
		return this.#parts.get(stream);
	}

	/** The parts of streams that begin with a prefix. */
	partsOf(prefix: string): [StreamName, Part][] {
		return [...this.#parts].filter(([stream]) => stream.startsWith(prefix));
	}

	/** Sets the last entry of a stream. */
	set({ stream, revision, body }: StreamHead): void {
		const part = hash(lengthPrefixed(HEAD_DOMAIN, stream, revision, body), this.#key);
		this.restore(stream, { revision, hash: part });
	}

	/** Sets the last entries of all streams. There are no others. */
	setAll(heads: readonly StreamHead[]): void {
		this.#parts.clear();
		this.#sum.fill(0);
		for (const head of heads) this.set(head);
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

	#code(): Uint8Array {
		return hash(lengthPrefixed(SEAL_DOMAIN, this.#parts.size, toBase64(this.#sum)), this.#key);
	}
}
