/** The parser of functions' responses: alone, and beside Node's own client. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AcceptedAnswer } from "../../../../src/platform/gateway/function-answer.ts";
import { InvalidResponse } from "../../../../src/platform/gateway/http-client/invalid-response.ts";
import { ResponseParser } from "../../../../src/platform/gateway/http-client/response-parser.ts";
import { bytesOf, INVALID, type Received, UNTIL_CLOSE, VALID } from "./response-cases.ts";

const ID = "the-request-id";

interface Parsed {
	/** Undefined if no head arrived. */
	received: Received | undefined;
	fault: string | undefined;
	isComplete: boolean;
	isReusable: boolean;
}

/** Parses bytes that arrive in pieces. @param isEnded whether the connection ends after them */
function parse(pieces: readonly Buffer[], { isEnded = false, method = "GET" } = {}): Parsed {
	let answer: AcceptedAnswer | undefined;
	let body = "";
	const parser = new ResponseParser({
		onHead: (head) => {
			expect(answer).toBeUndefined();
			answer = head;
		},
		onData: (data) => {
			expect(answer).toBeDefined();
			expect(data.length).toBeGreaterThan(0);
			body += data.toString("latin1");
		},
	});
	parser.begin({ method, requestId: ID });
	let fault: string | undefined;
	try {
		for (const piece of pieces) parser.read(piece);
		if (isEnded) parser.end();
	} catch (error) {
		if (!(error instanceof InvalidResponse)) throw error;
		fault = error.fault;
	}
	const { isComplete, isReusable } = parser;
	const received = answer && { status: answer.status, reason: answer.reason, headers: answer.headers, body };
	return { received, fault, isComplete, isReusable };
}

/** The bytes in pieces of a length. */
function inPieces(bytes: Buffer, length: number): Buffer[] {
	const pieces: Buffer[] = [];
	for (let start = 0; start < bytes.length; start += length)
		pieces.push(bytes.subarray(start, start + length));
	return pieces;
}

let target = "";
const server = createServer((socket) => {
	socket.on("error", () => undefined);
	socket.once("data", () => socket.end(target, "latin1"));
});
beforeAll(async () => {
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
});
afterAll(() => server.close());

/** What Node's client makes of a response, without the headers that the gateway does not forward. */
async function readByNode(bytes: string): Promise<Received | undefined> {
	target = bytes;
	const { port } = server.address() as { port: number };
	try {
		const sent = request({ host: "127.0.0.1", port, agent: false });
		// An error after the beginning of the response comes here as well.
		sent.on("error", () => undefined).end();
		const [response] = (await once(sent, "response")) as [IncomingMessage];
		let body = "";
		for await (const piece of response.setEncoding("latin1")) body += piece;
		const { rawHeaders, statusCode = 0, statusMessage = "" } = response;
		return { status: statusCode, reason: statusMessage, headers: rawHeaders, body };
	} catch {
		return undefined;
	}
}

/** The headers without those of the connection and without the request id, which the gateway adds. */
const forwarded = (headers: readonly string[]) =>
	headers.flatMap((name, index) => {
		const isName = index % 2 === 0;
		const isLeftOut = /^(?:connection|keep-alive|trailer|transfer-encoding|x-request-id)$/i.test(name);
		return isName && !isLeftOut ? [[name, headers[index + 1]]] : [];
	});

describe("a valid response", () => {
	test.each(Object.entries({ ...VALID, ...UNTIL_CLOSE }))(
		"%s is read as Node's client reads it",
		async (name, bytes) => {
			const { fault, isComplete, received } = parse([bytesOf(bytes)], { isEnded: name in UNTIL_CLOSE });
			expect([fault, isComplete]).toEqual([undefined, true]);
			const byNode = await readByNode(bytes);
			expect(received && { ...received, headers: forwarded(received.headers) }).toEqual(
				byNode && { ...byNode, headers: forwarded(byNode.headers) },
			);
		},
	);

	test.each(Object.entries(VALID))(
		"%s leaves the connection usable, and bytes behind it do not",
		(_, bytes) => {
			expect(parse([bytesOf(bytes)]).isReusable).toBe(true);
			for (const more of ["x", "\r\n", bytes]) {
				const behind = parse([bytesOf(bytes + more)]);
				expect([behind.isComplete, behind.isReusable, behind.fault]).toEqual([true, false, undefined]);
				expect(behind.received).toEqual(parse([bytesOf(bytes)]).received);
			}
		},
	);

	test.each(Object.entries(UNTIL_CLOSE))("%s is complete only when the connection ends", (_, bytes) => {
		expect(parse([bytesOf(bytes)]).isComplete).toBe(false);
		const ended = parse([bytesOf(bytes)], { isEnded: true });
		expect([ended.isComplete, ended.isReusable]).toEqual([true, false]);
	});

	test.each(Object.entries(VALID))("%s is incomplete at every earlier byte", (_, bytes) => {
		for (let length = 0; length < bytes.length; length++) {
			const part = parse([bytesOf(bytes.slice(0, length))], { isEnded: true });
			expect([part.isComplete, part.fault]).toEqual([false, undefined]);
		}
	});

	test("to HEAD has no body, whatever its headers say", () => {
		for (const framing of ["Content-Length: 5", "Transfer-Encoding: chunked", "X: y"]) {
			const bytes = bytesOf(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n`);
			expect(parse([bytes], { method: "HEAD" })).toMatchObject({ isComplete: true, isReusable: true });
		}
	});

	test("with Connection: close is the last one", () => {
		for (const value of ["close", "Close", "x, close", "keep-alive,close ,x"]) {
			const bytes = bytesOf(`HTTP/1.1 200 OK\r\nConnection: ${value}\r\nContent-Length: 0\r\n\r\n`);
			expect(parse([bytes])).toMatchObject({ isComplete: true, isReusable: false });
		}
	});
});

test.each(Object.entries(INVALID))("%s is rejected, and the reason quotes nothing", (_, [bytes, fault]) => {
	const parsed = parse([bytesOf(bytes)]);
	expect(parsed.fault).toMatch(fault);
	expect(parsed.fault).not.toMatch(/hello|X:|yyy/);
});

test("a final response that Node's client rejects is rejected here as well", async () => {
	const accepted: string[] = [];
	// Interim responses and extensions of chunks are dropped, so their contents do not matter.
	const isDropped = /^HTTP\/1\.1 103|\n5;/;
	const all = [...Object.values(VALID), ...Object.values(INVALID).map(([bytes]) => bytes)];
	for (const bytes of all.filter((text) => !isDropped.test(text))) {
		// Each byte of the framing, replaced once by another one.
		for (const change of ["\0", "\n", "\r", " ", ":", "0", "\x7f", "\xff"]) {
			const at = ((bytes.length * (change.charCodeAt(0) + 7)) % 61) % bytes.length;
			const changed = bytes.slice(0, at) + change + bytes.slice(at + 1);
			const { fault, isComplete } = parse([bytesOf(changed)], { isEnded: true });
			if (fault === undefined && isComplete && (await readByNode(changed)) === undefined)
				accepted.push(JSON.stringify(changed.slice(0, 300)));
		}
	}
	expect(accepted).toEqual([]);
});

describe("the pieces in which bytes arrive make no difference:", () => {
	const all = {
		...VALID,
		...UNTIL_CLOSE,
		...Object.fromEntries(Object.entries(INVALID).map(([name, [bytes]]) => [name, bytes])),
	};
	test.each(Object.entries(all))("%s", (_, text) => {
		const bytes = bytesOf(text);
		const whole = parse([bytes], { isEnded: true });
		for (const length of [1, 2, 3, 7, 64]) {
			const { received, ...rest } = parse(inPieces(bytes, length), { isEnded: true });
			expect(rest).toEqual({
				fault: whole.fault,
				isComplete: whole.isComplete,
				isReusable: whole.isReusable,
			});
			if (whole.fault === undefined) expect(received).toEqual(whole.received);
		}
		for (let at = 1; at < Math.min(bytes.length, 200); at++) {
			const parts = parse([bytes.subarray(0, at), bytes.subarray(at)], { isEnded: true });
			expect([parts.fault, parts.isComplete]).toEqual([whole.fault, whole.isComplete]);
		}
	});
});

test("one parser reads one response after the other", () => {
	let bodies = "";
	const parser = new ResponseParser({ onHead: () => undefined, onData: (data) => (bodies += data) });
	for (const bytes of Object.values(VALID)) {
		parser.begin({ method: "GET", requestId: ID });
		for (const piece of inPieces(bytesOf(bytes), 5)) parser.read(piece);
		expect(parser.isReusable).toBe(true);
	}
	expect(bodies).toContain("hello");
});

test("more than 16 interim responses are rejected", () => {
	const interim = "HTTP/1.1 103 X\r\nlink: </a>\r\n\r\n";
	const final = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	expect(parse([bytesOf(interim.repeat(16) + final)]).fault).toBeUndefined();
	expect(parse([bytesOf(interim.repeat(17) + final)]).fault).toMatch(/too many interim/);
});
