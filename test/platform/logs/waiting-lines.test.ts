/** Lines in memory are the bytes that the disk gets. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { WaitingLines } from "../../../src/platform/logs/waiting-lines.ts";

test("any lines come out as they went in, and are counted in bytes", () => {
	const long = fc.integer({ min: 0, max: 150_000 }).map((length) => "é".repeat(length));
	const line = fc.oneof(fc.string({ unit: "binary" }), fc.string(), long);
	fc.assert(
		fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
			const waiting = new WaitingLines();
			for (const each of lines) waiting.append(each);
			const expected = Buffer.from(lines.map((each) => `${each}\n`).join(""));
			expect(waiting.whole().equals(expected)).toBe(true);
			expect(waiting.bytes).toBe(expected.length);
		}),
		{ numRuns: 40 },
	);
});
