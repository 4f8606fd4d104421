/** The drawing of secrets and functions. */
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { graphDot } from "../../src/cli/graph/dot.ts";
import { graphSvg } from "../../src/cli/graph/svg.ts";
import { graphText } from "../../src/cli/graph/text.ts";
import { paint } from "../../src/cli/shell/render.ts";
import { type CoveredFunction, coverageOf } from "../../src/references/plan/coverage.ts";

const ref = (name: string, file = "a.ts", how: "static" | "declared" | "observed" = "static") => ({
	name,
	file,
	line: 1,
	how,
});
const FUNCTIONS: CoveredFunction[] = [
	{ name: "any", references: [], dynamic: [{ file: "a.ts", line: 1, why: "name from a parameter" }] },
	{ name: "api/pay", references: [ref("STRIPE_KEY"), ref("GONE"), ref("SEEN", "", "observed")], dynamic: [] },
	{
		name: 'odd<&">',
		references: [ref("STRIPE_KEY", "f.jsonc", "declared"), ref("DEBUG", "npm:debug@4/a.js")],
		dynamic: [],
	},
	{ name: "kept", references: [ref("STRIPE_KEY")], dynamic: [], excluded: ["STRIPE_KEY"] },
];
const COVERAGE = coverageOf(FUNCTIONS, new Set(["STRIPE_KEY", "SEEN", "UNUSED"]));

const drawn = (columns: number) => graphText(COVERAGE, columns).map((line) => paint(line, false));

describe("a graph as text", () => {
	test("has a column for each function, with the name above it", () => {
		expect(drawn(100)).toEqual([
			"            ┌ any",
			"            │ ┌ api/pay",
			"            │ │ ┌ kept",
			'            │ │ │ ┌ odd<&">',
			"DEBUG       · · · ◌  not a secret",
			"GONE        · ● · ·  not in the vault",
			"SEEN        ○ ◐ · ·",
			"STRIPE_KEY  ○ ● ✗ ◆",
			"UNUSED      ○ · · ·  no function reads it by name",
			"",
			"● reads it",
			"◆ declared in its function.jsonc",
			"◐ was observed to read it",
			"◌ one of its packages reads it",
			"○ may read any secret",
			"✗ excluded in its function.jsonc",
		]);
	});

	test("is split into blocks in a narrow terminal", () => {
		const many = Array.from({ length: 9 }, (_, index) => ({
			name: `f${index}`,
			references: [ref("A")],
			dynamic: [],
		}));
		const lines = graphText(coverageOf(many, new Set(["A"])), 20).map((line) => paint(line, false));
		expect(lines.filter((line) => line.startsWith("A"))).toEqual(["A  ● ● ● ●", "A  ● ● ● ●", "A  ●"]);
		expect(lines[6]).toBe("   ┌ f4");
	});

	test("is a sentence if there is nothing to draw", () => {
		expect(graphText(coverageOf([], new Set()), 80)).toEqual([
			"There are no secrets, and no function reads any.",
		]);
	});
});

test("Graphviz reads a graph in DOT with any names", () => {
	const dot = graphDot(COVERAGE);
	const shown = execFileSync("dot", ["-Tplain"], { input: dot, encoding: "utf8" });
	expect(shown.match(/^node /gm)).toHaveLength(9);
	expect(shown.match(/^edge /gm)).toHaveLength(9);
	expect(shown).toContain('odd<&\\">');
});

test("a graph in SVG is well-formed and contains every cell", () => {
	const svg = graphSvg(COVERAGE);
	execFileSync("xmllint", ["--noout", "-"], { input: svg });
	expect(svg.match(/text-anchor="middle"/g)).toHaveLength(9);
	expect(svg).toContain("odd&lt;&amp;&quot;&gt;");
	expect(svg).toContain("not in the vault");
});
