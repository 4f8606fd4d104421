import { describe, expect, test } from "vitest";
import { found, readCases } from "./read-cases.ts";

describe.each(readCases())("$theme", ({ cases }) => {
	test.each(cases)("$label", ({ code, names, dynamic }) => {
		expect(found(code)).toEqual({ names, dynamic });
	});
});

test("there are as many cases as expected", () => {
	expect(readCases().flatMap(({ cases }) => cases).length).toBeGreaterThanOrEqual(250);
});
