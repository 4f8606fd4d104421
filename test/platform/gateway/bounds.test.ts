/** The gateway's limits on connections and requests. While one client or function reaches a limit, others are served. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import type { DescriptorBudget } from "../../../src/platform/http/descriptors.ts";
import { answerOf, type BytesStage, openBytesStage } from "./fixtures/bytes-stage.ts";
import { exchange, statusesOf } from "./fixtures/raw.ts";

const LIMITS = {
	gateway: { max: 100, perPeerMax: 100 },
	functions: { connectionsMax: 100, perFunctionConnectionsMax: 100, perFunctionMax: 100 },
} satisfies Pick<DescriptorBudget, "gateway" | "functions">;
const get = (path: string, ...lines: string[]) =>
	`${[`GET ${path} HTTP/1.1`, "Host: h", ...lines, ""].join("\r\n")}\r\n`;
const UPGRADE = [
	"Connection: Upgrade",
	"Upgrade: websocket",
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	"Sec-WebSocket-Version: 13",
];
const SWITCH = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

let stage: BytesStage;
const held: Socket[] = [];
const clients: Socket[] = [];
afterEach(async () => {
	for (const client of clients.splice(0)) client.destroy();
	held.length = 0;
	await stage[Symbol.asyncDispose]();
});

async function open(limits: Partial<typeof LIMITS>): Promise<void> {
	const answer = (socket: Socket, target: string) => {
		if (target === "/held") held.push(socket);
		else if (target === "/socket") socket.write(SWITCH);
		else socket.write(answerOf("served"));
	};
	stage = await openBytesStage({ one: answer, two: answer }, { limits: { ...LIMITS, ...limits } });
}

/** A client that sends these bytes and keeps its connection open. */
async function client(bytes = ""): Promise<Socket> {
	const socket = connect(stage.port, "127.0.0.1");
	clients.push(socket);
	socket.on("error", () => undefined);
	await once(socket, "connect");
	if (bytes !== "") socket.write(bytes);
	return socket;
}

async function asks(path: string): Promise<number[]> {
	return statusesOf(await exchange(stage.port, get(path, "Connection: close")));
}

const holding = (count: number) => vi.waitFor(() => expect(held).toHaveLength(count));

test("a new connection closes the connection that has been idle for longest", async () => {
	await open({ gateway: { max: 4, perPeerMax: 4 } });
	const idle = [await client(), await client(), await client()];
	await client(get("/shop/one/held"));
	await holding(1);
	const first = once(idle[0] as Socket, "close");
	expect(await asks("/shop/one/x")).toEqual([200]);
	await first;
	expect(idle[2]?.destroyed).toBe(false);
	expect(stage.refused).toEqual(["connections"]);
	held[0]?.write(answerOf("served"));
});

test("a connection above the limit gets a 503, and a connection that closes makes room for another", async () => {
	await open({ gateway: { max: 3, perPeerMax: 3 } });
	for (let count = 0; count < 3; count++) await client(get("/shop/one/held"));
	await holding(3);
	const text = await exchange(stage.port, get("/shop/one/x"));
	expect(text).toMatch(/^HTTP\/1\.1 503 [\s\S]*Connection: close\r\nRetry-After: 1\r\n/);
	expect(stage.refused).toEqual(["connections"]);
	clients[0]?.destroy();
	await vi.waitFor(async () => expect(await asks("/shop/one/x")).toEqual([200]));
});

test("a function that has reached its limit of requests does not stop another function from being served", async () => {
	await open({ functions: { ...LIMITS.functions, perFunctionMax: 5 } });
	for (let count = 0; count < 5; count++) await client(get("/shop/one/held"));
	await holding(5);
	const text = await exchange(stage.port, get("/shop/one/x", "Connection: close"));
	expect(text).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 1[\s\S]*"code":"FUNCTION_BUSY"/);
	expect(await asks("/shop/two/x")).toEqual([200]);
	expect(stage.refused).toEqual(["function"]);
	held[0]?.write(answerOf("served"));
	await vi.waitFor(async () => expect(await asks("/shop/one/x")).toEqual([200]));
});

test("upgraded connections count as requests of their function", async () => {
	await open({ functions: { ...LIMITS.functions, perFunctionMax: 2 } });
	for (let count = 0; count < 2; count++) {
		const socket = await client(get("/shop/one/socket", ...UPGRADE));
		expect(String(await once(socket, "data"))).toContain(" 101 ");
	}
	expect(await asks("/shop/one/x")).toEqual([503]);
	expect(statusesOf(await exchange(stage.port, get("/shop/one/socket", ...UPGRADE)))).toEqual([503]);
	clients[0]?.destroy();
	await vi.waitFor(async () => expect(await asks("/shop/one/x")).toEqual([200]));
});

test("requests above a function's limit of connections wait, and all of them are served", async () => {
	await open({ functions: { ...LIMITS.functions, perFunctionConnectionsMax: 2 } });
	const answers = Promise.all(Array.from({ length: 20 }, () => asks("/shop/one/x")));
	expect((await answers).flat()).toEqual(Array(20).fill(200));
	expect(stage.of("one").connected).toBeLessThanOrEqual(2);
});

test("a request waits until an idle connection of another function closes", async () => {
	await open({ functions: { ...LIMITS.functions, connectionsMax: 1 } });
	expect(await asks("/shop/one/x")).toEqual([200]);
	expect(stage.of("one").sockets.size).toBe(1);
	expect(await asks("/shop/two/x")).toEqual([200]);
	expect(stage.of("one").sockets.size).toBe(0);
});

test("if no connection to a function closes in time, the platform responds PLATFORM_BUSY", async () => {
	await open({ functions: { ...LIMITS.functions, connectionsMax: 1 } });
	await client(get("/shop/one/held"));
	await holding(1);
	const text = await exchange(stage.port, get("/shop/two/x", "Connection: close"));
	expect(text).toMatch(/^HTTP\/1\.1 503 [\s\S]*"code":"PLATFORM_BUSY"/);
});

test("a function cannot extend the keep-alive time of its connections", async () => {
	stage = await openBytesStage({
		one: (socket) => socket.write(`HTTP/1.1 200 OK\r\nkeep-alive: timeout=600\r\ncontent-length: 0\r\n\r\n`),
	});
	expect(await asks("/shop/one/x")).toEqual([200]);
	const [socket] = stage.of("one").sockets;
	if (socket !== undefined) await once(socket, "close");
	expect(stage.of("one").sockets.size).toBe(0);
});
