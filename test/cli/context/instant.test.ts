/** Times on the command line. */
import { expect, test } from "vitest";
import { parseInstant } from "../../../src/cli/context/instant.ts";
import { AppError } from "../../../src/errors.ts";

const NOW_MS = Date.parse("2026-06-15T12:00:00Z");

test.each([
	["30s", "2026-06-15T11:59:30Z"],
	["15m", "2026-06-15T11:45:00Z"],
	["2h", "2026-06-15T10:00:00Z"],
	["7d", "2026-06-08T12:00:00Z"],
	["2w", "2026-06-01T12:00:00Z"],
	["999999999d", "1970-01-01T00:00:00Z"],
	["2026-01-31", "2026-01-31T00:00:00Z"],
	["2026-01-31T12:00Z", "2026-01-31T12:00:00Z"],
	["2026-01-31T12:00:01.5+02:00", "2026-01-31T10:00:01.5Z"],
])("accepts %s", (word, instant) => {
	expect(parseInstant("--since", word, NOW_MS)).toBe(Date.parse(instant));
});

test.each([
	"",
	"h",
	"1",
	"-1h",
	"1y",
	"0s",
	"1.5h",
	"yesterday",
	"2026-13-01",
	"2026-04-31",
	"2026-01-31T12:00",
	"1969-12-31",
	"12:00",
])("refuses %j", (word) => {
	expect(() => parseInstant("--since", word, NOW_MS)).toThrowError(AppError);
});
