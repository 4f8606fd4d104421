/**
 * Searches for many byte strings at once. A file is read in steps of eight bytes (four for short strings). A string that
 * is long enough always contains a whole step. The bytes of each step are looked up in a table.
 */
import { Buffer } from "node:buffer";

/** The shortest string that can be searched: it always contains four bytes that begin at a step of four. */
export const NEEDLE_BYTES_MIN = 7;
/** Strings of this length always contain eight bytes that begin at a step of eight. */
const LONG_BYTES_MIN = 15;
const WORD_BYTES = 4;
const NOTHING = -1;
/** Bits of the filter for each entry of the table. With 16, one step in 16 is looked up in vain. */
const BITS_PER_ENTRY = 16;
const BITS_MIN = 2 ** 12;

/**
 * A key, the position of its string, and the length of the string.
 */
export type Hit<Key> = (key: Key, at: number, length: number) => void;

interface Needle<Key> {
	readonly bytes: Buffer;
	readonly key: Key;
}

function hashOf(low: number, high: number): number {
	let hash = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
	hash ^= hash >>> 15;
	hash = Math.imul(hash, 0x2c1b3c6d);
	return hash ^ (hash >>> 13);
}

/** Bytes that do not begin at a word boundary are copied here. */
let aligned = new Uint8Array(65_536);

/** The bytes as whole 32-bit words, which are valid until the next call. Up to three bytes at the end are left out. */
function wordsOf(bytes: Buffer): Uint32Array {
	const length = Math.floor(bytes.length / WORD_BYTES);
	if (bytes.byteOffset % WORD_BYTES === 0) return new Uint32Array(bytes.buffer, bytes.byteOffset, length);
	if (aligned.length < bytes.length) aligned = new Uint8Array(bytes.length);
	aligned.set(bytes);
	return new Uint32Array(aligned.buffer, 0, length);
}

/** Strings that are searched with the same step: one or two words. */
class Table<Key> {
	readonly #step: number;
	readonly #needles: readonly Needle<Key>[];
	/** Which hashes occur, as a bit for each. It fits into the processor's cache, which the table does not. */
	readonly #filter: Uint32Array;
	/** The first entry of each slot, and the next entry of each entry. An entry is step · needle + offset. */
	readonly #heads: Int32Array;
	readonly #next: Int32Array;
	readonly #hashes: Int32Array;

	constructor(needles: readonly Needle<Key>[], words: 1 | 2) {
		this.#step = words * WORD_BYTES;
		this.#needles = needles;
		const entries = needles.length * this.#step;
		const bits = 2 ** Math.ceil(Math.log2(Math.max(BITS_MIN, entries * BITS_PER_ENTRY)));
		this.#filter = new Uint32Array(bits / 32);
		this.#heads = new Int32Array(bits / BITS_PER_ENTRY).fill(NOTHING);
		this.#next = new Int32Array(entries).fill(NOTHING);
		this.#hashes = new Int32Array(entries);
		for (const [index, { bytes }] of needles.entries())
			for (let offset = 0; offset < this.#step; offset++)
				this.#enter(index * this.#step + offset, bytes.subarray(offset, offset + this.#step));
	}

	#enter(entry: number, bytes: Buffer): void {
		const [low = 0, high = 0] = wordsOf(Buffer.from(bytes));
		const hash = hashOf(low, this.#step > WORD_BYTES ? high : 0);
		const bit = hash & (this.#filter.length * 32 - 1);
		const slot = hash & (this.#heads.length - 1);
		this.#filter[bit >>> 5] = (this.#filter[bit >>> 5] ?? 0) | (1 << (bit & 31));
		this.#hashes[entry] = hash;
		this.#next[entry] = this.#heads[slot] ?? NOTHING;
		this.#heads[slot] = entry;
	}

	/** The two loops differ only in the number of words: a branch for each step would take as long as the lookup. */
	search(bytes: Buffer, hit: Hit<Key>): void {
		const words = wordsOf(bytes);
		const filter = this.#filter;
		const mask = filter.length * 32 - 1;
		if (this.#step === WORD_BYTES) {
			for (let index = 0; index < words.length; index++) {
				const hash = hashOf(words[index] ?? 0, 0);
				const bit = hash & mask;
				if ((((filter[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1) this.#look(bytes, index, hash, hit);
			}
			return;
		}
		for (let index = 0; index + 1 < words.length; index += 2) {
			const hash = hashOf(words[index] ?? 0, words[index + 1] ?? 0);
			const bit = hash & mask;
			if ((((filter[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1) this.#look(bytes, index, hash, hit);
		}
	}

	/** Compares the strings that have a step of this hash with the bytes around a word. */
	#look(bytes: Buffer, word: number, hash: number, hit: Hit<Key>): void {
		let entry = this.#heads[hash & (this.#heads.length - 1)] ?? NOTHING;
		for (; entry !== NOTHING; entry = this.#next[entry] ?? NOTHING) {
			if (this.#hashes[entry] !== hash) continue;
			const needle = this.#needles[Math.floor(entry / this.#step)];
			const from = word * WORD_BYTES - (entry % this.#step);
			if (!needle || from < 0 || from + needle.bytes.length > bytes.length) continue;
			const to = from + needle.bytes.length;
			if (needle.bytes.compare(bytes, from, to) === 0) hit(needle.key, from, needle.bytes.length);
		}
	}
}

export class Needles<Key> {
	readonly #short: Needle<Key>[] = [];
	readonly #long: Needle<Key>[] = [];
	#tables: readonly Table<Key>[] | undefined;
	/** The length of the longest string; 0 if there is none. */
	longest = 0;

	/** @param text bytes as latin1. A text shorter than `NEEDLE_BYTES_MIN` is ignored */
	add(text: string, key: Key): void {
		if (text.length < NEEDLE_BYTES_MIN) return;
		const needle = { bytes: Buffer.from(text, "latin1"), key };
		(text.length < LONG_BYTES_MIN ? this.#short : this.#long).push(needle);
		this.longest = Math.max(this.longest, text.length);
		this.#tables = undefined;
	}

	/**
	 * Searches for all strings.
	 * @param hit called for each occurrence, in no particular order
	 */
	search(bytes: Buffer, hit: Hit<Key>): void {
		this.#tables ??= [
			...(this.#long.length > 0 ? [new Table(this.#long, 2)] : []),
			...(this.#short.length > 0 ? [new Table(this.#short, 1)] : []),
		];
		for (const table of this.#tables) table.search(bytes, hit);
	}
}
