/**
 * Lines in memory that wait to be written to disk. They are kept as bytes: as thousands of short strings,
 * each of many parts, they would cost more in garbage collection than all other work for a line.
 */

const FIRST_CHUNK_BYTES = 4 * 1024;
const LARGEST_CHUNK_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;
/** UTF-8 takes at most three bytes for a UTF-16 code unit. */
const BYTES_PER_UNIT_MAX = 3;

export class WaitingLines {
	readonly #full: Buffer[] = [];
	#chunk = Buffer.alloc(0);
	#used = 0;
	#fullBytes = 0;

	/** Bytes that wait, including line feeds. */
	get bytes(): number {
		return this.#fullBytes + this.#used;
	}

	/** @param line without its line feed */
	append(line: string): void {
		const atMost = line.length * BYTES_PER_UNIT_MAX + 1;
		if (this.#chunk.length - this.#used < atMost) this.#nextChunk(atMost);
		this.#used += this.#chunk.write(line, this.#used);
		this.#chunk[this.#used++] = LINE_FEED;
	}

	/** All lines, each with its line feed. */
	whole(): Buffer {
		return Buffer.concat([...this.#full, this.#chunk.subarray(0, this.#used)], this.bytes);
	}

	/** The same as `whole`, as text. */
	text(): string {
		return this.whole().toString("utf8");
	}

	#nextChunk(bytes: number): void {
		if (this.#used > 0) this.#full.push(this.#chunk.subarray(0, this.#used));
		this.#fullBytes += this.#used;
		const next = Math.min(Math.max(FIRST_CHUNK_BYTES, this.#chunk.length * 4), LARGEST_CHUNK_BYTES);
		this.#chunk = Buffer.allocUnsafe(Math.max(next, bytes));
		this.#used = 0;
	}
}
