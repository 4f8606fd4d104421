import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { columnsOf, count, MARKS, paint, styled, table } from "../../../src/cli/shell/render.ts";
import { anyText } from "../../support/values/any-text.ts";

const text = anyText();

describe("paint", () => {
	test("outputs only characters that are shown unchanged", () => {
		fc.assert(
			fc.property(text, (value) => {
				expect(paint(value, false)).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]*$/u);
			}),
		);
	});

	test("outputs no escape sequences except its own colours", () => {
		fc.assert(
			fc.property(text, (value) => {
				// biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for control characters.
				const rest = paint(styled("red", value), true).replace(/\u001b\[(?:0|31)m/g, "");
				expect(rest).not.toContain("\u001b");
			}),
		);
	});

	test("keeps harmless text", () => {
		expect(paint("C:\\path “q” 日本 é 🔑", true)).toBe("C:\\path “q” 日本 é 🔑");
	});
});

describe("table", () => {
	test("aligns columns of letters of any width, and no line ends in spaces", () => {
		const rows = [
			["NAME", "STATE"],
			["日本", "live"],
			[MARKS.ok, ""],
		];
		expect(table(rows).map((line) => paint(line, false))).toEqual(["NAME  STATE", "日本  live", "✓"]);
	});

	test("has a dim heading if one is given", () => {
		expect(table([["a", "b"]], ["NAME", "X"])[0]).toBe(`${styled("dim", "NAME")}  ${styled("dim", "X")}`);
	});

	test("puts each cell of a column at the same position", () => {
		const cell = fc.string({ unit: "grapheme-ascii" }).filter((word) => word.trim() === word && word !== "");
		fc.assert(
			fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
				const width = Math.max(...rows.map(([first]) => columnsOf(first)));
				expect(table(rows)).toEqual(rows.map(([first, second]) => `${first.padEnd(width)}  ${second}`));
			}),
		);
	});
});

test("count agrees with its noun in number", () => {
	expect([count(0, "secret"), count(1, "secret"), count(2, "entry", "entries")]).toEqual([
		"0 secrets",
		"1 secret",
		"2 entries",
	]);
});
