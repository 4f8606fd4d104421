/** The problems that the gateway responds with. */
import { once } from "node:events";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AppError, EXIT } from "../../../src/errors.ts";
import { ECHO } from "./fixtures/echo.ts";
import { call, openStage, type Stage } from "./fixtures/harness.ts";

let stage: Stage;
beforeAll(async () => {
	stage = await openStage({ responseTimeoutMs: 1_500, maxBodyBytes: 16 * 1024 * 1024 });
	await stage.start("echo", ECHO);
});
afterAll(() => stage.close());

const to = (path: string, more: object = {}) => ({ port: stage.port, path, ...more });

describe("problems", () => {
	async function problem(path: string, more: object = {}, body?: string | Buffer) {
		const answer = await call(to(path, more), body);
		expect(answer.headers["content-type"]).toBe("application/problem+json");
		const parsed = JSON.parse(answer.body);
		expect(parsed).toMatchObject({ status: answer.status, requestId: answer.headers["x-request-id"] });
		return {
			status: answer.status,
			code: parsed.code,
			...(parsed.function && { function: parsed.function }),
		};
	}

	test("a path without a function gets a 404", async () => {
		for (const path of ["/", "/shop", "/shop/nobody", "/nobody/echo"]) {
			expect(await problem(path)).toEqual({ status: 404, code: "FUNCTION_NOT_FOUND" });
		}
	});

	test("dot segments in the path get a 400", async () => {
		expect(await problem("/shop/../shop/echo")).toEqual({ status: 400, code: "REQUEST_MALFORMED" });
	});

	test("a function that does not respond in time is a 504", async () => {
		expect(await problem("/shop/echo/hang")).toEqual({
			status: 504,
			code: "FUNCTION_TIMEOUT",
			function: "echo",
		});
	});

	test("a body that is too large is a 413, with and without a Content-Length", async () => {
		const large = Buffer.alloc(17 * 1024 * 1024);
		const announced = { method: "POST", headers: { "content-length": large.length, expect: "100-continue" } };
		const outgoing = request({ host: "127.0.0.1", ...to("/shop/echo/sink", announced) });
		outgoing.flushHeaders();
		const [response] = await once(outgoing, "response");
		expect(response.statusCode).toBe(413);
		outgoing.destroy();
		const chunked = { method: "POST", headers: { "transfer-encoding": "chunked" } };
		expect(await problem("/shop/echo/sink", chunked, large)).toMatchObject({
			status: 413,
			code: "BODY_TOO_LARGE",
			function: "echo",
		});
	});

	test("a function that breaks the connection before its response is a 502, and during it cuts the response off", async () => {
		const dying = await stage.start("fragile", ECHO);
		const outgoing = request({ host: "127.0.0.1", ...to("/shop/fragile/forever") });
		outgoing.end();
		const [response] = await once(outgoing, "response");
		const cut = once(response, "error");
		response.resume();
		expect(await problem("/shop/fragile/die")).toMatchObject({
			status: 502,
			code: "FUNCTION_BROKE_CONNECTION",
		});
		expect((await cut)[0]).toMatchObject({ code: "ECONNRESET" });
		await dying.exited;
		expect(await problem("/shop/fragile")).toMatchObject({ status: 503, code: "FUNCTION_NOT_RUNNING" });
	});

	test("no capacity for a function is a 503 with Retry-After", async () => {
		const hint = "Try again.";
		const full = new AppError({ code: "PLATFORM_FULL", message: "canary", hint, exit: EXIT.network });
		const crowded = await openStage({
			functions: () => new Set(["x"]),
			instance: () => Promise.reject(full),
		});
		const answer = await call({ port: crowded.port, path: "/shop/x" });
		expect(answer.headers["retry-after"]).toBe("1");
		expect(JSON.parse(answer.body)).toMatchObject({ status: 503, code: "PLATFORM_FULL", function: "x" });
		expect(answer.body).not.toContain("canary");
		await crowded.close();
	});

	test("a failed start is a 503 that does not give the reason", async () => {
		const broken = await openStage({
			functions: () => new Set(["x"]),
			instance: () => Promise.reject(new Error("canary")),
		});
		const answer = await call({ port: broken.port, path: "/shop/x" });
		expect(JSON.parse(answer.body)).toMatchObject({ status: 503, code: "FUNCTION_START_FAILED" });
		expect(answer.body).not.toContain("canary");
		await broken.close();
	});
});
