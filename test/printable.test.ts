import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printable } from "../src/printable.ts";
import { anyText } from "./support/values/any-text.ts";

describe("printable", () => {
	test("leaves plain text unchanged", () => {
		expect(printable("API_KEY of ünïcode 鍵 🔑")).toBe("API_KEY of ünïcode 鍵 🔑");
	});

	test.each([
		["\u001b[31mred", "\\u{1b}[31mred"],
		["a\nb\r\tc\u0000", "a\\u{a}b\\u{d}\\u{9}c\\u{0}"],
		["\u009b2J", "\\u{9b}2J"],
		["a\u202eb\u200b\ufeff", "a\\u{202e}b\\u{200b}\\u{feff}"],
		["a\u2028b\u00a0", "a\\u{2028}b\\u{a0}"],
		["\ud800", "\\u{d800}"],
		["\\u{1b}", "\\\\u{1b}"],
		["\u{e0041}", "\\u{e0041}"],
	])("escapes %j", (text, shown) => {
		expect(printable(text)).toBe(shown);
	});

	test("cuts between characters and marks the cut", () => {
		expect(printable("🔑".repeat(100), 3)).toBe("🔑🔑🔑…");
		expect(printable("abc", 3)).toBe("abc");
	});

	test("outputs no control or format character", () => {
		fc.assert(
			fc.property(anyText(), (text) => {
				expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
			}),
		);
	});

	test("never shows two different short texts in the same way", () => {
		fc.assert(
			fc.property(anyText(), anyText(), (a, b) => {
				fc.pre(a !== b);
				expect(printable(a)).not.toBe(printable(b));
			}),
		);
	});
});
