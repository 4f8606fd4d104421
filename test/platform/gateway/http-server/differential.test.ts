/**
 * The gateway's parser beside Node's: what Node refuses, the gateway refuses, and what the gateway reads, Node reads in
 * the same way. And the gateway's parser beside itself: it does not matter how the bytes are split on their way.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { smugglingCases } from "../fixtures/smuggling-cases.ts";
import { generatedRequests } from "./generated-requests.ts";
import { type Reading, readByGateway, readByNode } from "./read-requests.ts";

const SEEDS = 20_000;
/** Cases that are also split at each byte. */
const SPLIT_SEEDS = 1_000;

// Half of the requests are refused by an error, whose stack nobody reads. It takes a quarter of the processor time.
const { stackTraceLimit } = Error;
beforeAll(() => {
	Error.stackTraceLimit = 0;
});
afterAll(() => {
	Error.stackTraceLimit = stackTraceLimit;
});

const bytesOf = (text: string) => Buffer.from(text, "latin1");

/** Why the two readings cannot both be right; undefined if they can. */
function conflict(own: Reading, node: Reading): string | undefined {
	for (const [index, request] of own.requests.entries()) {
		const other = node.requests[index];
		if (other === undefined) return `only the gateway reads request ${index}`;
		// The gateway also closes after `close` together with `keep-alive` (RFC 9112, section 9.3).
		const expected = { ...other, isKeptAlive: other.isKeptAlive && request.isKeptAlive };
		if (JSON.stringify(request) !== JSON.stringify(expected))
			return `request ${index}: ${JSON.stringify(request)} is ${JSON.stringify(other)} for Node`;
	}
	return undefined;
}

/** The bytes alone, and with what could make a request of an incomplete one, which Node has perhaps refused already. */
function conflictOf(text: string): string | undefined {
	for (const more of ["", "\r\n\r\n", "\nHost: h\r\n\r\n", "hello\r\n0\r\n\r\n"]) {
		const bytes = bytesOf(text + more);
		const found = conflict(readByGateway([bytes]), readByNode(bytes));
		if (found !== undefined) return `${found}, with ${JSON.stringify(more)} at the end`;
	}
	return undefined;
}

/** All ways to split the bytes in two, and each byte alone. */
function* splits(bytes: Buffer): Generator<Buffer[]> {
	yield Array.from(bytes, (byte) => Buffer.of(byte));
	for (let at = 1; at < bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)];
}

function expectOneReading(text: string): void {
	const bytes = bytesOf(text);
	const whole = readByGateway([bytes]);
	const expected = JSON.stringify(whole);
	for (const pieces of splits(bytes)) {
		const split = readByGateway(pieces);
		if (JSON.stringify(split) !== expected)
			expect({ text, pieces: pieces.map(String), ...split }).toEqual({ text, pieces: [], ...whole });
	}
}

describe("generated requests", () => {
	test(`${SEEDS} of them: no conflict with Node's parser`, () => {
		const tally = { read: 0, refused: 0 };
		for (let seed = 0; seed < SEEDS; seed++) {
			const text = generatedRequests(seed);
			const own = readByGateway([bytesOf(text)]);
			const found = conflictOf(text);
			if (found !== undefined) expect({ seed, text, found }).toEqual({ seed, text });
			tally.read += own.requests.length;
			tally.refused += own.isRefused ? 1 : 0;
		}
		// Otherwise the cases would show nothing.
		expect(tally.read).toBeGreaterThan(SEEDS / 4);
		expect(tally.refused).toBeGreaterThan(SEEDS / 4);
	});

	test(`${SPLIT_SEEDS} of them: split at every byte, they are read in the same way`, () => {
		for (let seed = 0; seed < SPLIT_SEEDS; seed++) expectOneReading(generatedRequests(seed));
	});
});

const CASES = smugglingCases("/shop/echo");

test.each(CASES)("$name: no conflict with Node's parser", ({ bytes }) => {
	expect(conflictOf(bytes)).toBeUndefined();
});

test.each(CASES.filter(({ bytes }) => bytes.length < 2_000))("$name: is read in one way", ({ bytes }) => {
	expectOneReading(bytes);
});
