/**
 * Searches for many byte strings at once. A file is read in steps of eight bytes. A string of 15 bytes or more always
 * contains eight bytes that begin at a step. These eight bytes are looked up in a table.
 */
import { Buffer } from "node:buffer";

/** The shortest string that always contains eight bytes that begin at a step. */
export const NEEDLE_BYTES_MIN = 15;
const STEP = 8;
const NOTHING = -1;

function hashOf(low: number, high: number): number {
	let hash = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
	hash ^= hash >>> 15;
	hash = Math.imul(hash, 0x2c1b3c6d);
	return hash ^ (hash >>> 13);
}

/**
 * Files that do not begin at a word boundary are copied here. Allocating memory for each of them would take longer than
 * the copy.
 */
let aligned = new Uint8Array(65_536);

/**
 * The bytes as whole 32-bit words, which are valid until the next call. The step before them covers the bytes that are
 * left over at the end.
 */
function wordsOf(bytes: Buffer): Uint32Array {
	const length = Math.floor(bytes.length / 4);
	if (bytes.byteOffset % 4 === 0) return new Uint32Array(bytes.buffer, bytes.byteOffset, length);
	if (aligned.length < bytes.length) aligned = new Uint8Array(bytes.length);
	aligned.set(bytes);
	return new Uint32Array(aligned.buffer, 0, length);
}

export class Needles<Key> {
	readonly #needles: { readonly bytes: Buffer; readonly key: Key }[] = [];
	/**
	 * The first entry of each slot of the table, and the next entry of each entry. An entry is 8 · needle +
	 * offset.
	 */
	#heads: Int32Array | undefined;
	#next = new Int32Array(0);
	/** The hash of each entry's eight bytes, which rules out most wrong entries. */
	#hashes = new Int32Array(0);

	get size(): number {
		return this.#needles.length;
	}

	/** @param text bytes as latin1. A text shorter than `NEEDLE_BYTES_MIN` is ignored */
	add(text: string, key: Key): void {
		if (text.length < NEEDLE_BYTES_MIN) return;
		this.#needles.push({ bytes: Buffer.from(text, "latin1"), key });
		this.#heads = undefined;
	}

	#table(): Int32Array {
		const entries = this.#needles.length * STEP;
		const heads = new Int32Array(2 ** Math.max(12, Math.ceil(Math.log2(entries * 16 + 1)))).fill(NOTHING);
		this.#next = new Int32Array(entries).fill(NOTHING);
		this.#hashes = new Int32Array(entries);
		for (const [index, { bytes }] of this.#needles.entries()) {
			for (let offset = 0; offset < STEP; offset++) {
				const [low = 0, high = 0] = wordsOf(Buffer.from(bytes.subarray(offset, offset + STEP)));
				const hash = hashOf(low, high);
				const [entry, place] = [index * STEP + offset, hash & (heads.length - 1)];
				this.#hashes[entry] = hash;
				this.#next[entry] = heads[place] ?? NOTHING;
				heads[place] = entry;
			}
		}
		this.#heads = heads;
		return heads;
	}

	/**
	 * Searches for all strings.
	 * @param found called with the string's key and its position, for each occurrence
	 */
	search(bytes: Buffer, found: (key: Key, at: number) => void): void {
		if (this.#needles.length === 0) return;
		const heads = this.#heads ?? this.#table();
		const words = wordsOf(bytes);
		const mask = heads.length - 1;
		for (let index = 0; index + 1 < words.length; index += 2) {
			const hash = hashOf(words[index] ?? 0, words[index + 1] ?? 0);
			let entry = heads[hash & mask] ?? NOTHING;
			while (entry !== NOTHING) {
				if (this.#hashes[entry] === hash) this.#hold(bytes, index * 4, entry, found);
				entry = this.#next[entry] ?? NOTHING;
			}
		}
	}

	#hold(bytes: Buffer, at: number, entry: number, found: (key: Key, at: number) => void): void {
		const needle = this.#needles[Math.floor(entry / STEP)];
		const from = at - (entry % STEP);
		if (!needle || from < 0 || from + needle.bytes.length > bytes.length) return;
		if (needle.bytes.compare(bytes, from, from + needle.bytes.length) === 0) found(needle.key, from);
	}
}
