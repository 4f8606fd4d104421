/**
 * Reads a stream no faster than its turns allow. While a part that was read waits for its turn, nothing more is read: the
 * pipe fills up, and whoever writes to it has to wait (back-pressure).
 */
import { getDefaultHighWaterMark, type Readable, setDefaultHighWaterMark } from "node:stream";
import type { Budget } from "./budget.ts";
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

export interface PacedReaderOptions {
	readonly turns: Turns;
	/** Called with each part, in order. A part need not begin or end with a line. */
	readonly onPart: (part: Buffer) => void;
	/** Called after each part: what it cost beside its lines and bytes, as if it had so many bytes more. */
	readonly extraBytes?: () => number;
	/** A bound of this stream's own, which others may share. */
	readonly budget?: Budget;
	/** Called where something waits that the budget does not allow yet, and when it goes on. */
	readonly onHeld?: (isHeld: boolean) => void;
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

export class PacedReader implements Source {
	readonly #stream: Readable;
	readonly #options: PacedReaderOptions;
	/** What was read and has to wait. */
	#waiting: Buffer = Buffer.alloc(0);
	/** Reads that are not counted yet. */
	#reads = 0;
	#isHeld = false;
	#isDetached = false;

	constructor(stream: Readable, options: PacedReaderOptions) {
		this.#stream = stream;
		this.#options = options;
		stream.on("data", (chunk: Buffer) => this.#read(chunk));
	}

	get isWaiting(): boolean {
		return this.#waiting.length > 0;
	}

	take(most: Amount): Amount {
		const { budget, extraBytes, onPart } = this.#options;
		const left = budget?.left ?? most;
		const bounds = { lines: Math.min(most.lines, left.lines), bytes: Math.min(most.bytes, left.bytes) };
		const isAllowed = bounds.lines >= 1 && bounds.bytes >= 1;
		this.#hold(!isAllowed);
		if (!isAllowed) return NOTHING;
		const { lines, bytes } = firstPart(this.#waiting, bounds);
		const part = this.#waiting.subarray(0, bytes);
		this.#waiting = this.#waiting.subarray(bytes);
		onPart(part);
		const taken = { lines: lines + this.#reads, bytes: bytes + (extraBytes?.() ?? 0) };
		this.#reads = 0;
		budget?.spend(taken);
		if (!this.isWaiting && !this.#isDetached) this.#stream.resume();
		return taken;
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
		this.#hold(false);
		return waiting;
	}

	#read(chunk: Buffer): void {
		this.#stream.pause();
		this.#waiting = this.isWaiting ? Buffer.concat([this.#waiting, chunk]) : chunk;
		this.#reads++;
		this.#options.turns.add(this);
	}

	#hold(isHeld: boolean): void {
		if (this.#isHeld === isHeld) return;
		this.#isHeld = isHeld;
		this.#options.onHeld?.(isHeld);
	}
}
