/**
 * Finds the head of a request in the bytes of a connection. Pure. A complete head is always parsed as one text, so it
 * does not matter how the bytes were split on their way.
 */
import { FIELD_LINES } from "../syntax/fields.ts";
import { BadRequest } from "./bad-request.ts";
import { HEAD_BYTES_MAX, isRequestLine, parseRequestHead, type RequestHead } from "./request-head.ts";

const LINE_END = "\r\n";
const HEAD_END = "\r\n\r\n";
const CR = 0x0d;
const LF = 0x0a;
/** Most heads are smaller, and finding the end in a text is faster than in bytes. */
const USUAL_BYTES = 1024;
/** The part of a line that has arrived: no control characters, except a tab, and a CR at the end. */
const BEGINNING = /^[\t\x20-\x7e\x80-\xff]*\r?$/;

export interface FoundHead {
	readonly head: RequestHead;
	/** The number of bytes up to the body. */
	readonly size: number;
}

export class HeadReader {
	/** Whether a part of a head has arrived. */
	hasPart = false;
	/** The number of bytes of an incomplete head that were checked. */
	#checked = 0;
	/** Where the last, incomplete line begins. */
	#lineStart = 0;
	#isFirstLine = true;

	/**
	 * Reads a head.
	 * @param bytes all bytes since the end of the request before, including those of earlier calls
	 * @returns undefined if the head is incomplete
	 * @throws BadRequest, also if the incomplete head cannot become a valid one
	 */
	read(bytes: Buffer): FoundHead | undefined {
		const start = this.#startOf(bytes);
		const text = bytes.toString("latin1", start, Math.min(bytes.length, start + USUAL_BYTES));
		const usual = text.indexOf(HEAD_END);
		const end = usual === -1 ? this.#endIn(bytes, start) : start + usual;
		if (end === -1) {
			this.hasPart = bytes.length > start;
			this.#check(bytes, start);
			return undefined;
		}
		if (end - start > HEAD_BYTES_MAX) throw new BadRequest(431);
		this.hasPart = false;
		this.#checked = 0;
		this.#lineStart = 0;
		this.#isFirstLine = true;
		const head = parseRequestHead(usual === -1 ? bytes.toString("latin1", start, end) : text.slice(0, usual));
		return { head, size: end + HEAD_END.length };
	}

	/** An empty line before a request is ignored (RFC 9112, section 2.2). */
	#startOf(bytes: Buffer): number {
		return bytes[0] === CR && bytes[1] === LF ? LINE_END.length : 0;
	}

	#endIn(bytes: Buffer, start: number): number {
		// The end may lie across the pieces in which the head arrived.
		const from = Math.max(start, this.#checked - HEAD_END.length);
		return bytes.length - from < HEAD_END.length ? -1 : bytes.indexOf(HEAD_END, from, "latin1");
	}

	/** Checks an incomplete head, so that its sender learns at once that it is not a request. */
	#check(bytes: Buffer, start: number): void {
		let lineStart = Math.max(start, this.#lineStart);
		let from = Math.max(lineStart, this.#checked - 1);
		for (;;) {
			const lineEnd = bytes.indexOf(LINE_END, from, "latin1");
			if (lineEnd === -1) break;
			const line = bytes.toString("latin1", lineStart, lineEnd);
			if (!(this.#isFirstLine ? isRequestLine(line) : FIELD_LINES.test(line))) throw new BadRequest(400);
			this.#isFirstLine = false;
			lineStart = lineEnd + LINE_END.length;
			from = lineStart;
		}
		if (!BEGINNING.test(bytes.toString("latin1", from))) throw new BadRequest(400);
		if (bytes.length - start > HEAD_BYTES_MAX) throw new BadRequest(431);
		this.#lineStart = lineStart;
		this.#checked = bytes.length;
	}
}
