/** Masks: the last two characters of a value if they are displayed plainly, and nothing else. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maskValue } from "../../../src/vault/syntax/mask.ts";
import { anyText } from "../../support/values/any-text.ts";

const DOTS = "••••";
const STEM = "0123456789abcdef";

test("shows the end of a value of 16 or more characters, and nothing of a shorter one", () => {
	expect(maskValue("")).toBe(DOTS);
	expect(maskValue("0123456789abcde")).toBe(DOTS);
	expect(maskValue(STEM)).toBe(`${DOTS}ef`);
	expect(maskValue(`${STEM}==`)).toBe(`${DOTS}==`);
	expect(maskValue(`${STEM}ß€`)).toBe(`${DOTS}ß€`);
	expect(maskValue("🔑".repeat(15))).toBe(DOTS);
	expect(maskValue("🔑".repeat(16))).toBe(`${DOTS}🔑🔑`);
});

describe("shows neither of the last two characters if one of them is not plain", () => {
	const unplain: Readonly<Record<string, string>> = {
		"a line feed, as at the end of a PEM": "\n",
		"a carriage return": "\r",
		"an escape": "\u001b",
		"a C1 control": "\u009b",
		delete: "\u007f",
		"a blank": " ",
		"a no-break space": "\u00a0",
		"a line separator": "\u2028",
		"a zero-width space": "\u200b",
		"a zero-width joiner": "\u200d",
		"a byte order mark": "\ufeff",
		"an override of the direction": "\u202e",
		"an isolate": "\u2066",
		"a Hebrew letter": "א",
		"an Arabic letter": "ش",
		"a combining accent": "\u0301",
		"an enclosing mark": "\u20dd",
		"a variation selector": "\ufe0f",
		"a skin tone": "\u{1f3fd}",
		"half of a flag": "\u{1f1ea}",
		"a Hangul filler": "\u3164",
		"a private character": "\ue000",
		"a tag": "\u{e0041}",
	};
	test.each(Object.entries(unplain))("%s", (_, character) => {
		expect(maskValue(`${STEM}x${character}`)).toBe(DOTS);
		expect(maskValue(`${STEM}${character}x`)).toBe(DOTS);
	});
});

test("for any value, the mask is the dots alone or followed by its last two characters, which are visible", () => {
	fc.assert(
		fc.property(anyText({ minLength: 14, maxLength: 40 }), (value) => {
			const mask = maskValue(value);
			const last = Array.from(value).slice(-2).join("");
			expect([DOTS, DOTS + last]).toContain(mask);
			expect(mask).not.toMatch(/[\p{C}\p{Z}\p{M}\p{Default_Ignorable_Code_Point}]/u);
		}),
		{ numRuns: 1_000 },
	);
});
