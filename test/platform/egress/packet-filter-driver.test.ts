/** The packet filter's rules, which take a namespace's place where there are none. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { testWall } from "./contract.ts";
import { openSecondWall, type SecondWall } from "./isolation.ts";
import { holdersOf, killOne } from "./processes.ts";
import { PRIVATE, PUBLIC } from "./test-hosts.ts";
import { datagram, LISTENER, toListener, WAYS, within } from "./ways.ts";

let it: SecondWall;
beforeAll(async () => {
	it = await openSecondWall({
		wall: "user rules",
		allowNet: ["10.255.255.254:80"],
		functions: { open: null },
	});
});
afterAll(() => it.close());

test("the wall is one of rules", () => {
	expect(it.wall).toBe("user rules");
});

describe("the contract", () => {
	const allowed = new Set(["10.255.255.254"]);
	expect(PRIVATE).toContain([...allowed][0]);
	testWall(() => it, allowed);
});

test("what the operator opens is open, on its port alone", async () => {
	const [way] = Object.values(WAYS);
	const host = "10.255.255.254";
	expect(await it.probe("open", within(5_000, way?.(host) ?? ""))).toEqual({ result: "reached" });
	expect((await it.probe("open", within(300, datagram(host)))).result).toBeUndefined();
});

test("the machine's own traffic is left alone, also what the kernel sends by itself", async () => {
	const refused = `return Deno.connect({ hostname: "127.0.0.1", port: 7_002 }).then(() => "open", (error) => error.name)`;
	expect(await it.probe("root", within(5_000, refused))).toEqual({ result: "ConnectionRefused" });
});

test("a table that falls leaves the other one, and is put back", async () => {
	await it.probe("outside", LISTENER);
	const [first, second] = holdersOf(it.platformPid, "rules");
	const closed = async () => {
		for (const code of [toListener("127.0.0.1"), WAYS.fetch?.("10.1.2.3") ?? ""])
			expect((await it.probe("open", within(5_000, code))).result).toBeUndefined();
		expect(await it.probe("open", within(5_000, WAYS.fetch?.(PUBLIC[0]) ?? ""))).toEqual({
			result: "reached",
		});
	};
	await it.refused();
	for (const fallen of [first, second]) {
		killOne(fallen);
		await closed();
		await vi.waitFor(() => expect(holdersOf(it.platformPid, "rules")).toHaveLength(2));
		await closed();
	}
	expect(holdersOf(it.platformPid, "rules")).not.toContain(first);
	expect(await it.refused()).toEqual([
		expect.stringMatching(/^fallen: a table of the packet filter, \w+, has fallen; 1 are left$/),
		expect.stringMatching(/^fallen: a table of the packet filter/),
	]);
});
