/** Requests and responses, one at a time, through real sockets. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ECHO } from "./fixtures/echo.ts";
import { call, openStage, type Stage } from "./fixtures/harness.ts";

let stage: Stage;
beforeAll(async () => {
	stage = await openStage();
	await stage.start("echo", ECHO);
	await stage.start("api/deep", ECHO);
});
afterAll(() => stage.close());

const to = (path: string, more: object = {}) => ({ port: stage.port, path, ...more });

describe("a request", () => {
	test.each(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"])(
		"with method %s arrives",
		async (method) => {
			const answer = await call(
				to("/shop/echo/a/b?c=%20d", { method, headers: method === "GET" ? {} : { "content-length": 4 } }),
				method === "GET" ? undefined : "body",
			);
			const seen = JSON.parse(answer.body);
			expect(seen).toMatchObject({
				method,
				url: `http://127.0.0.1:${stage.port}/a/b?c=%20d`,
				body: method === "GET" ? "" : "body",
			});
		},
	);

	test("tells the function the client's address, the host and the prefix", async () => {
		const headers = {
			host: "shop.example",
			"x-forwarded-for": "192.0.2.1",
			connection: "x-secret",
			"x-secret": "1",
			"x-mine": "2",
		};
		const { headers: answered, body } = await call(to("/shop/api/deep", { headers }));
		const seen = Object.fromEntries(JSON.parse(body).headers);
		expect(JSON.parse(body).url).toBe("http://shop.example/");
		expect(seen).toMatchObject({
			host: "shop.example",
			"x-mine": "2",
			"x-forwarded-for": "127.0.0.1",
			"x-forwarded-proto": "http",
			"x-forwarded-host": "shop.example",
			"x-forwarded-prefix": "/shop/api/deep",
			"x-request-id": answered["x-request-id"],
		});
		expect(seen["x-secret"]).toBeUndefined();
		expect(answered["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
		expect(
			(await call(to("/shop/echo", { headers: { "x-request-id": "mine-1" } }))).headers["x-request-id"],
		).toBe("mine-1");
	});

	test("with Expect: 100-continue gets 100 Continue, but not if no function takes the request", async () => {
		const headers = { expect: "100-continue", "content-length": 4 };
		const outgoing = request({ host: "127.0.0.1", ...to("/shop/echo/bytes", { method: "POST", headers }) });
		outgoing.flushHeaders();
		await once(outgoing, "continue");
		outgoing.end("abcd");
		const [response] = await once(outgoing, "response");
		expect(Buffer.concat(await response.toArray()).toString()).toBe("abcd");

		const refused = request({ host: "127.0.0.1", ...to("/shop/nobody", { method: "POST", headers }) });
		refused.on("continue", () => expect.unreachable("told to go on"));
		refused.flushHeaders();
		const [answer] = await once(refused, "response");
		expect(answer.statusCode).toBe(404);
		refused.destroy();
	});
});

describe("a response", () => {
	test.each([204, 304])("without a body: %i", async (code) => {
		const answer = await call(to(`/shop/echo/status?code=${code}`));
		expect(answer).toMatchObject({ status: code, body: "" });
		expect(answer.headers["transfer-encoding"]).toBeUndefined();
	});

	test("to HEAD has only headers, and the connection is reused", async () => {
		const socket = connect(stage.port, "127.0.0.1");
		socket.write(
			"HEAD /shop/echo/cookies HTTP/1.1\r\nHost: x\r\n\r\nGET /shop/echo/cookies HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		);
		const text = Buffer.concat(await socket.toArray()).toString();
		const [head, get, ...rest] = text.split(/(?=HTTP\/1\.1)/);
		expect(head).toMatch(/\r\n\r\n$/);
		expect(get).toMatch(/\r\n\r\n.*ok/s);
		expect(rest).toEqual([]);
	});

	test("keeps repeated headers and bytes above 0x7f", async () => {
		expect((await call(to("/shop/echo/cookies"))).headers["set-cookie"]).toEqual(["a=1", "b=2"]);
		expect((await call(to("/shop/echo/latin"))).headers["x-latin"]).toBe("café");
	});

	test("that is compressed is forwarded unchanged", async () => {
		const outgoing = request({
			host: "127.0.0.1",
			...to("/shop/echo/gzip", { headers: { "accept-encoding": "gzip" } }),
		});
		outgoing.end();
		const [response] = await once(outgoing, "response");
		expect(response.headers["content-encoding"]).toBe("gzip");
		expect(gunzipSync(Buffer.concat(await response.toArray())).toString()).toBe("x".repeat(5000));
	});

	test("that is sent before the body is read reaches the client, whose connection is reused", async () => {
		const body = randomBytes(8 * 1024 * 1024);
		expect(await call(to("/shop/echo/early", { method: "POST" }), body)).toMatchObject({
			status: 401,
			body: "refused",
		});
	});
});

test.each([
	[
		"both lengths",
		"POST /shop/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	],
	[
		"two lengths",
		"POST /shop/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
	],
	["two hosts", "GET /shop/echo HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n"],
	["no host", "GET /shop/echo HTTP/1.1\r\n\r\n"],
	["a bare line feed", "GET /shop/echo HTTP/1.1\nHost: x\n\n"],
	["a space before the colon", "GET /shop/echo HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\nabcd"],
	[
		"an unknown coding",
		"POST /shop/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
	],
	["a folded header", "GET /shop/echo HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\nTransfer-Encoding\r\n\r\n"],
])("%s: refused, and the connection closed", async (_, text) => {
	const socket = connect(stage.port, "127.0.0.1");
	socket.write(text);
	expect(Buffer.concat(await socket.toArray()).toString()).toMatch(/^HTTP\/1\.1 400 /);
});
