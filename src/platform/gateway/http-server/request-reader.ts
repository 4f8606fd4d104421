/**
 * Reads requests from the bytes of one connection, one at a time. Pure. The bytes of a body wait until somebody reads
 * them, and the bytes of the next request until it may begin.
 */

import type { BodyReader } from "./client-exchange.ts";
import { HeadReader } from "./head-reader.ts";
import { type BodyDecoder, bodyDecoder } from "./request-body-decoder.ts";
import type { RequestHead } from "./request-head.ts";

const NOTHING = Buffer.alloc(0);

export interface RequestEvents {
	readonly onHead: (head: RequestHead) => void;
	/** Called when the last byte of a body was read. */
	readonly onReceived: () => void;
}

export class RequestReader {
	readonly #events: RequestEvents;
	readonly #heads = new HeadReader();
	#waiting: Buffer | undefined;
	/** Finds the end of the body; undefined if there is nothing more of the request to read. */
	#body: BodyDecoder | undefined;
	#bodyReader: BodyReader | undefined;
	#isPaused = false;
	#isStopped = false;

	constructor(events: RequestEvents) {
		this.#events = events;
	}

	/** Whether the body of the request was read to its end. */
	get isReceived(): boolean {
		return this.#body === undefined;
	}

	/** Whether a part of a head has arrived. */
	get hasPart(): boolean {
		return this.#heads.hasPart;
	}

	/** Whether there is a body whose reader is paused. */
	get isPaused(): boolean {
		return this.#body !== undefined && this.#isPaused;
	}

	/** The number of bytes that wait. */
	get waiting(): number {
		return this.#waiting?.length ?? 0;
	}

	add(bytes: Buffer): void {
		if (this.#isStopped) return;
		this.#waiting = this.#waiting === undefined ? bytes : Buffer.concat([this.#waiting, bytes]);
	}

	/** Sets who gets the body. */
	setBodyReader(reader: BodyReader): void {
		this.#bodyReader = reader;
		this.#isPaused = false;
	}

	/** Pauses or resumes the reader of the body. */
	pause(isPaused: boolean): void {
		this.#isPaused = isPaused;
	}

	/**
	 * Reads a head, or a part of a body.
	 * @param mayBegin whether the next request may begin
	 * @returns whether another call may read more
	 * @throws BadRequest
	 */
	step(mayBegin: boolean): boolean {
		if (this.#isStopped || this.#waiting === undefined) return false;
		if (this.#body !== undefined) return this.#readBody(this.#body, this.#waiting);
		return mayBegin && this.#readHead(this.#waiting);
	}

	/** Reads nothing more. @returns the bytes that wait */
	stop(): Buffer {
		const waiting = this.#waiting ?? NOTHING;
		this.#isStopped = true;
		this.#waiting = undefined;
		this.#body = undefined;
		this.#bodyReader = undefined;
		return waiting;
	}

	#readHead(bytes: Buffer): boolean {
		const found = this.#heads.read(bytes);
		if (found === undefined) return false;
		const { head, size } = found;
		this.#waiting = size < bytes.length ? bytes.subarray(size) : undefined;
		// The end of a malformed request is not known, so nothing is read after its head.
		this.#body = head.isMalformed ? undefined : bodyDecoder(head);
		this.#bodyReader = undefined;
		this.#isPaused = false;
		this.#events.onHead(head);
		return true;
	}

	#readBody(body: BodyDecoder, bytes: Buffer): boolean {
		const reader = this.#bodyReader;
		if (reader === undefined || this.#isPaused) return false;
		this.#waiting = undefined;
		const size = body.read(bytes, reader.onData);
		if (this.#isStopped) return false;
		if (size < bytes.length) this.#waiting = bytes.subarray(size);
		if (!body.isComplete) return true;
		this.#body = undefined;
		reader.onEnd();
		this.#events.onReceived();
		return true;
	}
}
