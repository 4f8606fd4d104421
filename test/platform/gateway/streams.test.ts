/** Bodies that are sent over a longer time. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ECHO } from "./fixtures/echo.ts";
import { call, openStage, type Stage } from "./fixtures/harness.ts";

let stage: Stage;
beforeAll(async () => {
	stage = await openStage();
	await stage.start("echo", ECHO);
});
afterAll(() => stage.close());

const to = (path: string, more: object = {}) => ({ port: stage.port, path, ...more });

describe("streams", () => {
	test("10 MB both ways, with and without a length", async () => {
		const body = randomBytes(10 * 1024 * 1024);
		const expected = createHash("sha256").update(body).digest("hex");
		for (const headers of [{ "content-length": body.length }, { "transfer-encoding": "chunked" }]) {
			const outgoing = request({ host: "127.0.0.1", ...to("/shop/echo/bytes", { method: "POST", headers }) });
			for (let start = 0; start < body.length; start += 100_000)
				outgoing.write(body.subarray(start, start + 100_000));
			outgoing.end();
			const [response] = await once(outgoing, "response");
			const digest = createHash("sha256");
			for await (const chunk of response) digest.update(chunk);
			expect(digest.digest("hex")).toBe(expected);
		}
	});

	test("events arrive as they are sent, and the function learns that the client has disconnected", async () => {
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
		// Data is sent until the buffers on the way are full. Then the sender must wait.
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
