/** The picture of a recorded session in the README. */
import { expect, test } from "vitest";
import { drawSession, linesOf } from "../../scripts/generate/session-svg.mjs";

const LINES = ["$ coffer secrets set KEY --stdin < key.txt", "✓ Set KEY in production", "", "  a & b > c"];

test("the lines can be read back from the picture, without blank ones", () => {
	expect(linesOf(drawSession(LINES, "A session"))).toEqual(LINES.filter((line) => line !== ""));
});

test("text that is markup in XML is escaped, in lines and in the title", () => {
	const svg = drawSession(LINES, "a < b & c");
	expect(svg).toContain("KEY --stdin &lt; key.txt");
	expect(svg).toContain("a &lt; b &amp; c</title>");
});

test("the picture is as wide as its longest line, and as high as its number of lines", () => {
	const size = (lines: string[]) => {
		const [, width, height] = drawSession(lines, "").match(/width="(\d+)" height="(\d+)"/) ?? [];
		return { width: Number(width), height: Number(height) };
	};
	const [small, wide, high] = [size(["a"]), size(["a".repeat(50)]), size(["a", "b", "c"])];
	expect(wide.width - small.width).toBeGreaterThan(49 * 7);
	expect(high).toEqual({ width: small.width, height: small.height + 40 });
});

test("a picture has colours for light and dark pages, and loads nothing", () => {
	const svg = drawSession(LINES, "A session");
	expect(svg).toContain("prefers-color-scheme: dark");
	expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|@import|url\(/);
});
