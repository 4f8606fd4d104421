/** What every wall around functions' network holds, whichever driver builds it. */
import { describe, expect, test } from "vitest";
import type { SecondWall } from "./isolation.ts";
import { PRIVATE, PUBLIC } from "./test-hosts.ts";
import { datagram, LISTENER, OWN_MACHINE, toListener, WAYS, within } from "./ways.ts";

/**
 * @param wall with the function `open`, which names no hosts; asked for once tests run
 * @param allowed addresses that the operator opened
 */
export function testWall(wall: () => SecondWall, allowed: ReadonlySet<string> = new Set()): void {
	const closed = PRIVATE.filter((host) => !allowed.has(host));
	const reached = { result: "reached" };
	const expectClosed = async (code: string) => {
		expect([code, (await wall().probe("open", code)).result]).toEqual([code, undefined]);
		expect([code, await wall().probe("outside", code)]).toEqual([code, reached]);
	};

	describe.each(Object.entries(WAYS))("by %s", (_, way) => {
		test.each(PUBLIC)("the public internet is open: %s", async (host) => {
			expect(await wall().probe("open", within(5_000, way(host)))).toEqual(reached);
		});

		test.each(closed)("%s is closed, and open without the wall", async (host) => {
			await expectClosed(within(5_000, way(host)));
		});

		test("a public name is open, one that resolves to a private address is not", async () => {
			expect(await wall().probe("open", within(5_000, way("api.example")))).toEqual(reached);
			expect(await wall().probe("open", within(5_000, way("six.example")))).toEqual(reached);
			await expectClosed(within(5_000, way("inside.example")));
		});
	});

	test.each(closed)("no datagram to %s", async (host) => {
		const code = datagram(host);
		expect((await wall().probe("open", within(300, code))).result).toBeUndefined();
		expect(await wall().probe("outside", within(5_000, code))).toEqual(reached);
	});

	test.each(OWN_MACHINE)("a listener on the machine is out of reach as %s", async (host) => {
		expect(await wall().probe("outside", LISTENER)).toEqual({ result: "listening" });
		await expectClosed(within(5_000, toListener(host)));
	});
}
