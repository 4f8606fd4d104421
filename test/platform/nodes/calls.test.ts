/** Requests between nodes: who can read them, and how often one is accepted. */
import { beforeAll, describe, expect, test } from "vitest";
import { cryptoReady, randomBytes } from "../../../src/crypto.ts";
import { NodeCalls } from "../../../src/platform/nodes/calls/calls.ts";
import {
	callKey,
	type NodeRequest,
	openAnswer,
	requestId,
	sealAnswer,
	sealRequest,
} from "../../../src/platform/nodes/calls/sealed.ts";
import { TestClock } from "../fixtures/core.ts";

beforeAll(() => cryptoReady);

const REQUEST: NodeRequest = {
	app: "shop",
	lifetime: "life",
	kind: "written",
	follow: false,
	names: null,
	query: { limit: 10 },
};
const STATE_KEY = new Uint8Array(32).fill(7);

function node(name = "a", stateKey = STATE_KEY) {
	const clock = new TestClock();
	return { clock, calls: new NodeCalls(name, stateKey, clock) };
}

const requestTo = (name: string, ticket: string, key = callKey(STATE_KEY)) =>
	sealRequest(REQUEST, { key, node: name, ticket });

describe("a request of another node", () => {
	test("is accepted once", () => {
		const { calls } = node();
		const sealed = requestTo("a", calls.ticket());
		expect(calls.accept(sealed)?.request).toEqual(REQUEST);
		expect(calls.accept(sealed)).toBeUndefined();
		expect(calls.accept(requestTo("a", calls.ticket()))?.request).toEqual(REQUEST);
	});

	test("is refused if it was made for another node, with another identity, or for another app", () => {
		const { calls } = node();
		const ticket = calls.ticket();
		expect(calls.accept(requestTo("b", ticket))).toBeUndefined();
		expect(calls.accept(requestTo("a", ticket, callKey(randomBytes(32))))).toBeUndefined();
		for (const at of [0, 24, 60]) {
			const altered = requestTo("a", ticket);
			altered[at] = (altered[at] ?? 0) ^ 1;
			expect(calls.accept(altered)).toBeUndefined();
		}
		expect(calls.accept(new Uint8Array())).toBeUndefined();
	});

	test("is refused when its ticket is old, or of an earlier process of the node", () => {
		const { calls, clock } = node();
		const first = calls.ticket();
		clock.atMs += 59_000;
		expect(calls.ticket()).toBe(first);
		clock.atMs += 2_000;
		expect(calls.ticket()).not.toBe(first);
		expect(calls.accept(requestTo("a", first))).toBeDefined();
		clock.atMs += 60_000;
		expect(calls.accept(requestTo("a", first))).toBeUndefined();
		expect(node().calls.accept(requestTo("a", calls.ticket()))).toBeUndefined();
	});
});

describe("an answer", () => {
	const key = callKey(STATE_KEY);
	let id = "";
	beforeAll(() => {
		id = requestId(new Uint8Array(10));
	});
	const sealed = async (parts: string[], of = id): Promise<string[]> => {
		const stream = ReadableStream.from(parts.map((part) => Buffer.from(part)));
		const text = await new Response(sealAnswer(stream as ReadableStream<Uint8Array>, { id: of, key })).text();
		return text.split("\n").filter((line) => line !== "");
	};
	const opened = async (lines: string[], pieces = [lines.map((line) => `${line}\n`).join("")]) => {
		async function* chunks() {
			for (const piece of pieces) yield Buffer.from(piece);
		}
		const parts: string[] = [];
		for await (const part of openAnswer(chunks(), { id, key })) parts.push(part);
		return parts;
	};

	test("is read in any chunks, and has nothing of its content in it", async () => {
		const lines = await sealed(["one", "two"]);
		expect(lines.join()).not.toContain(Buffer.from("one").toString("base64url"));
		expect(await opened(lines)).toEqual(["one", "two"]);
		expect(await opened([], [...lines.map((line) => `${line}\n`).join("")])).toEqual(["one", "two"]);
	});

	test("is refused if parts are missing, exchanged, repeated, altered, or of another request", async () => {
		const lines = await sealed(["one", "two"]);
		const [one = "", two = "", last = ""] = lines;
		for (const wrong of [
			[one],
			[one, two],
			[two, one, last],
			[one, one, two, last],
			[one, last],
			[two, last],
		])
			await expect(opened(wrong)).rejects.toThrow(/cut|not authentic/);
		const altered = `${one.startsWith("A") ? "B" : "A"}${one.slice(1)}`;
		await expect(opened([altered, two, last])).rejects.toThrow("not authentic");
		await expect(opened(await sealed(["one"], "another"))).rejects.toThrow("not authentic");
	});
});
