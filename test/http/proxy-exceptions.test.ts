/** Which hosts are reached without a proxy. */
import { describe, expect, test } from "vitest";
import { isExempt } from "../../src/http/proxy-exceptions.ts";

const exempt = (host: string, exceptions: string) => isExempt(new URL(`https://${host}/path`), exceptions);

describe("a host needs no proxy", () => {
	test.each([
		"localhost",
		"127.0.0.1",
		"127.8.9.1",
		"[::1]",
		"api.localhost",
		"LOCALHOST.",
		"[::ffff:127.0.0.1]",
	])("if it is this machine: %s", (host) => {
		expect(exempt(host, "")).toBe(true);
	});

	test.each([
		["shop.example", "shop.example"],
		["API.shop.example", "Shop.Example"],
		["api.shop.example", ".shop.example"],
		["shop.example", ".shop.example"],
		["api.shop.example", "*.shop.example"],
		["api.shop.example.", "shop.example."],
		["shop.example:8443", "shop.example:8443"],
		["shop.example", "shop.example:443"],
		["b.example", "a.example b.example"],
		["b.example", " a.example ,, b.example "],
		["anything.example", "*"],
		["10.1.2.3", "10.0.0.0/8"],
		["10.1.2.3:8443", "10.1.2.3:8443"],
		["[fd00::7]", "fd00::/8"],
		["[fd00::7]", "fd00::7"],
		["[fd00::7]", "[fd00::7]"],
		["[fd00::7]:8443", "[fd00::7]:8443"],
		["[fd00::7]", "fd00:0:0::0007"],
	])("%s if NO_PROXY is '%s'", (host, exceptions) => {
		expect(exempt(host, exceptions)).toBe(true);
	});
});

describe("a host needs the proxy", () => {
	test.each([
		["shop.example", ""],
		["shop.example", "."],
		["shop.example", "*."],
		["myshop.example", "shop.example"],
		["shop.example.org", "shop.example"],
		["shop.example:8443", "shop.example:443"],
		["shop.example", "shop.example:8443"],
		["11.1.2.3", "10.0.0.0/8"],
		["10.1.2.3", "10.1.2.3:8443"],
		["10.1.2.3", "10.1.2.3/33"],
		["10.1.2.3", "fd00::/8"],
		["[fe80::1]", "fd00::/8"],
		["[fd00::7]", "fd00::8"],
		["110.1.2.3", "10.1.2.3"],
		["10.1.2.3", "2.3"],
		["10.1.2.3", ".3"],
		["shop.example", "https://shop.example"],
		["localhost.example", "localhost"],
	])("%s if NO_PROXY is '%s'", (host, exceptions) => {
		expect(exempt(host, exceptions)).toBe(false);
	});
});
