/** The tests that every driver of network isolation has to pass. */
import { describe, expect, test } from "vitest";
import {
	CONNECTION_ATTEMPTS,
	datagram,
	LISTENER,
	OWN_MACHINE,
	toListener,
	within,
} from "./connection-attempts.ts";
import type { IsolationProgram } from "./isolation.ts";
import { PRIVATE, PUBLIC } from "./test-hosts.ts";

/**
 * @param program returns the program with the function `open`, which lists no hosts; called only when tests run
 * @param allowed addresses that the operator allows
 */
export function testIsolation(
	program: () => IsolationProgram,
	allowed: ReadonlySet<string> = new Set(),
): void {
	const closed = PRIVATE.filter((host) => !allowed.has(host));
	const reached = { result: "reached" };
	const expectClosed = async (code: string) => {
		expect([code, (await program().probe("open", code)).result]).toEqual([code, undefined]);
		expect([code, await program().probe("outside", code)]).toEqual([code, reached]);
	};

	describe.each(Object.entries(CONNECTION_ATTEMPTS))("by %s", (_, way) => {
		test.each(PUBLIC)("a public address is reachable: %s", async (host) => {
			expect(await program().probe("open", within(5_000, way(host)))).toEqual(reached);
		});

		test.each(closed)("%s is blocked, and reachable without the isolation", async (host) => {
			await expectClosed(within(5_000, way(host)));
		});

		test("a name with a public address is reachable, and a name with a private address is not", async () => {
			expect(await program().probe("open", within(5_000, way("api.example")))).toEqual(reached);
			expect(await program().probe("open", within(5_000, way("six.example")))).toEqual(reached);
			await expectClosed(within(5_000, way("inside.example")));
		});
	});

	test.each(closed)("a UDP datagram to %s is blocked", async (host) => {
		const code = datagram(host);
		expect((await program().probe("open", within(300, code))).result).toBeUndefined();
		expect(await program().probe("outside", within(5_000, code))).toEqual(reached);
	});

	test.each(OWN_MACHINE)("a listener on the machine cannot be reached as %s", async (host) => {
		expect(await program().probe("outside", LISTENER)).toEqual({ result: "listening" });
		await expectClosed(within(5_000, toListener(host)));
	});
}
