/** Which texts are host names, and how they are compared. */
import { expect, test } from "vitest";
import { comparedHost, hostNameOf } from "../../src/protocol/host-names.ts";

test.each([
	["shop.example", "shop.example"],
	["Shop.EXAMPLE", "shop.example"],
	["shop.example.", "shop.example"],
	["shop.example:8443", "shop.example"],
	["Shop.Example.:443", "shop.example"],
	["localhost", "localhost"],
	["xn--bcher-kva.example", "xn--bcher-kva.example"],
	["1.example", "1.example"],
	[`${"a".repeat(63)}.example`, `${"a".repeat(63)}.example`],
])("%s is stored as %s", (text, name) => {
	expect(hostNameOf(text)).toBe(name);
	expect(comparedHost(text)).toBe(name);
});

test.each([
	"",
	".",
	"shop.example..",
	".shop.example",
	"shop..example",
	"-shop.example",
	"shop-.example",
	"sh op.example",
	"shop_1.example",
	"*.example",
	"bücher.example",
	"https://shop.example",
	"shop.example/login",
	"shop.example:80:80",
	"user@shop.example",
	"127.0.0.1",
	"127.1",
	"0x7f000001",
	"a.0x",
	"[::1]",
	"::1",
	"shop%2eexample",
	"shop.example\n",
	`${"a".repeat(64)}.example`,
	`${"a.".repeat(126)}ab`,
])("%j is no host name", (text) => {
	expect(() => hostNameOf(text)).toThrow(expect.objectContaining({ code: "HOST_INVALID", exit: 2 }));
});
