import fc from "fast-check";
import { expect, test } from "vitest";
import { linesOf, readLineBreaks, withoutFinalBreak } from "../../../src/cli/hidden-input/line-breaks.ts";

function read(text: string): unknown {
	const breaks = readLineBreaks(Buffer.from(text));
	return breaks.kind === "known"
		? breaks.bytes.toString()
		: [breaks.windows.toString(), breaks.unix.toString()];
}

test.each([
	["abc", "abc"],
	["a\rb\r", "a\nb\n"],
	["a\r\rb\rc", "a\n\nb\nc"],
	["a\nb\n", "a\nb\n"],
	["a\r\nb\r\n", "a\r\nb\r\n"],
	["a\rb\nc", "a\rb\nc"],
	["a\r\rb", ["a\r\nb", "a\n\nb"]],
	["a\r\r\r\rb\r\r", ["a\r\n\r\nb\r\n", "a\n\n\n\nb\n\n"]],
])("the terminal's %j is stored as %j", (sent, was) => {
	expect(read(sent)).toEqual(was);
});

test("text without a carriage return is unchanged if the terminal sends line feeds", () => {
	fc.assert(
		fc.property(fc.string({ unit: fc.constantFrom("a", "é", "\n") }), (plain) => {
			// The text as a terminal sends it, and the text that the reader makes of it.
			const back = readLineBreaks(Buffer.from(plain.replaceAll("\n", "\r")));
			const candidates = back.kind === "known" ? [back.bytes] : [back.windows, back.unix];
			expect(candidates.some((bytes) => bytes.equals(Buffer.from(plain)))).toBe(true);
		}),
	);
});

test.each([
	["abc", "abc"],
	["abc\n", "abc"],
	["abc\r\n", "abc"],
	["abc\n\n", "abc\n"],
	["abc\r", "abc\r"],
	["\n", ""],
	["", ""],
])("of %j one line break at the end is removed: %j", (text, rest) => {
	expect(Buffer.from(withoutFinalBreak(Buffer.from(text)).bytes).toString()).toBe(rest);
});

test.each([
	["", 0],
	["a", 1],
	["a\nb", 2],
	["a\n\nb", 3],
])("%j has %i lines", (text, lines) => {
	expect(linesOf(Buffer.from(text))).toBe(lines);
});
