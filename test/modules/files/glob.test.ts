import { expect, test } from "vitest";
import { matchesGlob } from "../../../src/modules/files/glob.ts";

test.each<[string, string[], string[]]>([
	["*.html", ["a.html", ".html"], ["a.txt", "b/a.html"]],
	["**/*.txt", ["a.txt", "b/c/a.txt"], ["a.html"]],
	["pages/**", ["pages/a", "pages/b/c"], ["page/a"]],
	["pages", ["pages", "pages/b/c"], ["pages2"]],
	["a?c.*", ["abc.d"], ["ac.d", "abc"]],
	["*a*b*", ["xaxbx"], ["xbxax"]],
])("%s", (glob, matching, others) => {
	expect([...matching, ...others].filter((path) => matchesGlob(path, glob))).toEqual(matching);
});

test("many stars take no more than linear time for each segment", () => {
	expect(matchesGlob("a".repeat(5_000), `${"*a".repeat(500)}b`)).toBe(false);
});
