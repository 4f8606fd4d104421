/** Requests and responses, one at a time, through real sockets. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, openStage, type Stage } from "./harness.ts";

const ECHO = `
	let open = 0;
	const waiters = [];
	export default async (request) => {
		const url = new URL(request.url);
		switch (url.pathname) {
			case "/bytes": return new Response(request.body);
			case "/sink": {
				let size = 0;
				for await (const chunk of request.body) size += chunk.length;
				return Response.json({ size });
			}
			case "/early": return new Response("refused", { status: 401 });
			case "/status": return new Response(null, { status: Number(url.searchParams.get("code")) });
			case "/cookies": return new Response("ok", { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] });
			case "/latin": return new Response("ok", { headers: { "x-latin": "caf\\u00e9" } });
			case "/gzip": {
				const packed = new Blob(["x".repeat(5000)]).stream().pipeThrough(new CompressionStream("gzip"));
				return new Response(packed, { headers: { "content-encoding": "gzip" } });
			}
			case "/forever": {
				open++;
				const stream = new ReadableStream({
					start(controller) { controller.enqueue(new TextEncoder().encode("data: first\\n\\n")); },
					cancel() { open--; for (const wake of waiters.splice(0)) wake(); },
				});
				return new Response(stream, { headers: { "content-type": "text/event-stream" } });
			}
			case "/closed": {
				while (open > 0) await new Promise((resolve) => waiters.push(resolve));
				return new Response("closed");
			}
			case "/flood": {
				let sent = 0;
				return new Response(new ReadableStream({ pull(controller) {
					sent += 65536;
					globalThis.sent = sent;
					if (sent > 200_000_000) controller.close(); else controller.enqueue(new Uint8Array(65536));
				} }));
			}
			case "/sent": return new Response(String(globalThis.sent));
			case "/hang": return new Promise(() => {});
			case "/die": return Deno.exit(1);
			default: return Response.json({ method: request.method, url: request.url, headers: [...request.headers], body: await request.text() });
		}
	};`;

let stage: Stage;
beforeAll(async () => {
	stage = await openStage({ responseTimeoutMs: 1_500, maxBodyBytes: 16 * 1024 * 1024 });
	await stage.start("echo", ECHO);
	await stage.start("api/deep", ECHO);
});
afterAll(() => stage.close());

const to = (path: string, more: object = {}) => ({ port: stage.port, path, ...more });

describe("a request", () => {
	test.each(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"])("with method %s arrives", async (method) => {
		const answer = await call(to("/shop/echo/a/b?c=%20d", { method, headers: method === "GET" ? {} : { "content-length": 4 } }), method === "GET" ? undefined : "body");
		const seen = JSON.parse(answer.body);
		expect(seen).toMatchObject({ method, url: `http://127.0.0.1:${stage.port}/a/b?c=%20d`, body: method === "GET" ? "" : "body" });
	});

	test("says where it came from", async () => {
		const headers = { host: "shop.example", "x-forwarded-for": "192.0.2.1", connection: "x-secret", "x-secret": "1", "x-mine": "2" };
		const { headers: answered, body } = await call(to("/shop/api/deep", { headers }));
		const seen = Object.fromEntries(JSON.parse(body).headers);
		expect(JSON.parse(body).url).toBe("http://shop.example/");
		expect(seen).toMatchObject({
			host: "shop.example", "x-mine": "2", "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "http",
			"x-forwarded-host": "shop.example", "x-forwarded-prefix": "/shop/api/deep", "x-request-id": answered["x-request-id"],
		});
		expect(seen["x-secret"]).toBeUndefined();
		expect(answered["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
		expect((await call(to("/shop/echo", { headers: { "x-request-id": "mine-1" } }))).headers["x-request-id"]).toBe("mine-1");
	});

	test("with Expect: 100-continue is told to go on, but not where nobody takes it", async () => {
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

	test("to HEAD has headers only, and the connection goes on", async () => {
		const socket = connect(stage.port, "127.0.0.1");
		socket.write("HEAD /shop/echo/cookies HTTP/1.1\r\nHost: x\r\n\r\nGET /shop/echo/cookies HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
		const text = Buffer.concat(await socket.toArray()).toString();
		const [head, get, ...rest] = text.split(/(?=HTTP\/1\.1)/);
		expect(head).toMatch(/\r\n\r\n$/);
		expect(get).toMatch(/\r\n\r\n.*ok/s);
		expect(rest).toEqual([]);
	});

	test("keeps repeated headers and bytes beyond ASCII", async () => {
		expect((await call(to("/shop/echo/cookies"))).headers["set-cookie"]).toEqual(["a=1", "b=2"]);
		expect((await call(to("/shop/echo/latin"))).headers["x-latin"]).toBe("café");
	});

	test("that is compressed stays so", async () => {
		const outgoing = request({ host: "127.0.0.1", ...to("/shop/echo/gzip", { headers: { "accept-encoding": "gzip" } }) });
		outgoing.end();
		const [response] = await once(outgoing, "response");
		expect(response.headers["content-encoding"]).toBe("gzip");
		expect(gunzipSync(Buffer.concat(await response.toArray())).toString()).toBe("x".repeat(5000));
	});

	test("given before the body was read reaches the client, whose connection goes on", async () => {
		const body = randomBytes(8 * 1024 * 1024);
		expect(await call(to("/shop/echo/early", { method: "POST" }), body)).toMatchObject({ status: 401, body: "refused" });
	});
});

describe("streams", () => {
	test("10 MB both ways, with and without a length", async () => {
		const body = randomBytes(10 * 1024 * 1024);
		const expected = createHash("sha256").update(body).digest("hex");
		for (const headers of [{ "content-length": body.length }, { "transfer-encoding": "chunked" }]) {
			const outgoing = request({ host: "127.0.0.1", ...to("/shop/echo/bytes", { method: "POST", headers }) });
			for (let start = 0; start < body.length; start += 100_000) outgoing.write(body.subarray(start, start + 100_000));
			outgoing.end();
			const [response] = await once(outgoing, "response");
			const digest = createHash("sha256");
			for await (const chunk of response) digest.update(chunk);
			expect(digest.digest("hex")).toBe(expected);
		}
	});

	test("events arrive as they are sent, and the function learns that the client left", async () => {
		const outgoing = request({ host: "127.0.0.1", ...to("/shop/echo/forever") });
		outgoing.end();
		const [response] = await once(outgoing, "response");
		const [chunk] = await once(response, "data");
		expect(String(chunk)).toBe("data: first\n\n");
		const instance = stage.current.get("echo");
		expect(instance?.inFlight).toBe(1);
		response.on("error", () => {});
		outgoing.destroy();
		expect((await call(to("/shop/echo/closed"))).body).toBe("closed");
		expect(instance?.inFlight).toBe(0);
	});

	test("a slow reader slows the function down", async () => {
		const outgoing = request({ host: "127.0.0.1", ...to("/shop/echo/flood") });
		outgoing.end();
		const [response] = await once(outgoing, "response");
		response.pause();
		let before = -1;
		let sent = 0;
		// What fits into the buffers on the way goes on its way; then it stands still.
		for (let round = 0; round < 500 && sent !== before; round++) {
			before = sent;
			for (let turn = 0; turn < 20; turn++) sent = Number((await call(to("/shop/echo/sent"))).body);
		}
		expect(sent).toBe(before);
		expect(sent).toBeLessThan(50_000_000);
		response.on("error", () => {});
		outgoing.destroy();
	});
});

describe("problems", () => {
	async function problem(path: string, more: object = {}, body?: string | Buffer) {
		const answer = await call(to(path, more), body);
		expect(answer.headers["content-type"]).toBe("application/problem+json");
		const parsed = JSON.parse(answer.body);
		expect(parsed).toMatchObject({ status: answer.status, requestId: answer.headers["x-request-id"] });
		return { status: answer.status, code: parsed.code };
	}

	test("nobody there", async () => {
		for (const path of ["/", "/shop", "/shop/nobody", "/nobody/echo"]) {
			expect(await problem(path)).toEqual({ status: 404, code: "FUNCTION_NOT_FOUND" });
		}
	});

	test("dots in the path", async () => {
		expect(await problem("/shop/../shop/echo")).toEqual({ status: 400, code: "REQUEST_MALFORMED" });
	});

	test("a function that does not answer in time", async () => {
		expect(await problem("/shop/echo/hang")).toEqual({ status: 504, code: "FUNCTION_TIMEOUT" });
	});

	test("a body that is too large, announced or not", async () => {
		const large = Buffer.alloc(17 * 1024 * 1024);
		const announced = { method: "POST", headers: { "content-length": large.length, expect: "100-continue" } };
		const outgoing = request({ host: "127.0.0.1", ...to("/shop/echo/sink", announced) });
		outgoing.flushHeaders();
		const [response] = await once(outgoing, "response");
		expect(response.statusCode).toBe(413);
		outgoing.destroy();
		const chunked = { method: "POST", headers: { "transfer-encoding": "chunked" } };
		expect(await problem("/shop/echo/sink", chunked, large)).toEqual({ status: 413, code: "BODY_TOO_LARGE" });
	});

	test("a function that breaks the connection before and during its answer", async () => {
		const dying = await stage.start("fragile", ECHO);
		const outgoing = request({ host: "127.0.0.1", ...to("/shop/fragile/forever") });
		outgoing.end();
		const [response] = await once(outgoing, "response");
		const cut = once(response, "error");
		response.resume();
		expect(await problem("/shop/fragile/die")).toEqual({ status: 502, code: "FUNCTION_BROKE_CONNECTION" });
		expect((await cut)[0]).toMatchObject({ code: "ECONNRESET" });
		await dying.exited;
		expect(await problem("/shop/fragile")).toEqual({ status: 503, code: "FUNCTION_NOT_RUNNING" });
	});

	test("a start that fails, without its reason", async () => {
		const broken = await openStage({ functions: () => new Set(["x"]), instance: () => Promise.reject(new Error("canary")) });
		const answer = await call({ port: broken.port, path: "/shop/x" });
		expect(JSON.parse(answer.body)).toMatchObject({ status: 503, code: "FUNCTION_START_FAILED" });
		expect(answer.body).not.toContain("canary");
		await broken.close();
	});
});

test.each([
	["both lengths", "POST /shop/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
	["two lengths", "POST /shop/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"],
	["two hosts", "GET /shop/echo HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n"],
	["no host", "GET /shop/echo HTTP/1.1\r\n\r\n"],
	["a bare line feed", "GET /shop/echo HTTP/1.1\nHost: x\n\n"],
	["a space before the colon", "GET /shop/echo HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\nabcd"],
	["an unknown coding", "POST /shop/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"],
	["a folded header", "GET /shop/echo HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\nTransfer-Encoding\r\n\r\n"],
])("%s: refused, and the connection closed", async (_, text) => {
	const socket = connect(stage.port, "127.0.0.1");
	socket.write(text);
	expect(Buffer.concat(await socket.toArray()).toString()).toMatch(/^HTTP\/1\.1 400 /);
});
