import fc from "fast-check";
import { expect, test } from "vitest";
import { RANGE, TRANSACTION, WATCH } from "../../../../../src/platform/store/etcd/api/messages.ts";
import { decode, encode, type Schema, WireFault } from "../../../../../src/platform/store/etcd/api/wire.ts";

const ALL = {
	int: [1, "int"],
	long: [2, "long"],
	bool: [3, "bool"],
	text: [16, "text"],
	bytes: [300, "bytes"],
	inner: [5, { int: [1, "int"], many: [2, "int", "many"] }],
	many: [6, "text", "many"],
} as const satisfies Schema;

test("decodes what it encodes", () => {
	const message = fc.record({
		int: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
		long: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
		bool: fc.boolean(),
		text: fc.string({ unit: "grapheme" }),
		bytes: fc.uint8Array(),
		inner: fc.option(fc.record({ int: fc.nat(), many: fc.array(fc.nat()) }), { nil: undefined }),
		many: fc.array(fc.string()),
	});
	fc.assert(
		fc.property(message, (it) => {
			expect(decode(ALL, encode(ALL, it))).toEqual(it);
		}),
	);
});

test("skips unknown fields, and refuses bytes that are no message", () => {
	expect(
		decode({ int: [1, "int"] }, encode(ALL, { int: 7, text: "x", bytes: Uint8Array.of(1), many: ["y"] })),
	).toEqual({
		int: 7,
	});
	expect(decode({ int: [1, "int"] }, encode({ int: [1, "text"] }, { int: "other type" }))).toEqual({
		int: 0,
	});
	for (const bytes of [[8], [10, 200], [0xff], Array(11).fill(0x80)])
		expect(() => decode(ALL, Uint8Array.from(bytes))).toThrow(WireFault);
});

test("reads any bytes to the end or refuses them", () => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
			for (const schema of [ALL, RANGE.response, TRANSACTION.response, WATCH.response] as Schema[])
				try {
					decode(schema, bytes);
				} catch (error) {
					expect(error).toBeInstanceOf(WireFault);
				}
		}),
	);
});
