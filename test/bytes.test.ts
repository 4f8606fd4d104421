import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat, equalBytes, fromUtf8, isBase64Text, lengthPrefixed, utf8, wipe } from "../src/bytes.ts";
import { cryptoReady, fromBase64, toBase64 } from "../src/crypto.ts";
import { refusal } from "./support/refusal.ts";
import { anyText } from "./support/values/any-text.ts";

await cryptoReady;

describe("isBase64Text", () => {
	const alphabet = fc.constantFrom(
		..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \n.",
	);

	test("accepts exactly the texts that decode and encode back to themselves", () => {
		fc.assert(
			fc.property(fc.string({ unit: alphabet, maxLength: 12 }), (text) => {
				const bytes = fromBase64(text);
				const canonical = text !== "" && bytes !== undefined && toBase64(bytes) === text;
				expect(isBase64Text(text)).toBe(canonical);
				if (canonical) expect(isBase64Text(text, bytes.length)).toBe(true);
			}),
			{ numRuns: 2000 },
		);
	});

	test("checks the number of decoded bytes", () => {
		fc.assert(
			fc.property(
				fc.uint8Array({ minLength: 1, maxLength: 100 }),
				fc.integer({ min: 1, max: 100 }),
				(bytes, length) => {
					expect(isBase64Text(toBase64(bytes), length)).toBe(bytes.length === length);
				},
			),
		);
	});

	test.each(["AB", "AAB", "A", "AAAAA", "AA==", "A+", "A/", "é", ""])(
		"refuses %j: stray bits, padding, another alphabet",
		(text) => {
			expect(isBase64Text(text)).toBe(false);
			expect(text === "" || fromBase64(text) === undefined).toBe(true);
		},
	);
});

describe("lengthPrefixed", () => {
	const list = fc.array(fc.string({ maxLength: 5 }), { maxLength: 4 });

	test("never returns the same bytes for two different lists", () => {
		fc.assert(
			fc.property(list, list, (one, two) => {
				const isSame = JSON.stringify(one) === JSON.stringify(two);
				expect(equalBytes(lengthPrefixed(...one), lengthPrefixed(...two))).toBe(isSame);
			}),
		);
	});

	test("consists of the length in four bytes, and the text's UTF-8", () => {
		expect([...lengthPrefixed("é", 10)]).toEqual([0, 0, 0, 2, 0xc3, 0xa9, 0, 0, 0, 2, 0x31, 0x30]);
	});
});

describe("utf8 and fromUtf8", () => {
	test("are inverse to each other for well-formed text, also with a byte order mark", () => {
		fc.assert(
			fc.property(anyText(), (text) => {
				expect(fromUtf8(utf8(text))).toBe(text);
			}),
		);
		expect(fromUtf8(utf8("\uFEFFa"))).toBe("\uFEFFa");
	});

	test("refuse invalid text", () => {
		expect(refusal(() => utf8("\ud800"))).toMatchObject({ code: "TEXT_NOT_UNICODE", exit: 2 });
		for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
			expect(fromUtf8(Uint8Array.from(bytes))).toBeUndefined();
		}
	});
});

test("equalBytes, concat and wipe", () => {
	const bytes = fc.uint8Array({ maxLength: 6 });
	fc.assert(
		fc.property(bytes, bytes, (one, two) => {
			expect(equalBytes(one, two)).toBe(one.join() === two.join() && one.length === two.length);
			const both = concat(one, two);
			expect([...both]).toEqual([...one, ...two]);
			wipe(both);
			expect(both.every((byte) => byte === 0)).toBe(true);
		}),
	);
});
