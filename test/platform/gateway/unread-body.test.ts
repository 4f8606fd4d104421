/** A function that does not read the body of a request. */
import { request } from "node:http";
import type { Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type BytesStage, openBytesStage } from "./fixtures/bytes-stage.ts";

let stage: BytesStage;
afterEach(() => stage[Symbol.asyncDispose]());

test("the time limit applies to a function that does not read the body, and its connection is closed", async () => {
	const paused: Socket[] = [];
	stage = await openBytesStage({ deaf: () => undefined }, { responseTimeoutMs: 300 });
	stage.of("deaf").onConnection = (socket) => {
		paused.push(socket);
		socket.pause();
	};
	const status = await new Promise<number | undefined>((resolve, reject) => {
		const headers = { "content-length": 50_000_000 };
		const sent = request({
			host: "127.0.0.1",
			port: stage.port,
			path: "/shop/deaf",
			method: "POST",
			headers,
		});
		sent.on("error", reject).on("response", (response) => {
			resolve(response.statusCode);
			sent.destroy();
		});
		// More than all buffers on the way hold, and not the whole body.
		sent.write(Buffer.alloc(10_000_000));
	});
	expect([status, paused.length, stage.faults.count]).toEqual([504, 1, 0]);
});
