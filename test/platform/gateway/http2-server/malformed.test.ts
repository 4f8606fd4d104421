/** Requests of HTTP/2 that are none, as frames: none of them reaches a function, and the connection serves others. */
import { describe, expect, test, vi } from "vitest";
import { respond, SecureListener } from "../listener/secure-listener.ts";
import {
	block,
	CODES,
	END_HEADERS,
	END_STREAM,
	type Fields,
	frame,
	get,
	RawHttp2,
	uint32,
} from "./frames.ts";

const server = new SecureListener();
const RESET = { reset: CODES.PROTOCOL_ERROR };
const refusal = (status: number) => ({ status, body: "" });
const without = (name: string, fields = get("/a")): Fields => fields.filter(([each]) => each !== name);
const having = (name: string, value: string): Fields =>
	get("/a").map(([each, before]) => [each, each === name ? value : before]);

/** Fields of a request whose stream ends with them. */
const FIELDS: readonly (readonly [name: string, fields: Fields, outcome: object])[] = [
	["a name in capitals", get("/a", [["X-Up", "1"]]), RESET],
	["connection", get("/a", [["connection", "close"]]), RESET],
	["keep-alive", get("/a", [["keep-alive", "timeout=5"]]), RESET],
	["proxy-connection", get("/a", [["proxy-connection", "close"]]), RESET],
	["upgrade", get("/a", [["upgrade", "websocket"]]), RESET],
	["http2-settings", get("/a", [["http2-settings", "AAMAAABkAAQAAP__"]]), refusal(400)],
	["transfer-encoding", get("/a", [["transfer-encoding", "chunked"]]), RESET],
	["te other than trailers", get("/a", [["te", "gzip"]]), RESET],
	["a pseudo-header behind a field", [...without(":path"), ["x", "a"], [":path", "/a"]], RESET],
	["an unknown pseudo-header", [[":other", "a"], ...get("/a")], RESET],
	["a pseudo-header of responses", [[":status", "200"], ...get("/a")], RESET],
	["two paths", [[":path", "/b"], ...get("/a")], RESET],
	["no path", without(":path"), RESET],
	["no method", without(":method"), RESET],
	["no scheme", without(":scheme"), RESET],
	["no authority and no host", without(":authority"), RESET],
	["an empty path", having(":path", ""), RESET],
	["a path with a space", having(":path", "/a b"), RESET],
	["a path with a line end", having(":path", "/a\r\nx: y"), RESET],
	["a path with a fragment", having(":path", "/a#b"), refusal(400)],
	["an absolute path", having(":path", "https://localhost/a"), RESET],
	["an asterisk with GET", having(":path", "*"), RESET],
	["the scheme http", having(":scheme", "http"), refusal(400)],
	[
		"a tunnel",
		[
			[":method", "CONNECT"],
			[":authority", "h:1"],
		],
		refusal(400),
	],
	["an extended tunnel", [[":protocol", "websocket"], ...having(":method", "CONNECT")], RESET],
	["an invalid method", having(":method", "G@T"), RESET],
	["an unknown method", having(":method", "FETCH"), refusal(400)],
	["a method in small letters", having(":method", "get"), refusal(400)],
	["a length with a plus", get("/a", [["content-length", "+0"]]), RESET],
	[
		"two equal lengths",
		get("/a", [
			["content-length", "0"],
			["content-length", "0"],
		]),
		RESET,
	],
	["a length without a body", get("/a", [["content-length", "5"]], "POST"), RESET],
	["an expectation that nobody knows", get("/a", [["expect", "more"]]), refusal(417)],
	[
		"501 fields",
		get(
			"/a",
			Array.from({ length: 501 }, () => ["x", "y"] as const),
		),
		refusal(431),
	],
	[
		"1,100 fields",
		get(
			"/a",
			Array.from({ length: 1_100 }, () => ["x", "y"] as const),
		),
		{ reset: expect.any(Number) },
	],
];

test.each(FIELDS)("%s", async (_, fields, outcome) => {
	await server.serve();
	using client = await RawHttp2.open(server.port);
	expect(await client.request(1, fields).outcome(1)).toEqual(outcome);
	expect(server.begun).toEqual([]);
	expect(await client.request(3, get("/next")).outcome(3)).toMatchObject({ status: 200 });
});

/** Frames of a request with a body. Nothing of them may reach a function as a complete body. */
const head = (fields: Fields = [], method = "POST") =>
	frame("HEADERS", END_HEADERS, 1, block(get("/p", fields, method)));
const part = frame("DATA", 0, 1, "part");
const end = (fields: Fields, flags = END_HEADERS | END_STREAM) => frame("HEADERS", flags, 1, block(fields));
const BODIES: readonly (readonly [name: string, frames: readonly Buffer[], outcome: object | undefined])[] = [
	["less than its length", [head([["content-length", "5"]]), frame("DATA", END_STREAM, 1, "hel")], RESET],
	["a length with a body of trailers", [head([["content-length", "5"]]), end([["x", "y"]])], RESET],
	["a pseudo-header in trailers", [head(), part, end([[":path", "/b"]])], RESET],
	["trailers that do not end the stream", [head(), part, end([["x", "y"]], END_HEADERS)], RESET],
	["a cancelled body", [head(), part, frame("RST_STREAM", 0, 1, uint32(CODES.CANCEL))], undefined],
	["a body that is reset without an error", [head(), part, frame("RST_STREAM", 0, 1, uint32(0))], undefined],
	["a reset body of HEAD", [head([], "HEAD"), part, frame("RST_STREAM", 0, 1, uint32(0))], undefined],
];

test.each(BODIES)("a body with %s is not complete", async (_, frames, outcome) => {
	let hasEnded = false;
	await server.serve((client) => {
		if (!client.hasBody) return respond(client, "next");
		client.read({
			onData: () => undefined,
			onEnd: () => {
				hasEnded = true;
			},
		});
	});
	using client = await RawHttp2.open(server.port);
	client.send(...frames);
	if (outcome !== undefined) expect(await client.outcome(1)).toEqual(outcome);
	expect(await client.request(3, get("/next")).outcome(3)).toEqual({ status: 200, body: "next" });
	await vi.waitFor(() => expect(server.ended).toHaveLength(2));
	expect([hasEnded, server.ended[0]]).toEqual([false, { target: "/p", isComplete: false, isGone: true }]);
});

test("a body with more than its length is not complete, whether the stream or the connection ends", async () => {
	await server.serve();
	using client = await RawHttp2.open(server.port);
	client.send(head([["content-length", "5"]]), frame("DATA", END_STREAM, 1, "hello!"));
	expect(await client.outcome(1)).not.toHaveProperty("status");
	await vi.waitFor(() => expect(server.ended).toEqual([{ target: "/p", isComplete: false, isGone: true }]));
});

describe("fields that are no part of a request", () => {
	// nghttp2 drops each of them, and keeps the others.
	test.each([
		["a line end", "x", "a\r\nsmuggled: 1"],
		["a NUL", "x", "a\0b"],
		["a blank at its end", "x", "a "],
		["a name with a blank", "x y", "a"],
		["an empty name", "", "a"],
		["a name with a line end", "x\r\nsmuggled", "a"],
	])("%s: no function gets it", async (_, name, value) => {
		await server.serve();
		using client = await RawHttp2.open(server.port);
		const { body = "{}" } = await client
			.request(
				1,
				get("/a", [
					[name, value],
					["kept", "1"],
				]),
			)
			.outcome(1);
		expect(JSON.parse(body).headers).toEqual(["host", "localhost", "kept", "1"]);
	});
});

test.each([
	["another host than the authority", get("/a", [["host", "evil"]])],
	["user information in the authority", having(":authority", "user@localhost")],
])("%s makes a request ambiguous", async (_, fields) => {
	await server.serve();
	using client = await RawHttp2.open(server.port);
	// Some versions of nghttp2 refuse it themselves.
	const { body = '{ "isMalformed": true }', status = 200 } = await client.request(1, fields).outcome(1);
	expect([status, JSON.parse(body).isMalformed]).toEqual([200, true]);
});

test("frames that no connection may have end it", async () => {
	await server.serve();
	const whole = block(get("/a"));
	for (const frames of [
		[frame("DATA", 0, 1, "x")],
		[frame("HEADERS", END_STREAM, 1, whole), frame("DATA", END_STREAM, 1, "x")],
		[frame("CONTINUATION", END_HEADERS, 1, whole)],
		[frame("PUSH_PROMISE", END_HEADERS, 1, Buffer.concat([uint32(2), whole]))],
		[frame("HEADERS", END_HEADERS | END_STREAM, 2, whole)],
		[frame("WINDOW_UPDATE", 0, 0, uint32(0))],
		[frame("PING", 0, 0, "short")],
		[frame("SETTINGS", 0, 0, "short")],
		[
			frame("HEADERS", END_STREAM, 1, whole),
			...Array(20).fill(frame("CONTINUATION", 0, 1, block([["x", "y"]]))),
		],
		[Buffer.from("GET / HTTP/1.1\r\nHost: h\r\n\r\n")],
	]) {
		using client = await RawHttp2.open(server.port);
		client.send(...frames);
		await client.until(() => client.of("GOAWAY").length > 0);
		// The system discards what the client has not read when the server closes before it has read everything.
		const error = client.of("GOAWAY").at(-1)?.payload.readUInt32BE(4);
		if (error === undefined) expect(client.isClosed).toBe(true);
		else expect(error).toBeGreaterThan(0);
	}
	expect(server.begun).toEqual([]);
});
