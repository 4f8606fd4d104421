/** WebSockets, and other upgrades, which are refused. */
import { once } from "node:events";
import { connect } from "node:net";
import { WebSocket } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerOf, openBytesStage } from "./fixtures/bytes-stage.ts";
import { call, openStage, type Stage } from "./fixtures/harness.ts";

const ECHO = `
	export default (request) => {
		const url = new URL(request.url);
		if (url.pathname === "/plain") return new Response("no socket here", { status: 403 });
		const about = url.pathname + " " + request.headers.get("x-forwarded-prefix");
		const { socket, response } = Deno.upgradeWebSocket(request, { protocol: "chat" });
		socket.onopen = () => socket.send(about);
		socket.onmessage = ({ data }) => data === "die" ? Deno.exit(1) : socket.send(data);
		socket.onclose = () => console.log("closed");
		return response;
	};`;

/** More than the buffers of the sockets on the way hold. */
const BODY_BYTES = 32 * 1024 * 1024;

const UPGRADE =
	"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

let stage: Stage;
beforeAll(async () => {
	stage = await openStage();
	await stage.start("echo", ECHO);
});
afterAll(() => stage.close());

const dial = (path: string) => new WebSocket(`ws://127.0.0.1:${stage.port}${path}`, "chat");
const message = async (socket: WebSocket) => ((await once(socket, "message"))[0] as MessageEvent).data;

describe("a WebSocket", () => {
	test("echoes text and bytes, small and large, and counts as in flight", async () => {
		const socket = dial("/shop/echo/room");
		socket.binaryType = "arraybuffer";
		expect(await message(socket)).toBe("/room /shop/echo");
		expect(socket.protocol).toBe("chat");
		expect(stage.current.get("echo")?.inFlight).toBe(1);
		for (const text of ["hello", "é🔑", "x".repeat(1_000_000)]) {
			socket.send(text);
			expect(await message(socket)).toBe(text);
		}
		socket.send(new Uint8Array([0, 255, 10]));
		expect(new Uint8Array(await message(socket))).toEqual(new Uint8Array([0, 255, 10]));
		socket.close();
		await once(socket, "close");
		// The gateway's own side of the connection closes a moment later; the instance stops once it has.
		const instance = stage.current.get("echo");
		await instance?.stop();
		expect(instance?.inFlight).toBe(0);
		await stage.start("echo", ECHO);
	});

	test("closes when the function's process exits", async () => {
		const instance = await stage.start("dying", ECHO);
		const socket = dial("/shop/dying");
		await message(socket);
		socket.send("die");
		await once(socket, "close");
		expect(await instance.exited).toMatchObject({ code: 1 });
	});

	test("keeps a draining instance alive until it closes", async () => {
		const instance = await stage.start("draining", ECHO);
		const socket = dial("/shop/draining");
		await message(socket);
		const stopped = instance.stop();
		socket.send("still there");
		expect(await message(socket)).toBe("still there");
		socket.close();
		await stopped;
	});

	test("that the function declines gets an ordinary response, and the connection closes", async () => {
		const socket = connect(stage.port, "127.0.0.1");
		socket.write(
			`GET /shop/echo/plain HTTP/1.1\r\nHost: x\r\n${UPGRADE}GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n`,
		);
		const text = Buffer.concat(await socket.toArray()).toString();
		expect(text).toMatch(/^HTTP\/1\.1 403 .*no socket here/s);
		expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
	});

	test("that the function declines with a large body gets all of it, although the client reads slowly", async () => {
		const body = "x".repeat(BODY_BYTES);
		const large = `HTTP/1.1 403 Forbidden\r\ncontent-length: ${BODY_BYTES}\r\n\r\n${body}`;
		await using bytes = await openBytesStage({
			large: (socket) => socket.end(large),
			small: (socket) => socket.write(answerOf("hello")),
		});
		const client = connect(bytes.port, "127.0.0.1");
		client.write(`GET /shop/large HTTP/1.1\r\nHost: x\r\n${UPGRADE}`);
		// The client reads nothing while the gateway serves others, so the buffers on the way fill up.
		await once(client, "readable");
		for (let count = 0; count < 50; count++) await call({ port: bytes.port, path: "/shop/small" });
		const text = Buffer.concat(await client.toArray()).toString("latin1");
		expect(text.slice(0, 12)).toBe("HTTP/1.1 403");
		expect(text.length - text.indexOf(body)).toBe(BODY_BYTES);
	});

	test("to an unknown function gets a problem", async () => {
		const headers = { connection: "Upgrade", upgrade: "websocket" };
		const answer = await call({ port: stage.port, path: "/shop/nobody", headers });
		expect(JSON.parse(answer.body)).toMatchObject({ status: 404, code: "FUNCTION_NOT_FOUND" });
	});
});

test("an upgrade with a body is refused", async () => {
	const headers = { connection: "Upgrade", upgrade: "websocket", "content-length": 40 };
	const body = "GET /smuggled HTTP/1.1\r\nHost: abcdefgh\r\n\r\n".slice(0, 40);
	const answer = await call({ port: stage.port, path: "/shop/echo", headers }, body);
	expect(JSON.parse(answer.body)).toMatchObject({ status: 501, code: "UPGRADE_NOT_SUPPORTED" });
});

test("another upgrade is refused", async () => {
	const headers = {
		connection: "Upgrade, HTTP2-Settings",
		upgrade: "h2c",
		"http2-settings": "AAMAAABkAAQAAP__",
	};
	const answer = await call({ port: stage.port, path: "/shop/echo", headers });
	expect(JSON.parse(answer.body)).toMatchObject({ status: 501, code: "UPGRADE_NOT_SUPPORTED" });
});
