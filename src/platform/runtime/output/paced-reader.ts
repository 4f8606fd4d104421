/**
 * Reads a stream no faster than its turns allow. While a part that was read waits for its turn, nothing more is read: the
 * pipe fills up, and whoever writes to it has to wait (back-pressure).
 */
import { getDefaultHighWaterMark, type Readable, setDefaultHighWaterMark } from "node:stream";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { Amount, Source, Turns } from "./turns.ts";

const LINE_FEED = 0x0a;
const NOTHING: Amount = { lines: 0, bytes: 0 };

/**
 * Options for a stream that is to be read in turns. A stream that is paused reads on until so many bytes wait; with the
 * usual number, somebody who writes single bytes would have it make tens of thousands of reads meanwhile.
 */
export const NO_READ_AHEAD = { highWaterMark: 1 };

/** Makes something whose streams are to be read in turns, and which takes no options for them. */
export function withoutReadAhead<T>(make: () => T): T {
	const usual = getDefaultHighWaterMark(false);
	setDefaultHighWaterMark(false, NO_READ_AHEAD.highWaterMark);
	try {
		return make();
	} finally {
		setDefaultHighWaterMark(false, usual);
	}
}

/** What one stream may have, beside what its turns give it. */
export interface Allowance {
	/** How many bytes may be dealt with now. At 0 the stream is held back, and its writer with it. */
	bytes(): number;
	/** How many lines may be dealt with now. What is above that is dropped, line by line. */
	lines(): number;
	/** Takes in what was dealt with, and in how many reads it came. */
	spend(taken: Amount & { readonly reads: number }): void;
	/** Takes in what was dropped. */
	drop(dropped: Amount): void;
}

export interface PacedReaderOptions {
	readonly turns: Turns;
	/**
	 * Called with each part, in order. A part need not begin or end with a line.
	 * @returns what it cost besides, as if it had so many bytes more
	 */
	readonly onPart: (part: Buffer) => number;
	/** Where an exception ends what is done with a part. */
	readonly faults: FaultBoundary;
	/** Called after an exception; nothing happens unless told, and the next part is read. */
	readonly onFault?: (error: unknown) => void;
	readonly allowance?: Allowance;
}

/** The first part of a chunk that is within the bounds: so many lines at most, or so many bytes. */
function firstPart(chunk: Buffer, most: Amount): Amount {
	const stop = Math.min(chunk.length, most.bytes);
	let lines = 0;
	let bytes = 0;
	while (lines < most.lines && bytes < stop) {
		const feed = chunk.indexOf(LINE_FEED, bytes);
		if (feed === -1 || feed >= stop) return { lines, bytes: stop };
		bytes = feed + 1;
		lines++;
	}
	return { lines, bytes };
}

/** The lines that end within the first bytes of a chunk. Counted without a call for each: there may be as many as bytes. */
function wholeLines(chunk: Buffer, bytesMax: number): Amount {
	const stop = Math.min(chunk.length, bytesMax);
	let lines = 0;
	let bytes = 0;
	for (let index = 0; index < stop; index++) {
		if (chunk[index] !== LINE_FEED) continue;
		lines++;
		bytes = index + 1;
	}
	return { lines, bytes };
}

export class PacedReader implements Source {
	readonly #stream: Readable;
	readonly #options: PacedReaderOptions;
	/** What was read and has to wait. */
	#waiting: Buffer = Buffer.alloc(0);
	/** Reads that are not counted yet. */
	#reads = 0;
	/** Whether what waits begins with a line, and not in the midst of one. */
	#isAtLine = true;
	#isDetached = false;

	constructor(stream: Readable, options: PacedReaderOptions) {
		this.#stream = stream;
		this.#options = options;
		const { faults, onFault } = options;
		// What was read may wait for a turn that nobody gives it: it is dealt with when more comes.
		const goOn = (error: unknown) => {
			if (!this.#isDetached) stream.resume();
			return onFault?.(error);
		};
		stream.on(
			"data",
			faults.callback((chunk: Buffer) => this.#read(chunk), goOn),
		);
	}

	get isWaiting(): boolean {
		return this.#waiting.length > 0;
	}

	take(most: Amount): Amount {
		const { allowance } = this.#options;
		const bytesMax = Math.min(most.bytes, allowance?.bytes() ?? most.bytes);
		if (bytesMax < 1) return NOTHING;
		const reads = this.#reads;
		this.#reads = 0;
		const linesLeft = allowance?.lines() ?? most.lines;
		const dropped = linesLeft < 1 && this.#isAtLine ? wholeLines(this.#waiting, bytesMax) : NOTHING;
		if (dropped.bytes > 0) {
			this.#advance(dropped.bytes);
			allowance?.drop(dropped);
			allowance?.spend({ lines: 0, bytes: dropped.bytes, reads });
			return { lines: reads, bytes: dropped.bytes };
		}
		// A line that has begun is dealt with to its end.
		const linesMax = Math.max(1, Math.min(most.lines, linesLeft));
		const part = firstPart(this.#waiting, { lines: linesMax, bytes: bytesMax });
		this.#isAtLine = this.#waiting[part.bytes - 1] === LINE_FEED;
		const bytes = this.#waiting.subarray(0, part.bytes);
		this.#advance(part.bytes);
		const cost = part.bytes + this.#deal(bytes);
		allowance?.spend({ lines: part.lines, bytes: cost, reads });
		return { lines: part.lines + reads, bytes: cost };
	}

	/**
	 * Lets go of the stream, which is given back paused.
	 * @returns what was read of it and had to wait
	 */
	detach(): Buffer {
		const waiting = this.#waiting;
		this.#isDetached = true;
		this.#waiting = Buffer.alloc(0);
		this.#stream.removeAllListeners("data").pause();
		return waiting;
	}

	#deal(part: Buffer): number {
		const { faults, onFault, onPart } = this.#options;
		let cost = 0;
		faults.run(() => {
			cost = onPart(part);
		}, onFault);
		return cost;
	}

	#read(chunk: Buffer): void {
		this.#stream.pause();
		this.#waiting = this.isWaiting ? Buffer.concat([this.#waiting, chunk]) : chunk;
		this.#reads++;
		this.#options.turns.add(this);
	}

	#advance(bytes: number): void {
		this.#waiting = this.#waiting.subarray(bytes);
		if (!this.isWaiting && !this.#isDetached) this.#stream.resume();
	}
}
