import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createApi } from "../../../src/platform/api/api.ts";
import { ControlListener } from "../../../src/platform/api/control-listener.ts";
import { FaultBoundary } from "../../../src/platform/faults/error-boundary.ts";
import { openTestCore, type TestCore } from "../fixtures/core.ts";

let platform: TestCore;
let listener: ControlListener;
let port: number;

beforeAll(async () => {
	platform = await openTestCore();
	const hosts = { bound: "127.0.0.1", names: [] };
	const api = createApi({ core: platform.core, hosts, listenUrl: "http://127.0.0.1:8080" });
	listener = new ControlListener(api);
	({ port } = await listener.listen({ host: "127.0.0.1", port: 0 }));
});

afterAll(async () => {
	await listener.close(0);
	await platform[Symbol.asyncDispose]();
});

async function open(): Promise<Socket> {
	const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
	await new Promise((resolve) => socket.once("connect", resolve));
	return socket;
}

/** Everything that is received until the connection ends. */
async function exchange(text: string): Promise<string> {
	const socket = await open();
	socket.write(text);
	let answer = "";
	socket.setEncoding("latin1").on("error", () => undefined);
	for await (const chunk of socket) answer += chunk as string;
	return answer;
}

const CLOSE = "connection: close\r\n";

describe("the control API over HTTP", () => {
	test("a request for another host is refused", async () => {
		const answer = await exchange(`GET /healthz HTTP/1.1\r\nhost: evil.example:${port}\r\n${CLOSE}\r\n`);
		expect(answer).toMatch(/^HTTP\/1\.1 421 .*"code":"HOST_UNKNOWN"/s);
	});

	test("a load balancer's health check over HTTP/1.0 without a host is answered", async () => {
		expect(await exchange("GET /readyz HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 .*"ready"/s);
		expect(await exchange("GET /readyz HTTP/1.1\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
		expect(await exchange("GET /readyz HTTP/1.0\r\nhost: evil.example\r\n\r\n")).toMatch(/^HTTP\/1\.1 421 /);
	});

	test.each(["a b", "x@127.0.0.1", "127.0.0.1:x", "127.0.0.1/..", "[::1", "%31"])(
		"the host %j is refused",
		async (host) => {
			const answer = await exchange(`GET /healthz HTTP/1.1\r\nhost: ${host}\r\n${CLOSE}\r\n`);
			expect(answer).toMatch(
				/^HTTP\/1\.1 4\d\d .*application\/problem\+json.*"code":"(HOST_UNKNOWN|REQUEST_INVALID)"/s,
			);
		},
	);

	test.each([
		["two lengths", "content-length: 2\r\ncontent-length: 3\r\n\r\n{}"],
		["a length and chunks", "content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
		["an invalid header", "bad header: x\r\n\r\n"],
		["a bare CR", "x: a\rb\r\n\r\n"],
	])("%s end the connection", async (_, rest) => {
		const answer = await exchange(`PUT /v1/apps/shop HTTP/1.1\r\nhost: 127.0.0.1\r\n${rest}`);
		expect(answer).toMatch(/^HTTP\/1\.1 400 /);
		expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
	});

	test("a body of 10 GB is refused before the client sends it", async () => {
		const head = [
			"POST /v1/apps/shop/changes HTTP/1.1",
			"host: 127.0.0.1",
			`authorization: Bearer ${platform.token}`,
			"content-type: application/json",
			"content-length: 10737418240",
		];
		await platform.core.createApp("shop", { vaultId: "A".repeat(43), environment: "production" });
		const socket = await open();
		socket.setEncoding("latin1").on("error", () => undefined);
		const answered = new Promise<string>((resolve) => socket.once("data", resolve));
		socket.write(`${head.join("\r\n")}\r\n\r\n{"operation`);
		expect(await answered).toMatch(/^HTTP\/1\.1 413 /);
		socket.destroy();
	});

	test("a response leaves the connection open for the next request", async () => {
		const socket = await open();
		socket.setEncoding("latin1");
		for (const path of ["/healthz", "/v1/platform"]) {
			const answered = new Promise<string>((resolve) => socket.once("data", resolve));
			socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
			expect(await answered).toMatch(/^HTTP\/1\.1 200 /);
		}
		socket.destroy();
	});
});

/** A client whose request was refused before all of its body was sent. */
async function refused(head: string, sent: string): Promise<{ socket: Socket; answer: () => string }> {
	const socket = await open();
	let answer = "";
	socket.setEncoding("latin1").on("error", () => undefined);
	socket.on("data", (text) => (answer += text));
	const answered = once(socket, "data");
	socket.write(`PUT ${head}\r\nhost: 127.0.0.1\r\n`);
	socket.write(`authorization: Bearer ${platform.token}\r\ncontent-type: application/json\r\n${sent}`);
	await answered;
	return { socket, answer: () => answer };
}

describe("a request that is refused before it has arrived", () => {
	const timers = ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const;
	beforeEach(() => void vi.useFakeTimers({ toFake: [...timers] }));
	afterEach(() => void vi.useRealTimers());

	const rest = "x".repeat(10_000);
	const large = `${(100_000).toString(16)}\r\n${"x".repeat(100_000)}\r\n`;
	test.each([
		["unread", "/none HTTP/1.1", `content-length: ${rest.length + 1}\r\n\r\nx`, rest, 404],
		[
			"half read",
			"/v1/apps/x HTTP/1.1",
			`transfer-encoding: chunked\r\n\r\n${large}`,
			`${large}0\r\n\r\n`,
			413,
		],
	])("is read to its end, and the next one is served (%s)", async (_, head, sent, left, status) => {
		const { socket, answer } = await refused(head, sent);
		expect(answer()).toMatch(new RegExp(`^HTTP/1.1 ${status} .*connection: keep-alive`, "is"));
		await vi.advanceTimersByTimeAsync(4_500);
		const served = once(socket, "data");
		socket.write(`${left}GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
		await served;
		expect(answer()).toContain('{"status":"ok"}');
		await vi.advanceTimersByTimeAsync(30_000);
		expect(socket.destroyed).toBe(false);
		socket.destroy();
	});

	test("is read although its connection ends with the answer", async () => {
		const sent = `connection: close\r\ncontent-length: ${2 * rest.length}\r\n\r\n${rest}`;
		const { socket, answer } = await refused("/none HTTP/1.1", sent);
		if (!socket.readableEnded) await once(socket, "end");
		expect(answer()).toMatch(/^HTTP\/1\.1 404 .*connection: close/is);
		await vi.advanceTimersByTimeAsync(4_500);
		// The first one resets a connection that is closed, so that the second one fails.
		for (const part of [rest.slice(1), "x"])
			await new Promise<void>((resolve, reject) => {
				socket.write(part, (error) => (error ? reject(error) : resolve()));
			});
		socket.end();
		if (!socket.closed) await once(socket, "close");
		expect(socket.errored).toBeNull();
	});

	test("has one answer, also if the rest is malformed", async () => {
		const sent = "transfer-encoding: chunked\r\n\r\n1\r\nx\r\n";
		const { socket, answer } = await refused("/none HTTP/1.1", sent);
		const ended = once(socket, "close");
		socket.end("no chunk\r\n");
		await ended;
		expect(answer().match(/HTTP\/1\.1/g)).toHaveLength(1);
	});

	test("ends with its connection if the rest does not come", async () => {
		const { socket } = await refused("/none HTTP/1.1", `content-length: ${rest.length}\r\n\r\nx`);
		await vi.advanceTimersByTimeAsync(4_500);
		expect(socket.readableEnded).toBe(false);
		const ended = once(socket, "end");
		await vi.advanceTimersByTimeAsync(500);
		await ended;
		socket.destroy();
	});
});

test("a port that is in use is no internal error", async () => {
	const faults = new FaultBoundary("control");
	const hosts = { bound: "127.0.0.1", names: [] };
	const api = createApi({ core: platform.core, hosts, listenUrl: "http://127.0.0.1:8080" });
	const second = new ControlListener(api, { faults });
	await expect(second.listen({ host: "127.0.0.1", port })).rejects.toMatchObject({ code: "EADDRINUSE" });
	expect(faults.count).toBe(0);
});

test("a client with a head that is too large can read why, although it still sends", async () => {
	const socket = await open();
	socket.on("error", () => undefined);
	const answered = once(socket, "data");
	socket.write(`GET /${"a".repeat(100_000)}`);
	const [answer] = (await answered) as [Buffer];
	expect(answer.toString("latin1")).toMatch(/^HTTP\/1\.1 431 /);
	for (const part of ["more", "and more"])
		await new Promise<void>((resolve, reject) => {
			socket.write(part, (error) => (error ? reject(error) : resolve()));
		});
	socket.destroy();
});
