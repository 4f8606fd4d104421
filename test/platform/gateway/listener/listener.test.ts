/** The gateway's listener alone, on real sockets, without TLS. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { FaultBoundary } from "../../../../src/platform/faults/error-boundary.ts";
import type { ClientExchange } from "../../../../src/platform/gateway/http-server/client-exchange.ts";
import { Listener } from "../../../../src/platform/gateway/listener/listener.ts";
import { exchange, statusesOf } from "../fixtures/raw.ts";

const CLOSE = "Connection: close";
const request = (line: string, ...lines: string[]) => `${[line, "Host: h", ...lines, ""].join("\r\n")}\r\n`;
const get = (...lines: string[]) => request("GET / HTTP/1.1", ...lines);

let server: Listener;
let port: number;
const faults = new FaultBoundary("gateway");
const refused: string[] = [];
const clients: Socket[] = [];
afterEach(async () => {
	for (const client of clients.splice(0)) client.destroy();
	await server.close(0);
	refused.length = 0;
	expect(faults.count).toBe(0);
});

async function serve(onExchange: (client: ClientExchange) => void, timeouts = {}): Promise<void> {
	const limits = { max: 100, perPeerMax: 100 };
	server = new Listener({ timeouts, faults, limits, onExchange, onRefused: (why) => refused.push(why) });
	({ port } = await server.listen(0, "127.0.0.1"));
}

/** Responds with the body of the request, when all of it has arrived. */
function echo(client: ClientExchange): void {
	const pieces: Buffer[] = [];
	const answer = () => respond(client, Buffer.concat(pieces));
	if (client.hasBody) client.read({ onData: (data) => pieces.push(data), onEnd: answer });
	else answer();
}

function respond(client: ClientExchange, body: Buffer): void {
	const headers = ["content-length", String(body.length)];
	client.begin({ status: 200, reason: "OK", headers, length: body.length });
	client.end(body);
}

/** A client that has sent bytes. Its `text` is what it has received. */
async function dial(bytes: string): Promise<{ socket: Socket; text: () => string }> {
	const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
	clients.push(socket);
	let text = "";
	socket.on("error", () => undefined).setEncoding("latin1");
	socket.on("data", (chunk: string) => {
		text += chunk;
	});
	await once(socket, "connect");
	socket.write(bytes, "latin1");
	return { socket, text: () => text };
}

test.each([
	["HTTP/1.1", get(), /Connection: keep-alive\r\nKeep-Alive: timeout=65\r\n/],
	["HTTP/1.1 with close", get(CLOSE), /Connection: close\r\n/],
	["HTTP/1.0", request("GET / HTTP/1.0"), /Connection: close\r\n/],
	["HTTP/1.0 with keep-alive", request("GET / HTTP/1.0", "Connection: keep-alive"), /: keep-alive\r\n/],
	["HTTP/1.0 with both", request("GET / HTTP/1.0", CLOSE, "Connection: keep-alive"), /Connection: close\r\n/],
])("the connection of a client of %s", async (_, bytes, expected) => {
	await serve(echo);
	const { socket, text } = await dial(bytes);
	await vi.waitFor(() => expect(text()).toMatch(expected));
	const isClosed = text().includes("Connection: close");
	await vi.waitFor(() => expect(socket.readableEnded).toBe(isClosed));
	expect(statusesOf(text())).toEqual([200]);
});

test("a response without a length is sent in chunks, and to HTTP/1.0 until the connection closes", async () => {
	await serve((client) => {
		client.begin({ status: 200, reason: "OK", headers: [], length: undefined });
		client.write(Buffer.from("one"));
		client.end(Buffer.from("two"));
	});
	const chunked = await exchange(port, get(CLOSE));
	expect(chunked).toMatch(/Transfer-Encoding: chunked\r\n[\s\S]*\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/);
	const closed = await exchange(port, request("GET / HTTP/1.0", "Connection: keep-alive"));
	expect(closed).toMatch(/Connection: close\r\n\r\nonetwo$/);
	expect(closed).not.toContain("Transfer-Encoding");
	const head = await exchange(port, request("HEAD / HTTP/1.1", CLOSE));
	expect(head).toMatch(/\r\n\r\n$/);
});

test.each([
	["a request line of 40 KiB", `GET /${"a".repeat(40_960)} HTTP/1.1\r\nHost: h\r\n\r\n`, 431],
	["a request line of 40 KiB without an end", `GET /${"a".repeat(40_960)}`, 431],
	["headers of 40 KiB", get(`X: ${"a".repeat(40_960)}`), 431],
	["501 headers", get(...Array.from({ length: 500 }, () => "X: y")), 431],
	["extensions of 20 KiB", `${get("Transfer-Encoding: chunked")}5;${"a".repeat(20_480)}\r\nhello\r\n`, 413],
	["trailers of 20 KiB", `${get("Transfer-Encoding: chunked")}0\r\nX: ${"a".repeat(20_480)}\r\n\r\n`, 413],
	["the beginning of a TLS handshake", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400],
	["a bare LF, at once", "GET / HTTP/1.1\nHost", 400],
	["a line that is no request, at once", "hello\r\n", 400],
	["a method that does not exist", "FETCH / HTTP/1.1\r\n", 400],
	["a tunnel", "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", 400],
])("%s is refused", async (_, bytes, status) => {
	await serve(echo);
	const { socket, text } = await dial(bytes);
	await once(socket, "end");
	expect(statusesOf(text())).toEqual([status]);
	expect(text()).toMatch(/\r\nConnection: close\r\n\r\n$/);
});

test("a client that has sent everything before an error gets the answer, although it still sends", async () => {
	await serve(echo);
	const { socket, text } = await dial(`hello\r\n${"x".repeat(300_000)}`);
	const more = setInterval(() => socket.write("x".repeat(10_000)), 20);
	await once(socket, "end");
	clearInterval(more);
	expect(statusesOf(text())).toEqual([400]);
});

test("a client that ends its side in the middle of a request gets 400, and between requests nothing", async () => {
	await serve(echo);
	for (const [bytes, statuses] of [
		["GET / HT", [400]],
		[`${request("POST / HTTP/1.1", "Content-Length: 5")}hel`, [400]],
		[get(), [200]],
		[`${get()}\r\n`, [200]],
		["", []],
	] as const) {
		const { socket, text } = await dial(bytes);
		await vi.waitFor(() => expect(statusesOf(text())).toEqual(statuses.filter((status) => status === 200)));
		socket.end();
		await once(socket, "end");
		expect(statusesOf(text())).toEqual(statuses);
	}
});

test("a client that ends its side while it waits has left", async () => {
	let gone = false;
	await serve((client) => {
		client.onGone = () => {
			gone = true;
		};
	});
	const { socket } = await dial(get());
	socket.end();
	await once(socket, "close");
	expect(gone).toBe(true);
});

test("silent, slow and idle connections", async () => {
	await serve(echo, { headTimeoutMs: 100, requestTimeoutMs: 300 });
	const silent = await dial("");
	const slowHead = await dial("GET / HTTP/1.1\r\nX: ");
	const slowBody = await dial(`${request("POST / HTTP/1.1", "Content-Length: 5")}hel`);
	const idle = await dial(get());
	await Promise.all([silent, slowHead, slowBody].map(({ socket }) => once(socket, "end")));
	for (const { text } of [silent, slowHead, slowBody]) expect(statusesOf(text())).toEqual([408]);
	// An idle connection has more time.
	idle.socket.write(get());
	await vi.waitFor(() => expect(statusesOf(idle.text())).toEqual([200, 200]));
});

test("a body that nobody reads is not taken, and read to its end after the response", async () => {
	let waiting: ClientExchange | undefined;
	await serve((client) => {
		if (client.hasBody) waiting = client;
		else echo(client);
	});
	const length = 8 * 1024 * 1024;
	const { socket, text } = await dial(request("POST / HTTP/1.1", `Content-Length: ${length}`));
	socket.write(Buffer.alloc(length));
	socket.write(get(CLOSE));
	await vi.waitFor(() => expect(waiting).toBeDefined());
	// On another connection, so that the first one is full by now.
	await exchange(port, get(CLOSE));
	expect(socket.writableLength).toBeGreaterThan(0);
	if (waiting !== undefined) respond(waiting, Buffer.from("early"));
	await once(socket, "end");
	expect(statusesOf(text())).toEqual([200, 200]);
});

test("a response that the client does not read waits, and then arrives completely", async () => {
	const piece = Buffer.alloc(256 * 1024, "x");
	let sent = 0;
	await serve((client) => {
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
	const { socket, text } = await dial(get(CLOSE));
	socket.pause();
	await exchange(port, "hello\r\n");
	const before = sent;
	expect(before).toBeLessThan(100);
	socket.resume();
	await once(socket, "end");
	expect([sent, text().match(/40000\r\nx{262144}\r\n/g)?.length]).toEqual([100, 100]);
});
