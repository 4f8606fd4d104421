/** Requests to an instance that lacks a secret and has answered nothing. */
import { once } from "node:events";
import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import type { AnsweredRequest } from "../../../../src/platform/gateway/answered-request.ts";
import { Probation } from "../../../../src/platform/runtime/probation.ts";
import type { Instance } from "../../../../src/platform/runtime/runtime.ts";
import { answerOf, type BytesStage, openBytesStage } from "../fixtures/bytes-stage.ts";
import { call } from "../fixtures/harness.ts";

let stage: BytesStage;
afterEach(() => stage[Symbol.asyncDispose]());

/** Where the reads of a function are reported: in the gateway's process, or in another one. */
const REPORTS = ["here", "elsewhere"] as const;

/** A read of a missing secret, which the platform learns of only when it reads the audit log. */
function lackASecret(name: string, where: (typeof REPORTS)[number] = "here"): Probation {
	const later = () => setImmediate().then(() => probation.supersede());
	const probation: Probation = new Probation(where === "here" ? () => probation.supersede() : later);
	stage.of(name).probation = probation;
	return probation;
}

const first = (name: string) => stage.of(name) as unknown as Instance;

test.each(REPORTS)(
	"a response that arrives before the reads are known is discarded, and the next instance answers: %s",
	async (where) => {
		const found: string[] = [];
		stage = await openBytesStage(
			{
				old: (socket) => socket.write(answerOf("none")),
				next: (socket) => socket.write(answerOf("v1")),
			},
			{
				instance: () => {
					found.push("looked");
					return first(found.length === 1 ? "old" : "next");
				},
			},
		);
		lackASecret("old", where);
		expect(await call({ port: stage.port, path: "/shop/old" })).toMatchObject({ status: 200, body: "v1" });
		expect([stage.of("old").requested, stage.of("next").requested]).toEqual([["/"], ["/"]]);
		expect([stage.of("old").inFlight, stage.of("next").inFlight]).toEqual([0, 0]);
		expect(stage.faults.count).toBe(0);
	},
);

test.each(REPORTS)(
	"a connection that breaks before the reads are known does not fail the request: %s",
	async (where) => {
		const found: string[] = [];
		stage = await openBytesStage(
			{ old: (socket) => socket.destroy(), next: (socket) => socket.write(answerOf("v1")) },
			{
				instance: () => {
					found.push("looked");
					return first(found.length === 1 ? "old" : "next");
				},
			},
		);
		lackASecret("old", where);
		expect(await call({ port: stage.port, path: "/shop/old" })).toMatchObject({ status: 200, body: "v1" });
	},
);

test("a response waits until another process has reported the reads, with everything that follows it", async () => {
	stage = await openBytesStage({
		old: (socket) => {
			socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n");
			socket.write("2\r\ncd\r\n0\r\n\r\n");
		},
	});
	let settle = () => {};
	const settled = new Promise<void>((resolve) => {
		settle = resolve;
	});
	let asked = 0;
	stage.of("old").probation = new Probation(() => {
		asked++;
		return settled;
	});
	const answer = call({ port: stage.port, path: "/shop/old" });
	await vi.waitFor(() => expect(asked).toBe(1));
	expect(stage.of("old").probation).toBeDefined();
	settle();
	expect(await answer).toMatchObject({ status: 200, body: "abcd" });
	expect([asked, stage.of("old").probation]).toEqual([1, undefined]);
});

test("a request whose response has begun stays with its instance", async () => {
	stage = await openBytesStage({
		old: (socket, target) => {
			if (target === "/slow") socket.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab");
			else socket.write(answerOf("done"));
		},
	});
	const probation = new Probation(() => undefined);
	stage.of("old").probation = probation;
	const slow = call({ port: stage.port, path: "/shop/old/slow" });
	await vi.waitFor(() => expect(stage.of("old").probation).toBeUndefined());
	probation.supersede();
	for (const socket of stage.of("old").sockets) socket.write("cd");
	expect(await slow).toMatchObject({ status: 200, body: "abcd" });
	expect(stage.of("old").requested).toEqual(["/slow"]);
});

test("a client that leaves while it waits for the next instance ends its request", async () => {
	const reported: AnsweredRequest[] = [];
	let lookUps = 0;
	let started = (_instance: Instance) => {};
	stage = await openBytesStage(
		{ old: () => undefined, next: (socket) => socket.write(answerOf("v1")) },
		{
			instance: () => {
				if (++lookUps === 1) return first("old");
				return new Promise((resolve) => {
					started = resolve;
				});
			},
			onRequest: (_, request) => reported.push(request),
		},
	);
	const probation = lackASecret("old");
	const client = connect(stage.port, "127.0.0.1");
	client.write("GET /shop/old HTTP/1.1\r\nhost: h\r\n\r\n");
	await vi.waitFor(() => expect(stage.of("old").requested).toEqual(["/"]));
	probation.supersede();
	await vi.waitFor(() => expect(lookUps).toBe(2));
	expect(stage.of("old").inFlight).toBe(0);
	client.destroy();
	await once(client, "close");
	await vi.waitFor(() => expect(reported).toMatchObject([{ status: 499, reason: "CLIENT_GONE" }]));
	started(first("next"));
	await vi.waitFor(() => expect(stage.of("next").inFlightMost).toBe(1));
	expect([stage.of("next").requested, stage.of("next").connected, stage.of("next").inFlight]).toEqual([
		[],
		0,
		0,
	]);
});

test("an upgrade that the old instance accepts too late goes to the next instance", async () => {
	let lookUps = 0;
	const accept = (by: string) =>
		`HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n${by}`;
	stage = await openBytesStage(
		{ old: (socket) => socket.write(accept("none")), next: (socket) => socket.write(accept("v1")) },
		{ instance: () => first(++lookUps === 1 ? "old" : "next") },
	);
	lackASecret("old");
	const client = connect(stage.port, "127.0.0.1").setEncoding("latin1");
	client.write("GET /shop/old HTTP/1.1\r\nhost: h\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n");
	let read = "";
	client.on("data", (text: string) => {
		read += text;
	});
	await vi.waitFor(() => expect(read).toMatch(/^HTTP\/1.1 101 .*\r\n\r\nv1$/s));
	expect([stage.of("old").inFlight, stage.of("next").inFlight]).toEqual([0, 1]);
	client.destroy();
	await vi.waitFor(() => expect(stage.of("next").inFlight).toBe(0));
	expect(stage.faults.count).toBe(0);
});
