/**
 * Reads a stream no faster than its scheduler allows. While a chunk waits for its slice, nothing more is read.
 * Then the pipe fills up and its writer has to wait (backpressure).
 */
import { getDefaultHighWaterMark, type Readable, setDefaultHighWaterMark } from "node:stream";
import type { FaultBoundary } from "../../faults/error-boundary.ts";
import type { Amount, ReadScheduler, Source } from "./read-scheduler.ts";

const LINE_FEED = 0x0a;
const NOTHING: Amount = { lines: 0, bytes: 0 };

/**
 * Options for a stream that is read by a scheduler. A paused stream continues to read until `highWaterMark` bytes are
 * buffered. With the default, a process that writes single bytes could cause tens of thousands of reads during a pause.
 */
export const NO_READ_AHEAD = { highWaterMark: 1 };

/** Runs a function that creates streams for a scheduler but has no parameter for their options. */
export function withoutReadAhead<T>(make: () => T): T {
	const usual = getDefaultHighWaterMark(false);
	setDefaultHighWaterMark(false, NO_READ_AHEAD.highWaterMark);
	try {
		return make();
	} finally {
		setDefaultHighWaterMark(false, usual);
	}
}

/** The rate limit of one stream, in addition to the scheduler's limits. */
export interface RateLimit {
	/** The number of bytes that may be processed now. At 0 the stream is paused, and its writer has to wait. */
	bytes(): number;
	/** The number of lines that may be processed now. Further lines are dropped. */
	lines(): number;
	/** Records the amount that was processed, and the number of reads that it took. */
	spend(taken: Amount & { readonly reads: number }): void;
	/** Records the amount that was dropped. */
	drop(dropped: Amount): void;
}

export interface PacedReaderOptions {
	readonly scheduler: ReadScheduler;
	/**
	 * Called with each chunk, in order. A chunk need not begin or end at a line break.
	 * @returns additional cost, in bytes
	 */
	readonly onChunk: (part: Buffer) => number;
	/** Handles exceptions of `onChunk`. */
	readonly faults: FaultBoundary;
	/** Called after an exception. By default nothing is done, and the next chunk is read. */
	readonly onFault?: (error: unknown) => void;
	readonly rateLimit?: RateLimit;
}

/** The longest first part of a chunk within the limits, in lines and bytes. */
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

/**
 * The complete lines within the first bytes of a chunk. The loop has no call for each line, because there may
 * be as many lines as bytes.
 */
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
	/** Data that was read and waits to be processed. */
	#waiting: Buffer = Buffer.alloc(0);
	/** The number of reads that are not yet reported to the rate limit. */
	#reads = 0;
	/** Whether the waiting data begins at the start of a line. */
	#isAtLine = true;
	#isDetached = false;

	constructor(stream: Readable, options: PacedReaderOptions) {
		this.#stream = stream;
		this.#options = options;
		const { faults, onFault } = options;
		// If the scheduler failed, the waiting data is processed when the next chunk arrives.
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
		const { rateLimit } = this.#options;
		const bytesMax = Math.min(most.bytes, rateLimit?.bytes() ?? most.bytes);
		if (bytesMax < 1) return NOTHING;
		const reads = this.#reads;
		this.#reads = 0;
		const linesLeft = rateLimit?.lines() ?? most.lines;
		const dropped = linesLeft < 1 && this.#isAtLine ? wholeLines(this.#waiting, bytesMax) : NOTHING;
		if (dropped.bytes > 0) {
			this.#consume(dropped.bytes);
			rateLimit?.drop(dropped);
			rateLimit?.spend({ lines: 0, bytes: dropped.bytes, reads });
			return { lines: reads, bytes: dropped.bytes };
		}
		// A line whose beginning was processed is processed to its end.
		const linesMax = Math.max(1, Math.min(most.lines, linesLeft));
		const part = firstPart(this.#waiting, { lines: linesMax, bytes: bytesMax });
		this.#isAtLine = this.#waiting[part.bytes - 1] === LINE_FEED;
		const bytes = this.#waiting.subarray(0, part.bytes);
		this.#consume(part.bytes);
		const cost = part.bytes + this.#process(bytes);
		rateLimit?.spend({ lines: part.lines, bytes: cost, reads });
		return { lines: part.lines + reads, bytes: cost };
	}

	/** Processes the waiting data now, ignoring the limits. */
	flush(): void {
		const part = this.#waiting;
		if (part.length === 0) return;
		this.#isAtLine = part[part.length - 1] === LINE_FEED;
		this.#consume(part.length);
		this.#process(part);
	}

	/** Stops reading and leaves the stream paused. @returns the data that was read and not yet processed */
	detach(): Buffer {
		const waiting = this.#waiting;
		this.#isDetached = true;
		this.#waiting = Buffer.alloc(0);
		this.#stream.removeAllListeners("data").pause();
		return waiting;
	}

	#process(part: Buffer): number {
		const { faults, onFault, onChunk } = this.#options;
		let cost = 0;
		faults.run(() => {
			cost = onChunk(part);
		}, onFault);
		return cost;
	}

	#read(chunk: Buffer): void {
		this.#stream.pause();
		this.#waiting = this.isWaiting ? Buffer.concat([this.#waiting, chunk]) : chunk;
		this.#reads++;
		this.#options.scheduler.add(this);
	}

	#consume(bytes: number): void {
		this.#waiting = this.#waiting.subarray(bytes);
		if (!this.isWaiting && !this.#isDetached) this.#stream.resume();
	}
}
