/** The wrapping of Markdown at 110 columns. */
import { expect, test } from "vitest";
import { wrapMarkdown } from "../../scripts/generate/wrap-markdown.mjs";
import { longLines } from "../support/markdown.ts";

const LONG = "word ".repeat(50).trim();

test("a paragraph is wrapped, also if it was wrapped differently before", () => {
	const once = wrapMarkdown(LONG);
	expect(longLines(once)).toEqual([]);
	expect(once.split("\n").length).toBe(3);
	expect(wrapMarkdown(LONG.replaceAll("word word", "word\nword"))).toBe(once);
});

test("lines of a list item are indented to its text", () => {
	const [first, second] = wrapMarkdown(`1. ${LONG}`).split("\n");
	expect(first).toMatch(/^1\. word/);
	expect(second).toMatch(/^ {3}word/);
});

test("a short code span stays on one line", () => {
	const lines = wrapMarkdown(`${"x".repeat(100)} \`coffer secrets set\` ${LONG}`).split("\n");
	expect(lines[1]).toMatch(/^`coffer secrets set` word/);
});

test.each([
	["a table", `| ${LONG} |`],
	["a heading", `# ${LONG}`],
	["a fenced block", `\`\`\`\n${LONG}\n\n- ${LONG}\n\`\`\``],
	["an indented block", `text\n\n    ${LONG}`],
	["a link definition", `[a]: https://example.com ${LONG}`],
])("%s is left unchanged", (_, text) => {
	expect(wrapMarkdown(text)).toBe(text);
});

test("wrapping never changes the words", () => {
	const text = `# a\n\n${LONG}\n- one\n  two\n\n\`\`\`\ncode  here\n\`\`\`\n| a | b |\n`;
	const words = (markdown: string) => markdown.split(/\s+/).join(" ");
	expect(words(wrapMarkdown(text))).toBe(words(text));
});
