import { BlockList, isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { denyFlags } from "../../../../src/platform/runtime/network-permissions.ts";

/** The addresses that Deno would deny. */
function denied(flags: string[]): { check(address: string, port?: number): boolean } {
	const addresses = new BlockList();
	const ports = new Set<string>();
	for (const entry of flags.flatMap((flag) => flag.replace("--deny-net=", "").split(","))) {
		const [network = "", prefix] = entry.split("/");
		const bare = network.replace(/^\[|\]$/g, "");
		if (prefix !== undefined) addresses.addSubnet(network, Number(prefix));
		else if (isIP(bare) > 0) addresses.addAddress(bare, isIP(bare) === 6 ? "ipv6" : "ipv4");
		else ports.add(entry);
	}
	const check = (address: string, port = 80) => {
		const isV6 = isIP(address) === 6;
		return (
			addresses.check(address, isV6 ? "ipv6" : "ipv4") ||
			ports.has(`${isV6 ? `[${address}]` : address}:${port}`)
		);
	};
	return { check };
}

test("a function may reach only the public internet, and no address of this machine", () => {
	const { check } = denied(denyFlags([], ["203.0.113.5", "2001:db8::1%eth0"]));
	for (const address of [
		"0.0.0.0",
		"127.255.0.1",
		"10.1.2.3",
		"172.31.0.1",
		"192.168.0.1",
		"169.254.169.254",
		"100.127.0.1",
		"224.0.0.1",
		"255.255.255.255",
		"203.0.113.5",
		"::",
		"::1",
		"2001:db8::1",
	]) {
		expect(check(address), address).toBe(true);
	}
	for (const address of [
		"1.1.1.1",
		"172.32.0.1",
		"11.0.0.0",
		"203.0.113.6",
		"100.128.0.0",
		"2606:4700::1111",
	])
		expect(check(address), address).toBe(false);
	expect(denyFlags([], []).at(-1)).toMatch(/,localhost$/);
});

test("an exception opens one address, or one port of it, and no other", () => {
	const octet = fc.nat(255);
	fc.assert(
		fc.property(octet, octet, octet, octet, octet, octet, (a, b, c, x, y, z) => {
			const address = `10.${a}.${b}.${c}`;
			const other = `10.${x}.${y}.${z}`;
			const whole = denied(denyFlags([address], []));
			expect(whole.check(address, 1)).toBe(false);
			expect(whole.check(other)).toBe(other !== address);
			expect(whole.check("127.0.0.1")).toBe(true);
		}),
	);
	for (const [entry, address] of [
		["127.0.0.1:5432", "127.0.0.1"],
		["localhost:5432", "127.0.0.1"],
		["[::1]:5432", "::1"],
		["203.0.113.5:5432", "203.0.113.5"],
	] as const) {
		const { check } = denied(denyFlags([entry], ["203.0.113.5", "127.0.0.1"]));
		expect(check(address, 5432), entry).toBe(false);
		for (const port of [1, 80, 5431, 5433, 65_535])
			expect(check(address, port), `${entry} ${port}`).toBe(true);
		expect(check("127.0.0.2", 5432)).toBe(true);
	}
	const { check } = denied(denyFlags(["127.0.0.1:5432", "127.0.0.1:6379", "10.0.0.1"], []));
	expect([5432, 6379, 80].map((port) => check("127.0.0.1", port))).toEqual([false, false, true]);
	expect(check("10.0.0.1", 80)).toBe(false);
});

test("no flag is longer than the system allows", () => {
	const flags = denyFlags(["192.168.100.200:5432"], []);
	expect(Math.max(...flags.map((flag) => flag.length))).toBeLessThan(128 * 1024);
	expect(flags.join(" ").length).toBeLessThan(1_600_000);
});

describe("refused", () => {
	test.each([
		[["db.internal:5432"]],
		[["10.0.0.0/8"]],
		[["127.0.0.1:0"]],
		[["127.0.0.1:65536"]],
		[[""]],
		[["::1"]],
		[["127.0.0.1:80", "10.0.0.1:80"]],
	])("%j", (entries) => {
		expect(() => denyFlags(entries, [])).toThrow(
			expect.objectContaining({ code: "ALLOW_NET_INVALID", exit: 2 }),
		);
	});
});
