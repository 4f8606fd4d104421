/** The pool of connections to one function, with a real Unix socket. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FaultBoundary } from "../../../../src/platform/faults/error-boundary.ts";
import { Connector } from "../../../../src/platform/gateway/connect.ts";
import { ConnectionPool } from "../../../../src/platform/gateway/http-client/connection-pool.ts";
import type { FunctionExchange } from "../../../../src/platform/gateway/http-client/exchange.ts";

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

let folder: string;
let server: Server;
/** The connections of the function, in the order in which they came. */
let sockets: Socket[];
/** The targets of the function's requests, in their order. */
let requested: string[];
let pool: ConnectionPool;
let faults: FaultBoundary;
let faultsExpected: number;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "coffer-pool-"));
	sockets = [];
	requested = [];
	faultsExpected = 0;
});
afterEach(() => {
	pool.destroy();
	for (const socket of sockets) socket.destroy();
	server.close();
	rmSync(folder, { recursive: true, force: true });
	expect(faults.count).toBe(faultsExpected);
});

/** @param answer called with each request's target */
async function open(connectionsMax: number, answer: (socket: Socket, target: string) => void): Promise<void> {
	const socketPath = join(folder, "s");
	server = createServer((socket) => {
		sockets.push(socket);
		socket.on("error", () => undefined);
		socket.setEncoding("latin1").on("data", (text: string) => {
			const target = /^\w+ (\S+) /.exec(text)?.[1] ?? "";
			requested.push(target);
			answer(socket, target);
		});
	}).listen(socketPath);
	await once(server, "listening");
	faults = new FaultBoundary("gateway");
	const limits = { connectionsMax: 100, perFunctionConnectionsMax: connectionsMax, perFunctionMax: 100 };
	pool = new ConnectionPool(
		{ socketPath },
		{ connector: new Connector(faults, limits), faults, connectionsMax },
	);
}

interface Sent {
	readonly exchange: FunctionExchange;
	/** The body of the response, or the code of the failure. */
	readonly outcome: Promise<string>;
	readonly calls: string[];
}

function send(target: string, timeoutMs = 10_000): Sent {
	const calls: string[] = [];
	let body = "";
	let settle = (_outcome: string) => {};
	const outcome = new Promise<string>((resolve) => {
		settle = resolve;
	});
	const exchange = pool.send(
		{ method: "GET", target, headers: ["host", "h"], body: null, maxBodyBytes: 0, timeoutMs, requestId: "r" },
		{
			onHead: () => calls.push("head"),
			onData: (data) => {
				calls.push("data");
				body += data;
			},
			onRead: () => calls.push("read"),
			onEnd: () => settle(body),
			onFailed: (failure) => settle(failure === "unsent" ? failure : failure.code),
		},
	);
	return { exchange, outcome, calls };
}

test("requests reuse one connection, and each gets its own response", async () => {
	await open(10, (socket, target) => socket.write(OK.replace("ok", target)));
	for (const target of ["/1", "/2", "/3"]) expect(await send(target).outcome).toBe(target);
	expect(sockets).toHaveLength(1);
});

test("above the limit of connections requests wait in their order", async () => {
	await open(1, (socket) => socket.write(OK));
	const sent = ["/1", "/2", "/3"].map((target) => send(target).outcome);
	expect(await Promise.all(sent)).toEqual(["ok", "ok", "ok"]);
	expect([sockets.length, requested]).toEqual([1, ["/1", "/2", "/3"]]);
});

test("a request that is given up while it waits is never sent", async () => {
	const held: Socket[] = [];
	await open(1, (socket, target) => (target === "/held" ? held.push(socket) : socket.write(OK)));
	const first = send("/held");
	await vi.waitFor(() => expect(held).toHaveLength(1));
	send("/never").exchange.abort();
	const last = send("/last");
	held[0]?.write(OK);
	expect([await first.outcome, await last.outcome, requested]).toEqual(["ok", "ok", ["/held", "/last"]]);
});

test("a request that is given up while the function works closes its connection", async () => {
	const held: Socket[] = [];
	await open(1, (socket, target) => (target === "/held" ? held.push(socket) : socket.write(OK)));
	const { exchange } = send("/held");
	const next = send("/next");
	await vi.waitFor(() => expect(held).toHaveLength(1));
	const closed = once(held[0] as Socket, "close");
	exchange.abort();
	await closed;
	expect([await next.outcome, sockets.length]).toEqual(["ok", 2]);
});

test("the time limit begins again with each request of a connection", async () => {
	await open(1, (socket, target) => target !== "/silent" && socket.write(OK));
	expect(await send("/1", 200).outcome).toBe("ok");
	expect(await send("/silent", 200).outcome).toBe("FUNCTION_TIMEOUT");
	expect(await send("/2", 200).outcome).toBe("ok");
});

test("a request that is sent while another one expires has its whole time", async () => {
	await open(2, (socket, target) => target !== "/silent" && setTimeout(() => socket.write(OK), 20));
	const [silent, first] = [send("/silent", 300), send("/first", 300)];
	// The time limits of both connections have passed when the event loop comes to the first of them.
	const block = () => {
		for (const untilMs = performance.now() + 150; performance.now() < untilMs; );
	};
	setTimeout(block, 250);
	expect([await first.outcome, await silent.outcome]).toEqual(["ok", "FUNCTION_TIMEOUT"]);
	// This takes the connection of `/first`.
	expect(await send("/second", 300).outcome).toBe("ok");
	expect(sockets).toHaveLength(2);
});

test("a request that is not Latin-1 is never sent, since its characters could become line ends", async () => {
	faultsExpected = 1;
	await open(1, (socket) => socket.write(OK));
	expect(await send("/\u010a").outcome).toBe("INTERNAL_ERROR");
	expect(await send("/1").outcome).toBe("ok");
	expect(requested).toEqual(["/1"]);
});

test("a response that ends with its connection is complete, and one that is cut off is not", async () => {
	await open(2, (socket, target) => {
		const head =
			target === "/whole" ? "HTTP/1.1 200 OK\r\n\r\n" : "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n";
		socket.end(`${head}part`);
	});
	expect(await send("/whole").outcome).toBe("part");
	expect(await send("/cut").outcome).toBe("FUNCTION_BROKE_CONNECTION");
});

test("pieces that arrive together are handed over together", async () => {
	await open(1, (socket) =>
		socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n"),
	);
	const sent = send("/");
	await vi.waitFor(() => expect(sent.calls).toContain("read"));
	expect(sent.calls).toEqual(["head", "data", "data", "read"]);
	sockets[0]?.write("0\r\n\r\n");
	expect(await sent.outcome).toBe("ab");
});

test("bytes on an idle connection close it, and are no response to the next request", async () => {
	await open(1, (socket) => socket.write(OK));
	expect(await send("/1").outcome).toBe("ok");
	const closed = once(sockets[0] as Socket, "close");
	sockets[0]?.write(OK.replace("ok", "no"));
	await closed;
	expect(await send("/2").outcome).toBe("ok");
	expect(sockets).toHaveLength(2);
});

test("a function that keeps connections for a second only gets no second request on them", async () => {
	await open(1, (socket) => socket.write(OK.replace("\r\n\r\n", "\r\nkeep-alive: timeout=1\r\n\r\n")));
	expect([await send("/1").outcome, await send("/2").outcome, sockets.length]).toEqual(["ok", "ok", 2]);
});

test("when the pool is destroyed, requests in progress fail, and those that wait were not sent", async () => {
	const held: Socket[] = [];
	await open(1, (socket) => held.push(socket));
	const [first, second] = [send("/held"), send("/waiting")];
	await vi.waitFor(() => expect(held).toHaveLength(1));
	pool.destroy();
	expect([await first.outcome, await second.outcome]).toEqual(["FUNCTION_BROKE_CONNECTION", "unsent"]);
	expect(await send("/later").outcome).toBe("unsent");
	expect(requested).toEqual(["/held"]);
});

test("without a function a request is not sent", async () => {
	await open(1, () => undefined);
	server.close();
	expect([await send("/1").outcome, await send("/2").outcome]).toEqual(["unsent", "unsent"]);
});
