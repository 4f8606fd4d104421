/** A client that disconnects while its function is started. */
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import type { AnsweredRequest } from "../../../../src/platform/gateway/answered-request.ts";
import type { Instance } from "../../../../src/platform/runtime/runtime.ts";
import { answerOf, type BytesStage, openBytesStage } from "../fixtures/bytes-stage.ts";

let stage: BytesStage;
afterEach(() => stage[Symbol.asyncDispose]());

test.each(["", "content-length: 10\r\n"])(
	"a client that leaves during a start: its request reaches no function, and is not counted any more (%j)",
	async (header) => {
		const reported: AnsweredRequest[] = [];
		let started = (_instance: Instance) => {};
		let ask = () => {};
		const asked = new Promise<void>((resolve) => {
			ask = resolve;
		});
		stage = await openBytesStage(
			{ slow: (socket) => socket.write(answerOf("late")) },
			{
				instance: () => {
					ask();
					return new Promise((resolve) => {
						started = resolve;
					});
				},
				onRequest: (_, request) => reported.push(request),
			},
		);
		const client = connect(stage.port, "127.0.0.1");
		client.write(`POST /shop/slow HTTP/1.1\r\nhost: h\r\n${header}\r\n${header === "" ? "" : "part"}`);
		await asked;
		client.destroy();
		await once(client, "close");
		await vi.waitFor(() => expect(reported).toMatchObject([{ status: 499, reason: "CLIENT_GONE" }]));
		const slow = stage.of("slow");
		const acquired = vi.spyOn(slow, "acquire");
		started(slow as unknown as Instance);
		await vi.waitFor(() => expect([acquired.mock.calls.length, slow.inFlight]).toEqual([1, 0]));
		expect([slow.requested, slow.connected, stage.faults.count]).toEqual([[], 0, 0]);
	},
);
