/** The rate limits of the control API, over real connections. */

import { Pool } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApi } from "../../../src/platform/api/api.ts";
import { ControlListener } from "../../../src/platform/api/control-listener.ts";
import { FailureLimit, RequestLimit } from "../../../src/platform/api/limits.ts";
import { peerOf } from "../../../src/platform/http/peer.ts";
import { openTestCore, type TestCore } from "../fixtures/core.ts";

const WRONG = 2_000;
const BURST = 50;

let platform: TestCore;
let listener: ControlListener;
let pool: Pool;

beforeAll(async () => {
	platform = await openTestCore();
	const hosts = { bound: "127.0.0.1", names: [] };
	const requestRate = { burst: BURST, perSecond: 10 };
	const options = { core: platform.core, hosts, listenUrl: "http://127.0.0.1:8080", requestRate };
	listener = new ControlListener(createApi(options));
	const { port } = await listener.listen({ host: "127.0.0.1", port: 0 });
	pool = new Pool(`http://127.0.0.1:${port}`, { connections: 8, pipelining: 10 });
});

afterAll(async () => {
	await pool.close();
	await listener.close(0);
	await platform[Symbol.asyncDispose]();
});

async function ask(token: string) {
	const headers = { authorization: `Bearer ${token}` };
	const {
		statusCode,
		headers: answered,
		body,
	} = await pool.request({ path: "/v1/apps", method: "GET", headers });
	return { statusCode, headers: answered, body: (await body.json()) as { code?: string } };
}

function countBy(values: readonly number[]): Record<number, number> {
	const counts: Record<number, number> = {};
	for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
	return counts;
}

describe("limits over HTTP", () => {
	test(`${WRONG} wrong tokens end in 429 with Retry-After, and a valid token is accepted between them`, async () => {
		const secret = (index: number) => `${platform.token.slice(0, -6)}${String(index).padStart(6, "A")}`;
		const wrong = Array.from({ length: WRONG }, (_, index) => ask(secret(index)));
		const right = await ask(platform.token);
		const answers = await Promise.all(wrong);
		expect(right.statusCode).toBe(200);
		expect(countBy(answers.map(({ statusCode }) => statusCode))).toEqual({ 401: 20, 429: WRONG - 20 });
		const last = await ask("wrong");
		expect(last.body).toMatchObject({ status: 429, code: "TOO_MANY_REQUESTS", exit: 3 });
		expect(last.headers).toMatchObject({ "content-type": "application/problem+json", "retry-after": "60" });
		platform.clock.atMs += 20_500;
		expect((await ask("wrong")).headers["retry-after"]).toBe("40");
		platform.clock.atMs += 39_500;
		expect((await ask("wrong")).statusCode).toBe(401);
	});

	test("too many requests with one token are limited, and other tokens are not affected", async () => {
		const { token } = await platform.core.tokens.create({ scopes: ["read"] }, platform.clock.now());
		const answers = await Promise.all(Array.from({ length: BURST + 10 }, () => ask(token)));
		expect(countBy(answers.map(({ statusCode }) => statusCode))).toEqual({ 200: BURST, 429: 10 });
		const beyond = await ask(token);
		expect(beyond.body).toMatchObject({ status: 429, code: "TOKEN_RATE_EXCEEDED", exit: 6 });
		expect(beyond.headers["retry-after"]).toBe("1");
		expect((await ask(platform.token)).statusCode).toBe(200);
		platform.clock.atMs += 300;
		const later = await Promise.all(Array.from({ length: 5 }, () => ask(token)));
		expect(countBy(later.map(({ statusCode }) => statusCode))).toEqual({ 200: 3, 429: 2 });
	});
});

describe("which addresses count as one peer", () => {
	test.each([
		["10.0.0.9", "10.0.0.9"],
		["::ffff:10.0.0.9", "10.0.0.9"],
		["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
		["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
		["2001:db8::9", "2001:db8:0:0::/64"],
		["::1", "0:0:0:0::/64"],
		["fe80::1%eth0", "fe80:0:0:0::/64"],
		["64:ff9b::10.0.0.1", "64:ff9b:0:0::/64"],
		["1:2:3::4:5:6.7.8.9", "1:2:3:0::/64"],
		["unknown", "unknown"],
	])("%s counts as %s", (address, peer) => expect(peerOf(address)).toBe(peer));
});

describe("the memory of the rate limits", () => {
	test("holds a limited number of peers, and forgets the one that was silent for longest", () => {
		const limit = new FailureLimit(() => 0);
		const fail = (address: string) => () => limit.note(address);
		const peers = (from: number, to: number) => {
			for (let index = from; index < to; index++)
				limit.note(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
		};
		for (let count = 0; count < 20; count++) limit.note("192.0.2.1");
		peers(0, 9_999);
		expect(fail("192.0.2.1")).toThrow(expect.objectContaining({ code: "TOO_MANY_REQUESTS" }));
		peers(20_000, 29_999);
		expect(fail("192.0.2.1")).toThrow(expect.objectContaining({ code: "TOO_MANY_REQUESTS" }));
		peers(30_000, 40_000);
		expect(fail("192.0.2.1")).not.toThrow();
	});

	test("holds a limited number of tokens, and no bucket holds more than its burst", () => {
		let nowMs = 0;
		const limit = new RequestLimit(() => nowMs, { burst: 2, perSecond: 1 });
		const note = () => limit.note("tok_a");
		for (const _ of [1, 2]) note();
		expect(note).toThrow(expect.objectContaining({ code: "TOKEN_RATE_EXCEEDED" }));
		nowMs += 3_600_000;
		for (const _ of [1, 2]) note();
		expect(note).toThrow();
		for (let index = 0; index < 10_000; index++) limit.note(`tok_${index}`);
		expect(note).not.toThrow();
	});
});
