import { describe, expect, test } from "vitest";
import { parseExpiry } from "../../../src/cli/context/expiry.ts";

const NOW = Date.UTC(2026, 10, 25, 12);
const HOUR = 3_600_000;

describe("--expires", () => {
	test.each([
		["90m", { inMs: 1.5 * HOUR }],
		["12h", { inMs: 12 * HOUR }],
		["30d", { inMs: 720 * HOUR }],
		["2w", { inMs: 336 * HOUR }],
		["2027-01-31", { atMs: Date.UTC(2027, 0, 31) }],
		["2028-02-29", { atMs: Date.UTC(2028, 1, 29) }],
		["2026-11-25T12:01Z", { atMs: NOW + 60_000 }],
		["2026-11-25T14:30:30+02:00", { atMs: NOW + HOUR / 2 + 30_000 }],
		["never", null],
	])("accepts %s", (text, expected) => expect(parseExpiry(text, NOW)).toEqual(expected));

	test.each(["", "30", "d", "0d", "-1d", "1.5d", "30 d", "30D", "1y", "999999999w", "tomorrow", "NEVER"])(
		"refuses %j as a time",
		(text) =>
			expect(() => parseExpiry(text, NOW)).toThrow(expect.objectContaining({ code: "EXPIRY_INVALID" })),
	);

	test("says of a duration of more than a hundred years that it is too long", () =>
		expect(() => parseExpiry("36526d", NOW)).toThrow(/longer than a hundred years/));

	test.each([
		"2027-02-29",
		"2027-04-31T10:00Z",
		"2027-13-01",
		"2027-00-10",
		"2027-1-1",
		"31.01.2027",
		"2027-01-31T25:00Z",
		"2027-01-31T12:00",
		"2027-01-31 12:00Z",
		"2027",
		"0000-00-00",
	])("refuses %j as a date", (text) =>
		expect(() => parseExpiry(text, NOW)).toThrow(
			expect.objectContaining({ code: "EXPIRY_INVALID", exit: 2 }),
		),
	);

	test.each(["2026-11-25", "2026-11-25T12:00Z", "1999-12-31"])("refuses %s, which has passed", (text) =>
		expect(() => parseExpiry(text, NOW)).toThrow(expect.objectContaining({ code: "EXPIRY_PAST", exit: 2 })),
	);
});
