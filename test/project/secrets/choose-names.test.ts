/** Choosing secrets by names and patterns. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { isChosen, matchesPattern, requireChosen } from "../../../src/project/secrets/choose-names.ts";
import { refusal } from "../../support/refusal.ts";

/** A pattern as a regular expression, which is too slow for some patterns with many stars. */
function expression(pattern: string): RegExp {
	return new RegExp(`^${pattern.replace(/\*+/g, ".*").replaceAll("?", ".")}$`);
}

test("a pattern matches what its regular expression matches", () => {
	const pattern = fc.string({ unit: fc.constantFrom("A", "B", "*", "?"), maxLength: 8 });
	const name = fc.string({ unit: fc.constantFrom("A", "B", "_"), maxLength: 8 });
	fc.assert(
		fc.property(pattern, name, (one, other) => {
			expect(matchesPattern(one, other)).toBe(expression(one).test(other));
		}),
	);
});

test("a pattern with many stars takes few steps", () => {
	expect(matchesPattern(`${"*A".repeat(60)}*B`, "A".repeat(128))).toBe(false);
});

test.each([
	[["A_*"], ["A_1", "A_2"]],
	[
		["A_?", "B"],
		["A_1", "A_2", "B"],
	],
	[["*"], ["A_1", "A_2", "B"]],
	[[], ["A_1", "A_2", "B"]],
	[["B", "B"], ["B"]],
	[["a_*"], []],
])("%j chooses %j", (words, chosen) => {
	expect(["A_1", "A_2", "B"].filter((name) => isChosen(words, name))).toEqual(chosen);
});

test("each word that chooses nothing is named once, except text that is no name and no pattern", () => {
	const names = ["A_1", "B"];
	requireChosen(["A_*", "B"], names, "production");
	const error = refusal(() =>
		requireChosen(["B", "C", "C", "D*", "my value"], names, "preview", "production"),
	);
	expect(error).toMatchObject({ code: "SECRET_NOT_FOUND", exit: 4 });
	expect(error.message).toBe(
		"There are no secrets C, D*, (not a valid name) in environment 'preview' or 'production'.",
	);
});
