/** Several requests on one connection, sent before the response to the first; and upgrades among them. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answerOf, type BytesStage, openBytesStage } from "./fixtures/bytes-stage.ts";
import { exchange, statusesOf } from "./fixtures/raw.ts";

const get = (path: string, ...lines: string[]) =>
	`${[`GET ${path} HTTP/1.1`, "Host: h", ...lines, ""].join("\r\n")}\r\n`;
const CLOSE = "Connection: close";
const UPGRADE = [
	"Connection: Upgrade",
	"Upgrade: websocket",
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	"Sec-WebSocket-Version: 13",
];
const SWITCH = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

/** Requests that wait until the test releases them, by target. */
const held = new Map<string, Socket>();
/** Resolves when a request for the target waits. */
const waiting = new Map<string, () => void>();

function reached(target: string): Promise<void> {
	return held.has(target) ? Promise.resolve() : new Promise((resolve) => waiting.set(target, resolve));
}

function letGo(target: string): void {
	held.get(target)?.write(answerOf(`body of ${target}`));
	held.delete(target);
}

let stage: BytesStage;
beforeEach(async () => {
	held.clear();
	waiting.clear();
	stage = await openBytesStage({
		echo: (socket, target) => {
			if (target.startsWith("/held")) {
				held.set(target, socket);
				waiting.get(target)?.();
			} else if (target === "/socket") {
				socket.removeAllListeners("data").write(`${SWITCH}frames of the function`);
				socket.pipe(socket);
			} else socket.write(answerOf(`body of ${target}`));
		},
	});
});
afterEach(() => stage[Symbol.asyncDispose]());

/** The bodies of the responses, in the order of their arrival. */
const bodies = (text: string) => [...text.matchAll(/body of \/[a-z0-9]+/g)].map(([body]) => body);

test("responses come in the order of the requests, and one request is in flight at a time", async () => {
	const answered = exchange(
		stage.port,
		get("/shop/echo/held1") + get("/shop/echo/a") + get("/nobody") + get("/shop/echo/b", CLOSE),
	);
	await reached("/held1");
	// The gateway responds on another connection, so it has read all pipelined requests by now.
	expect(statusesOf(await exchange(stage.port, get("/nobody", CLOSE)))).toEqual([404]);
	expect(stage.of("echo").requested).toEqual(["/held1"]);
	letGo("/held1");
	const text = await answered;
	expect(statusesOf(text)).toEqual([200, 200, 404, 200]);
	expect(bodies(text)).toEqual(["body of /held1", "body of /a", "body of /b"]);
	expect(stage.of("echo").inFlightMost).toBe(1);
	expect(stage.faults.count).toBe(0);
});

describe("an upgrade after a request that has no response yet", () => {
	test.each([
		["a valid one", UPGRADE],
		["one to another protocol", ["Connection: Upgrade", "Upgrade: h2c"]],
		["one without a key", ["Connection: Upgrade", "Upgrade: websocket"]],
	])("%s is refused, after the answer; the function never sees it", async (_, lines) => {
		const answered = exchange(stage.port, get("/shop/echo/held1") + get("/shop/echo/socket", ...lines));
		await reached("/held1");
		letGo("/held1");
		const text = await answered;
		expect(statusesOf(text)).toEqual([200, 400]);
		expect(text).toMatch(/body of \/held1HTTP\/1\.1 400 .*"code":"UPGRADE_PIPELINED"/s);
		expect(stage.of("echo").requested).toEqual(["/held1"]);
		expect([stage.faults.count, stage.of("echo").inFlight]).toEqual([0, 0]);
	});

	test("whose client disconnects leaves no request in flight", async () => {
		const socket = connect(stage.port, "127.0.0.1");
		socket.write(get("/shop/echo/held1") + get("/shop/echo/socket", ...UPGRADE));
		await reached("/held1");
		const upstream = held.get("/held1") as Socket;
		const ended = once(upstream, "close");
		socket.destroy();
		await ended;
		expect(statusesOf(await exchange(stage.port, get("/shop/echo/a", CLOSE)))).toEqual([200]);
		expect([stage.faults.count, stage.of("echo").inFlight]).toEqual([0, 0]);
	});

	test("is refused after several requests, and bytes after it are ignored", async () => {
		const answered = exchange(
			stage.port,
			get("/shop/echo/held1") +
				get("/shop/echo/a") +
				get("/shop/echo/socket", ...UPGRADE) +
				get("/shop/echo/never"),
		);
		await reached("/held1");
		letGo("/held1");
		expect(statusesOf(await answered)).toEqual([200, 200, 400]);
		expect(stage.of("echo").requested).toEqual(["/held1", "/a"]);
	});
});

test("an upgrade after a response is accepted, and its stream holds only the function's bytes", async () => {
	const socket = connect(stage.port, "127.0.0.1").setEncoding("latin1");
	let text = "";
	const seen = (what: string) =>
		new Promise<void>((resolve) => {
			const look = () => {
				if (text.includes(what)) resolve();
				else socket.once("data", () => setImmediate(look));
			};
			look();
		});
	socket.on("data", (chunk: string) => {
		text += chunk;
	});
	socket.write(get("/shop/echo/first"));
	await seen("body of /first");
	socket.write(get("/shop/echo/socket", ...UPGRADE));
	await seen("frames of the function");
	socket.write(get("/shop/echo/never"));
	await seen("never");
	expect(text.slice(text.indexOf("frames of"))).toBe(`frames of the function${get("/shop/echo/never")}`);
	expect(stage.of("echo").requested).toEqual(["/first", "/socket"]);
	socket.destroy();
});

test("an unsupported expectation is refused in its turn, and so is an upgrade after it", async () => {
	const expectation = get("/shop/echo/never", "Expect: the impossible");
	const answered = exchange(
		stage.port,
		get("/shop/echo/held1") + expectation + get("/shop/echo/socket", ...UPGRADE),
	);
	await reached("/held1");
	letGo("/held1");
	expect(statusesOf(await answered)).toEqual([200, 417, 400]);
	expect(statusesOf(await exchange(stage.port, expectation + get("/shop/echo/socket", ...UPGRADE)))).toEqual([
		417, 400,
	]);
	expect(stage.faults.count).toBe(0);
});

test("5,000 pipelined requests get their responses in order, over one connection to the function", async () => {
	const count = 5_000;
	let bytes = get("/shop/echo/held1");
	for (let index = 1; index < count; index++) bytes += get(`/shop/echo/n${index}`);
	const answered = exchange(stage.port, bytes + get("/shop/echo/last", CLOSE));
	await reached("/held1");
	// Others are served meanwhile.
	expect(statusesOf(await exchange(stage.port, get("/shop/echo/other", CLOSE)))).toEqual([200]);
	letGo("/held1");
	const text = await answered;
	expect(text.match(/body of \/n\d+/g)).toEqual(
		Array.from({ length: count - 1 }, (_, index) => `body of /n${index + 1}`),
	);
	expect(text.endsWith("body of /last")).toBe(true);
	// One for this client, one for the other.
	expect(stage.of("echo").connected).toBeLessThanOrEqual(2);
});

test("a malformed request is refused after the responses to earlier requests", async () => {
	const answered = exchange(stage.port, `${get("/shop/echo/held1")}this is no request\r\n\r\n`);
	await reached("/held1");
	letGo("/held1");
	expect(statusesOf(await answered)).toEqual([200, 400]);
});
