import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalAddress, isPublicAddress } from "../../../src/platform/egress/public-addresses.ts";
import { PRIVATE, PUBLIC } from "./test-hosts.ts";

describe("only addresses of the public internet are public", () => {
	test.each([...PUBLIC, "1.1.1.1", "172.32.0.1", "192.0.1.1", "64:ff9b::808:808", "::ffff:8.8.8.8"])(
		"%s is public",
		(address) => {
			expect(isPublicAddress(address)).toBe(true);
		},
	);

	test.each([
		...PRIVATE,
		...["0.0.0.0", "127.0.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"],
		...[
			"::",
			"::1",
			"::ffff:127.0.0.1",
			"::ffff:10.0.0.1",
			"::127.0.0.1",
			"fe80::1%eth0",
			"ff02::1",
			"fec0::1",
		],
		...["2001::1", "3fff::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "4000::1", "localhost", "", "10.0.0"],
	])("%s is not public", (address) => {
		expect(isPublicAddress(address)).toBe(false);
	});

	test("an IPv4 address in an IPv6 spelling has the result of the IPv4 address", () => {
		fc.assert(
			fc.property(fc.ipV4(), (address) => {
				const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
				const groups = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
				for (const prefix of ["::ffff:", "0:0:0:0:0:ffff:", "64:ff9b::"])
					expect(isPublicAddress(prefix + groups)).toBe(isPublicAddress(address));
				expect(canonicalAddress(`::ffff:${groups}`)).toBe(address);
			}),
		);
	});

	test("two spellings of an IPv6 address have the same canonical form", () => {
		expect(canonicalAddress("2600:1F00:0:0::0010")).toBe(canonicalAddress("2600:1f00::10"));
		expect(canonicalAddress("fe80::1%eth0")).toBe("fe80::1");
	});
});
