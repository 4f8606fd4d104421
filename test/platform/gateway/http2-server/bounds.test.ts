/** What one client of HTTP/2 can take: streams, floods of frames, windows, time, and the end of its connection. */
import { once } from "node:events";
import { expect, test, vi } from "vitest";
import { dialHttp2, presented } from "../fixtures/secure.ts";
import { echo, respond, SecureListener } from "../listener/secure-listener.ts";
import { block, CODES, END_HEADERS, END_STREAM, frame, get, RawHttp2, uint32 } from "./frames.ts";

const server = new SecureListener();
const hold = () => undefined;
const open = (stream: number, path = "/hold") =>
	frame("HEADERS", END_HEADERS | END_STREAM, stream, block(get(path)));
const resets = (client: RawHttp2) => client.of("RST_STREAM").map(({ payload }) => payload.readUInt32BE(0));
const ids = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + 2 * index);

test("beyond 100 streams at a time, a stream is refused, and another client is served", async () => {
	await server.serve((client) => (client.target === "/hold" ? undefined : echo(client)));
	using client = await RawHttp2.open(server.port);
	client.send(...ids(130).map((id) => open(id)));
	await client.until(() => resets(client).length === 30);
	expect(resets(client)).toEqual(Array(30).fill(CODES.REFUSED_STREAM));
	expect(server.begun).toHaveLength(100);
	using other = await RawHttp2.open(server.port);
	expect(await other.request(1, get("/a")).outcome(1)).toMatchObject({ status: 200 });
});

test("streams count as connections do, for all clients together", async () => {
	await server.serve(hold, { limits: { max: 60, perPeerMax: 60 } });
	using one = await RawHttp2.open(server.port);
	using two = await RawHttp2.open(server.port);
	one.send(...ids(50).map((id) => open(id)));
	await vi.waitFor(() => expect(server.begun).toHaveLength(50));
	two.send(...ids(30).map((id) => open(id)));
	await two.until(() => resets(two).length === 20);
	expect([resets(two), server.refused]).toEqual([
		Array(20).fill(CODES.REFUSED_STREAM),
		Array(20).fill("connections"),
	]);
	one.send(frame("RST_STREAM", 0, 1, uint32(CODES.CANCEL)));
	await vi.waitFor(() => expect(server.ended).toHaveLength(1));
	two.send(open(101, "/next"));
	await vi.waitFor(() => expect(server.begun.at(-1)?.target).toBe("/next"));
});

test("a connection with a stream is busy, and an idle one makes room for others", async () => {
	await server.serve((client) => (client.target === "/hold" ? undefined : echo(client)), {
		limits: { max: 2, perPeerMax: 2 },
	});
	using busy = await RawHttp2.open(server.port);
	busy.send(open(1));
	using idle = await RawHttp2.open(server.port);
	await idle.request(1, get("/a")).outcome(1);
	await vi.waitFor(() => expect(server.begun).toHaveLength(2));
	expect(await presented(server.port)).toBe("gateway");
	expect(await idle.goaway()).toBe(0);
	expect([busy.isClosed, server.refused]).toEqual([false, ["connections"]]);
});

test.each([
	["before they are answered", hold],
	[
		"although the response has begun",
		(client) => client.begin({ status: 200, reason: "", headers: [], length: 9 }),
	],
] as const satisfies [string, Parameters<SecureListener["serve"]>[0]][])(
	"a client that cancels one stream after the other %s is cut off, and no exchange is left",
	async (_, onExchange) => {
		await server.serve(onExchange);
		using client = await RawHttp2.open(server.port);
		const began = performance.now();
		for (const id of ids(1_000)) {
			if (client.isClosed) break;
			client.send(open(id), frame("RST_STREAM", 0, id, uint32(CODES.CANCEL)));
			if (id % 50 === 1) await new Promise((resolve) => setImmediate(resolve));
		}
		expect(await client.goaway()).toBeGreaterThan(0);
		// The server forgets 20 of them in each second.
		const forgotten = 20 * Math.ceil(1 + (performance.now() - began) / 1000);
		expect(server.begun.length).toBeLessThanOrEqual(201 + forgotten);
		await vi.waitFor(() => expect(server.ended).toHaveLength(server.begun.length));
		// Node 22 and later end it themselves, before the gateway does.
		expect(server.refused.filter((why) => why !== "pipeline")).toEqual([]);
	},
);

test("a client that leaves a page of 100 requests now and then is not", async () => {
	await server.serve((client) => (client.target === "/hold" ? undefined : echo(client)));
	using client = await RawHttp2.open(server.port);
	client.send(...ids(100).map((id) => open(id)));
	await vi.waitFor(() => expect(server.begun).toHaveLength(100));
	client.send(...ids(100).map((id) => frame("RST_STREAM", 0, id, uint32(CODES.CANCEL))));
	expect(await client.request(201, get("/a")).outcome(201)).toMatchObject({ status: 200 });
});

const FLOODS: readonly (readonly [name: string, frames: Buffer])[] = [
	["PING", frame("PING", 1, 0, "12345678")],
	["SETTINGS", frame("SETTINGS", 0, 0, Buffer.from([0, 4, 0, 0, 255, 255]))],
	["PRIORITY", frame("PRIORITY", 0, 1, Buffer.from([0, 0, 0, 0, 10]))],
	["WINDOW_UPDATE", frame("WINDOW_UPDATE", 0, 0, uint32(1))],
	["empty DATA", frame("DATA", 0, 1)],
	["padding", frame("DATA", 8, 1, Buffer.concat([Buffer.of(255), Buffer.alloc(255)]))],
];

test.each(FLOODS)("a flood of %s is cut off", async (_, flood) => {
	await server.serve(hold);
	using client = await RawHttp2.open(server.port);
	client.send(frame("HEADERS", END_HEADERS, 1, block(get("/hold", [], "POST"))));
	const many = Buffer.concat(Array<Buffer>(Math.ceil(64_000 / flood.length)).fill(flood));
	for (let count = 0; !client.isClosed && count < 10_000; count++) {
		const written = new Promise((resolve) => client.socket.write(many, resolve));
		await Promise.race([written, client.until(() => false)]);
	}
	await client.until(() => false);
	await vi.waitFor(() => expect(server.ended).toHaveLength(1));
});

test("a response that the client does not read waits; other streams go on", async () => {
	const piece = Buffer.alloc(64 * 1024, "x");
	let sent = 0;
	await server.serve((client) => {
		if (client.target !== "/large") return echo(client);
		client.begin({ status: 200, reason: "OK", headers: [], length: undefined });
		const send = () => {
			while (sent < 100) {
				sent++;
				if (!client.write(piece)) return;
			}
			client.end();
		};
		client.onDrain = send;
		send();
	});
	using session = dialHttp2(server.port);
	const large = session.request({ ":path": "/large" });
	await once(large, "response");
	const small = session.request({ ":path": "/a" });
	expect(Buffer.concat(await small.toArray()).toString()).toContain('"/a"');
	expect(sent).toBeLessThan(10);
	expect(Buffer.concat(await large.toArray())).toHaveLength(100 * piece.length);
});

test("a body that nobody reads is not taken; other streams go on", async () => {
	await server.serve((client) => (client.hasBody ? undefined : echo(client)));
	using client = await RawHttp2.open(server.port);
	client.send(frame("HEADERS", END_HEADERS, 1, block(get("/large", [], "POST"))));
	for (let count = 0; count < 3; count++) client.send(frame("DATA", 0, 1, Buffer.alloc(16_000)));
	expect(await client.request(3, get("/a")).outcome(3)).toMatchObject({ status: 200 });
	// The window of the connection is given back, and that of the stream is not.
	expect(client.of("WINDOW_UPDATE", 1)).toEqual([]);
	const [first] = server.begun;
	const sizes: number[] = [];
	first?.read({ onData: ({ length }) => sizes.push(length), onEnd: () => undefined });
	await client.until(() => client.of("WINDOW_UPDATE", 1).length > 0);
	first?.pause();
	client.send(frame("DATA", 0, 1, Buffer.alloc(16_000)));
	expect(await client.request(5, get("/a")).outcome(5)).toMatchObject({ status: 200 });
	first?.resume();
	await vi.waitFor(() => expect(sizes.reduce((sum, size) => sum + size)).toBe(64_000));
});

test("slow clients: without a request, with an endless head, with an endless body, and idle", async () => {
	await server.serve(echo, { timeouts: { headTimeoutMs: 1_000, requestTimeoutMs: 1_500 } });
	using silent = await RawHttp2.open(server.port);
	using head = await RawHttp2.open(server.port);
	head.send(frame("HEADERS", END_STREAM, 1, block(get("/a"))));
	using body = await RawHttp2.open(server.port);
	body.send(frame("HEADERS", END_HEADERS, 1, block(get("/p", [], "POST"))), frame("DATA", 0, 1, "part"));
	using idle = await RawHttp2.open(server.port);
	await idle.request(1, get("/a")).outcome(1);
	expect(await silent.goaway()).toBe(0);
	// nghttp2 counts it as an error.
	expect(await head.goaway()).toBeDefined();
	expect(await body.outcome(1)).toEqual({ status: 408, body: "" });
	expect(await idle.request(3, get("/a")).outcome(3)).toMatchObject({ status: 200 });
});

test("a client that waits for a response and answers no PING is disconnected, and another one is not", async () => {
	await server.serve(hold, { timeouts: { headTimeoutMs: 500, requestTimeoutMs: 1_000 } });
	using session = dialHttp2(server.port);
	const waiting = session.request({ ":path": "/waiting" }).on("error", () => undefined);
	using silent = await RawHttp2.open(server.port);
	silent.send(open(1));
	expect(await silent.goaway()).toBe(0);
	expect(silent.of("PING")).toHaveLength(1);
	// nghttp2 has ended this one, which Node does not read any more.
	using ended = await RawHttp2.open(server.port);
	ended.send(open(1), frame("HEADERS", END_HEADERS | END_STREAM, 3, Buffer.of(0xff, 0xff, 0xff, 0xff, 0x0f)));
	expect(await ended.goaway()).toBe(9);
	await vi.waitFor(() => expect(server.ended.map(({ target }) => target)).toEqual(["/hold", "/hold"]));
	expect(waiting.closed).toBe(false);
});

test("closing: a request in progress is finished, a new one is not taken, and idle connections close", async () => {
	await server.serve((client) => (client.target === "/hold" ? undefined : echo(client)));
	using busy = await RawHttp2.open(server.port);
	busy.send(open(1));
	using idle = await RawHttp2.open(server.port);
	await idle.request(1, get("/a")).outcome(1);
	await vi.waitFor(() => expect(server.begun).toHaveLength(2));
	const closed = server.listener?.close(3_600_000);
	await busy.until(() => busy.of("GOAWAY").length > 0);
	expect(await idle.goaway()).toBe(0);
	busy.send(open(3, "/late"));
	const [held] = server.begun;
	if (held !== undefined) respond(held, "done");
	expect(await busy.outcome(1)).toEqual({ status: 200, body: "done" });
	expect(busy.of("GOAWAY")[0]?.payload.readUInt32BE(0)).toBe(1);
	await closed;
	expect(server.begun.map(({ target }) => target)).not.toContain("/late");
});

test("closing: after the grace period, a response that is not complete is reset", async () => {
	await server.serve((client) => {
		client.begin({ status: 200, reason: "OK", headers: [], length: undefined });
		client.write(Buffer.from("part"));
	});
	using client = await RawHttp2.open(server.port);
	client.send(open(1));
	await client.until(() => client.of("DATA", 1).length > 0);
	await server.listener?.close(0);
	expect(await client.outcome(1)).toEqual({ status: 200, reset: CODES.INTERNAL_ERROR, goaway: 0 });
});
