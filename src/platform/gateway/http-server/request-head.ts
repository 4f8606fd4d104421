/**
 * Reads the head of an HTTP/1.1 request (RFC 9112), strictly. Pure. Whatever two programs could read in different ways
 * is refused.
 */
import { METHODS } from "node:http";
import { FIELD_LINES, fieldValue, isField } from "../syntax/fields.ts";
import { BadRequest } from "./bad-request.ts";

/** The request line and the headers together. */
export const HEAD_BYTES_MAX = 32 * 1024;
const HEADERS_MAX = 500;
/** A tunnel has no function at its end. */
const ALLOWED = new Set(METHODS.filter((method) => method !== "CONNECT"));
/** Origin form, absolute form, or the `*` of OPTIONS. Visible ASCII without `#`, which is no part of a target. */
const TARGET_CHARACTERS = '[!-"$-~]*';
const SCHEME = "[Hh][Tt][Tt][Pp][Ss]?";
const TARGET = `(?:/${TARGET_CHARACTERS}|${SCHEME}://[-A-Za-z0-9._~:\\[\\]%]+(?:[/?]${TARGET_CHARACTERS})?|\\*)`;
const REQUEST_LINE = new RegExp(`^[A-Z-]+ ${TARGET} HTTP/1\\.[01]$`);
const LENGTH = /^\d{1,15}$/;
/** A host and perhaps a port: the characters that they may consist of (RFC 3986, section 3.2). */
const HOST = /^[-A-Za-z0-9._~:[\]%!$&'()*+,;=]*$/;
const ASTERISK = 0x2a;
const HAS_CLOSE = /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i;
const HAS_KEEP_ALIVE = /(?:^|,)[ \t]*keep-alive[ \t]*(?:,|$)/i;
const HAS_UPGRADE = /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i;

export interface RequestHead {
	readonly method: string;
	readonly target: string;
	readonly isHttp10: boolean;
	/** A flat list: name, value, name, value, … */
	readonly headers: readonly string[];
	/** The declared length of the body; undefined if there is none. */
	readonly length: number | undefined;
	readonly isChunked: boolean;
	/** Whether the client wants to send another request on the connection. */
	readonly isKeptAlive: boolean;
	/** The client waits for `100 Continue` before it sends the body, or expects something unknown. */
	readonly expects: "continue" | "unknown" | undefined;
	/** The protocols to which the client wants to change. */
	readonly upgrade: string | undefined;
	/**
	 * Whether the syntax is right, but another program could understand the request in another way. Nothing that follows
	 * it can be trusted to be a request.
	 */
	readonly isMalformed: boolean;
}

/** Whether a text is a request line. */
export function isRequestLine(line: string): boolean {
	const method = line.slice(0, line.indexOf(" "));
	if (!REQUEST_LINE.test(line) || !ALLOWED.has(method)) return false;
	return line.charCodeAt(method.length + 1) !== ASTERISK || method === "OPTIONS";
}

class HeadParser implements RequestHead {
	readonly method: string;
	readonly target: string;
	readonly isHttp10: boolean;
	readonly headers: string[] = [];
	length: number | undefined;
	isChunked = false;
	isKeptAlive: boolean;
	expects: "continue" | "unknown" | undefined;
	upgrade: string | undefined;
	isMalformed = false;
	#hosts = 0;
	#hasEncoding = false;
	#isUpgrading = false;
	#isClosing = false;

	constructor(text: string) {
		const found = text.indexOf("\r\n");
		const lineEnd = found === -1 ? text.length : found;
		const line = lineEnd === text.length ? text : text.slice(0, lineEnd);
		if (!isRequestLine(line)) throw new BadRequest(400);
		const methodEnd = line.indexOf(" ");
		this.method = line.slice(0, methodEnd);
		this.target = line.slice(methodEnd + 1, -" HTTP/1.1".length);
		this.isHttp10 = line.endsWith("0");
		this.isKeptAlive = !this.isHttp10;
		if (lineEnd < text.length) this.#readFields(text, lineEnd + 2);
		this.#conclude();
	}

	#readFields(text: string, from: number): void {
		if (!FIELD_LINES.test(text.slice(from))) throw new BadRequest(400);
		const { headers } = this;
		for (let start = from; start < text.length; ) {
			const found = text.indexOf("\r\n", start);
			const end = found === -1 ? text.length : found;
			const colon = text.indexOf(":", start);
			const name = text.slice(start, colon);
			const value = fieldValue(text, colon + 1, end);
			if (headers.push(name, value) > 2 * HEADERS_MAX) throw new BadRequest(431);
			this.#read(name, value);
			start = end + 2;
		}
	}

	/** Reads the fields that concern the connection. */
	#read(name: string, value: string): void {
		// Most names differ in length from all of these.
		switch (name.length) {
			case 4:
				if (isField(name, "host")) this.#readHost(value);
				break;
			case 6:
				if (isField(name, "expect")) this.#readExpectation(value);
				break;
			case 7:
				if (isField(name, "upgrade"))
					this.upgrade = this.upgrade === undefined ? value : `${this.upgrade}, ${value}`;
				break;
			case 10:
				if (isField(name, "connection")) this.#readConnection(value);
				break;
			case 14:
				if (isField(name, "content-length")) this.#readLength(value);
				break;
			case 17:
				if (isField(name, "transfer-encoding")) this.#readEncoding(value);
				break;
		}
	}

	#readHost(value: string): void {
		this.#hosts++;
		if (!HOST.test(value)) this.isMalformed = true;
	}

	#readLength(value: string): void {
		if (this.length !== undefined || !LENGTH.test(value)) throw new BadRequest(400);
		this.length = Number(value);
	}

	#readEncoding(value: string): void {
		if (this.#hasEncoding || value.toLowerCase() !== "chunked") this.isMalformed = true;
		this.#hasEncoding = true;
		this.isChunked = true;
	}

	#readConnection(value: string): void {
		if (HAS_UPGRADE.test(value)) this.#isUpgrading = true;
		if (HAS_CLOSE.test(value)) this.#isClosing = true;
		if (HAS_KEEP_ALIVE.test(value)) this.isKeptAlive = true;
	}

	#readExpectation(value: string): void {
		const isKnown = this.expects !== "unknown" && value.toLowerCase() === "100-continue";
		this.expects = isKnown ? "continue" : "unknown";
	}

	/** Checks the fields together (RFC 9112, sections 3.2, 6.1 and 6.3). */
	#conclude(): void {
		if (this.#hasEncoding && this.length !== undefined) throw new BadRequest(400);
		if (this.#hosts > 1 || (this.#hosts === 0 && !this.isHttp10)) this.isMalformed = true;
		// HTTP/1.0 has neither chunked encoding nor expectations.
		if (this.isHttp10 && this.#hasEncoding) this.isMalformed = true;
		// Between `close` and `keep-alive`, `close` wins.
		if (this.#isClosing) this.isKeptAlive = false;
		if (this.isHttp10) this.expects = undefined;
		if (!this.#isUpgrading || this.isHttp10) this.upgrade = undefined;
	}
}

/**
 * Reads a head.
 * @param text the request line and the headers, as Latin-1, without the empty line
 * @throws BadRequest
 */
export function parseRequestHead(text: string): RequestHead {
	return new HeadParser(text);
}
