/**
 * Addresses that a hostile function must not reach: this machine, private networks, metadata services,
 * siblings' sockets.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ELSEWHERE, HERE, INTERFACES, waysTo } from "../probes/network.ts";
import { type Hostile, openHostile, REFUSAL } from "./hostile.ts";

let hostile: Hostile;
beforeAll(async () => {
	hostile = await openHostile();
});
afterAll(() => hostile.close());

describe("is refused by the sandbox, and works without it", () => {
	test.each(HERE)("this machine as %s", async (host) => {
		for (const code of waysTo(host)) {
			const { result, error } = await hostile.probe(code);
			expect([code, result]).toEqual([code, undefined]);
			expect([code, error]).toEqual([code, expect.stringMatching(REFUSAL)]);
			expect([code, await hostile.control(code)]).toEqual([code, { result: expect.any(String) }]);
		}
	});

	test.each(Object.entries(INTERFACES))("%s", async (_, code) => {
		const { result, error } = await hostile.probe(code);
		expect(result).toBeUndefined();
		expect(error).toMatch(REFUSAL);
		expect(await hostile.control(code)).toEqual({ result: expect.any(String) });
	});
});

describe("is refused before anything is sent", () => {
	test.each(ELSEWHERE)("%s", async (host) => {
		for (const code of waysTo(host)) {
			const { result, error } = await hostile.probe(code);
			expect([code, result]).toEqual([code, undefined]);
			expect([code, error]).toEqual([code, expect.stringMatching(REFUSAL)]);
		}
	});
});
