/** Which addresses count as one peer, and the limits of each peer. */
import { expect, test } from "vitest";
import { PeerCounts } from "../../../src/platform/http/peer.ts";

test("each peer has its own limit, and can use again what it releases", () => {
	const counts = new PeerCounts(2);
	const [leave] = [counts.add("192.0.2.1"), counts.add("::ffff:192.0.2.1")];
	expect([counts.isFull("192.0.2.1"), counts.isFull("192.0.2.2")]).toEqual([true, false]);
	leave?.();
	expect(counts.isFull("192.0.2.1")).toBe(false);
});

test("addresses of one IPv6 network count as one peer", () => {
	const counts = new PeerCounts(1);
	counts.add("2001:db8:1:2::1");
	expect(counts.isFull("2001:db8:1:2:ffff::9")).toBe(true);
	expect(counts.isFull("2001:db8:1:3::1")).toBe(false);
});

test.each(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])(
	"%s, where a reverse proxy may be, has no limit of its own",
	(address) => {
		const counts = new PeerCounts(1);
		for (let count = 0; count < 10; count++) counts.add(address);
		expect(counts.isFull(address)).toBe(false);
	},
);

test.each(["128.0.0.1", "::ffff:10.0.0.1", "::2", "fe80::1%eth0", ""])("%j has a limit", (address) => {
	const counts = new PeerCounts(1);
	counts.add(address);
	expect(counts.isFull(address)).toBe(true);
});
