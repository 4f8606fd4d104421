/**
 * Reads HTTP/1.1 responses (RFC 9112) from the bytes of one connection, strictly. Pure. The sender is a function, so
 * the bytes need not be HTTP. If two programs could read the bytes in different ways, the response is invalid.
 */
import { type AcceptedAnswer, checkAnswer, INTERIM_MAX } from "../function-answer.ts";
import { ChunkedDecoder, type ChunkFault } from "../syntax/chunked-decoder.ts";
import { fieldValue } from "../syntax/fields.ts";
import { InvalidResponse } from "./invalid-response.ts";

/** The status line and the headers of one response. Node's clients have the same limit. */
const HEAD_BYTES_MAX = 16 * 1024;
const HEAD_END = "\r\n\r\n";
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: (.*))?$/s;
/** The beginning of every response. Bytes with another beginning are rejected at once. */
const BEGINNING = "HTTP/1.";

const CHUNK_FAULTS: Readonly<Record<ChunkFault, string>> = {
	malformed: "its body is not chunked as it says",
	size: "a chunk of its body is too large",
	overhead: "its chunk extensions or trailers are too large",
};

/** The request that a response is for. */
export interface ExpectedResponse {
	readonly method: string;
	/** The client gets it as `x-request-id` if the function does not send one. */
	readonly requestId: string;
}

export interface ResponseEvents {
	/** Called once, with the head of the final response. Interim responses (1xx) are dropped. */
	readonly onHead: (answer: AcceptedAnswer) => void;
	/** Called with each piece of the body. It may share memory with the bytes that were read. */
	readonly onData: (data: Buffer) => void;
}

type State = "head" | "sized" | "chunked" | "until-close" | "complete";

/** The headers as a flat list (`[name, value, …]`). Names and values are checked by `checkAnswer`. */
function headersOf(text: string, start: number): string[] {
	const headers: string[] = [];
	for (let lineStart = start; lineStart < text.length; ) {
		const found = text.indexOf("\r\n", lineStart);
		const lineEnd = found === -1 ? text.length : found;
		const colon = text.indexOf(":", lineStart);
		if (colon === -1 || colon > lineEnd) throw new InvalidResponse("one of its headers has no colon");
		headers.push(text.slice(lineStart, colon), fieldValue(text, colon + 1, lineEnd));
		lineStart = lineEnd + 2;
	}
	return headers;
}

export class ResponseParser {
	readonly #events: ResponseEvents;
	#state: State = "complete";
	#expected: ExpectedResponse = { method: "GET", requestId: "" };
	#interimCount = 0;
	#isReusable = false;
	#keepAliveMs: number | undefined;
	/** Bytes of a head that has not arrived completely. Allocated when a head comes in several pieces. */
	#part: Buffer | undefined;
	#partLength = 0;
	/** The number of bytes that are left of a body with a declared length. */
	#left = 0;
	#chunks = new ChunkedDecoder(chunkError);

	constructor(events: ResponseEvents) {
		this.#events = events;
	}

	/** Whether the head of the final response has been read. */
	get hasHead(): boolean {
		return this.#state !== "head";
	}

	/** Whether the response has been read to its end. */
	get isComplete(): boolean {
		return this.#state === "complete";
	}

	/** Whether the function keeps the connection open after the response, and sent no bytes after it. */
	get isReusable(): boolean {
		return this.#isReusable && this.isComplete;
	}

	/**
	 * The time for which the function keeps an idle connection open, in milliseconds; undefined if it does not declare it.
	 */
	get keepAliveMs(): number | undefined {
		return this.#keepAliveMs;
	}

	/** Prepares to read the response to a request. */
	begin(expected: ExpectedResponse): void {
		this.#expected = expected;
		this.#state = "head";
		this.#interimCount = 0;
		this.#isReusable = false;
		this.#partLength = 0;
	}

	/**
	 * Reads the next bytes.
	 * @throws InvalidResponse. Then the connection cannot be used any more.
	 */
	read(bytes: Buffer): void {
		let rest = bytes;
		while (rest.length > 0) {
			if (this.#state === "head") {
				const next = this.#readHead(rest);
				if (next === undefined) return;
				rest = next;
			} else if (this.#state === "complete") {
				this.#isReusable = false;
				return;
			} else rest = this.#readBody(rest);
		}
	}

	/** Call it when the connection has ended. @returns whether the response is complete */
	end(): boolean {
		if (this.#state === "until-close") this.#state = "complete";
		this.#isReusable = false;
		return this.isComplete;
	}

	/** @returns the bytes after the head; undefined while the head is incomplete */
	#readHead(bytes: Buffer): Buffer | undefined {
		if (this.#partLength > 0) return this.#readHeadInParts(bytes);
		const end = bytes.indexOf(HEAD_END, 0, "latin1");
		if (end === -1 || end > HEAD_BYTES_MAX) return this.#readHeadInParts(bytes);
		this.#acceptHead(bytes.toString("latin1", 0, end));
		return bytes.subarray(end + HEAD_END.length);
	}

	#readHeadInParts(bytes: Buffer): Buffer | undefined {
		const known = this.#partLength;
		this.#part ??= Buffer.allocUnsafe(HEAD_BYTES_MAX);
		this.#partLength += bytes.copy(this.#part, known);
		const part = this.#part.subarray(0, this.#partLength);
		const beginning = part.toString("latin1", 0, BEGINNING.length);
		if (!BEGINNING.startsWith(beginning)) throw notHttp();
		// The end may lie across the pieces.
		const end = part.indexOf(HEAD_END, Math.max(0, known - HEAD_END.length), "latin1");
		if (end === -1) {
			if (this.#partLength === HEAD_BYTES_MAX) throw new InvalidResponse("its headers are too large");
			return undefined;
		}
		this.#partLength = 0;
		this.#acceptHead(part.toString("latin1", 0, end));
		return bytes.subarray(end + HEAD_END.length - known);
	}

	#acceptHead(text: string): void {
		const lineEnd = text.indexOf("\r\n");
		const line = lineEnd === -1 ? text : text.slice(0, lineEnd);
		const [, minor, digits = "", reason = ""] = STATUS_LINE.exec(line) ?? [];
		if (minor === undefined) throw notHttp();
		const status = Number(digits);
		if (status === 100)
			throw new InvalidResponse("it has an interim status that the request did not ask for");
		if (status > 101 && status < 200) {
			if (++this.#interimCount > INTERIM_MAX) throw new InvalidResponse("it has too many interim statuses");
			return;
		}
		const rawHeaders = lineEnd === -1 ? [] : headersOf(text, lineEnd + 2);
		const answer = checkAnswer({ status, reason, rawHeaders }, this.#expected.requestId);
		if (answer.fault !== undefined) throw new InvalidResponse(answer.fault);
		if (minor === "0" && answer.framing.isChunked)
			throw new InvalidResponse("it is HTTP/1.0 and has a Transfer-Encoding");
		this.#beginBody(answer, minor === "1");
		this.#events.onHead(answer);
	}

	/** Determines where the body ends (RFC 9112, section 6.3). */
	#beginBody({ framing, status }: AcceptedAnswer, isKeptAlive: boolean): void {
		this.#isReusable = isKeptAlive && !framing.isLast;
		this.#keepAliveMs = framing.keepAliveMs;
		if (this.#expected.method === "HEAD" || status === 204 || status === 304) this.#state = "complete";
		else if (framing.isChunked) {
			this.#chunks = new ChunkedDecoder(chunkError);
			this.#state = "chunked";
		} else if (framing.length !== undefined) {
			this.#left = framing.length;
			this.#state = this.#left === 0 ? "complete" : "sized";
		} else {
			this.#isReusable = false;
			this.#state = "until-close";
		}
	}

	/** @returns the bytes after the body */
	#readBody(bytes: Buffer): Buffer {
		if (this.#state === "chunked") {
			const read = this.#chunks.read(bytes, this.#events.onData);
			if (this.#chunks.isComplete) this.#state = "complete";
			return bytes.subarray(read);
		}
		if (this.#state === "until-close" || bytes.length < this.#left) {
			this.#left -= bytes.length;
			this.#events.onData(bytes);
			return bytes.subarray(bytes.length);
		}
		const data = bytes.length === this.#left ? bytes : bytes.subarray(0, this.#left);
		this.#left = 0;
		this.#state = "complete";
		this.#events.onData(data);
		return bytes.subarray(data.length);
	}
}

function notHttp(): InvalidResponse {
	return new InvalidResponse("it is not HTTP/1.1");
}

function chunkError(fault: ChunkFault): InvalidResponse {
	return new InvalidResponse(CHUNK_FAULTS[fault]);
}
