/** The documents: the paths and links in them exist, and their lines have at most 110 columns. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { anchorsOf, brokenLinks, longLines, type MarkdownFault, missingPaths } from "./support/markdown.ts";
import { ROOT } from "./support/root.ts";

/** Also files that are not committed yet. */
function listFiles(): string[] {
	const args = ["-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard"];
	const files = execFileSync("git", args, { encoding: "utf8" }).trim().split("\n");
	return files.filter((path) => existsSync(join(ROOT, path)));
}

const files = listFiles();
const documents = new Map(
	files.filter((path) => path.endsWith(".md")).map((path) => [path, readFileSync(join(ROOT, path), "utf8")]),
);
/** The changelog may mention files that no longer exist. */
const PRESENT = [...documents.keys()].filter((path) => path !== "CHANGELOG.md");

function linesOf(faults: readonly MarkdownFault[]): string[] {
	return faults.map(({ line, what }) => `${line}: ${what}`);
}

test("reads the documents", () => {
	expect(PRESENT).toEqual(expect.arrayContaining(["README.md", "ARCHITECTURE.md", "docs/format.md"]));
});

describe("lines of a document have at most 110 columns, except in tables", () => {
	test.each([...documents])("%s", (_, text) => {
		expect(linesOf(longLines(text))).toEqual([]);
	});
});

describe("links of a document are valid", () => {
	test.each([...documents.keys()])("%s", (path) => {
		expect(linesOf(brokenLinks(path, documents, files))).toEqual([]);
	});
});

describe("paths in a document exist", () => {
	test.each(PRESENT)("%s", (path) => {
		expect(linesOf(missingPaths(documents.get(path) ?? "", files))).toEqual([]);
	});
});

test("the map of the architecture names every part of src/ and every room", () => {
	const map = documents.get("ARCHITECTURE.md") ?? "";
	const folders = new Set(
		files.flatMap((path) => {
			const [top, part, room, file] = path.split("/");
			if (top !== "src" || part === undefined || room === undefined) return [];
			return file === undefined || part === "commands" ? [`src/${part}/`] : [`src/${part}/`, room];
		}),
	);
	expect([...folders].filter((folder) => !map.includes(`\`${folder}\``))).toEqual([]);
});

test("the record of dependencies names exactly the packages of package.json", () => {
	const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
	const kinds = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
	const present = new Set(kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {})));
	const record = documents.get("docs/decisions/0045-dependencies.md") ?? "";
	const cells = record
		.split("\n")
		.flatMap((line) => (line.startsWith("| `") ? [line.split("|")[1] ?? ""] : []));
	const named = cells.flatMap((cell) =>
		[...cell.replace(/\(.*?\)/g, "").matchAll(/`([^`]+)`/g)].map(([, name]) => name),
	);
	expect(named.sort()).toEqual([...present].sort());
});

describe("the check of line lengths", () => {
	test.each([
		["in a paragraph", "word ".repeat(23), 1],
		["in a list", `- ${"word ".repeat(23)}`, 1],
		["in a code block", `\`\`\`\n${"word ".repeat(23)}\n\`\`\``, 2],
	])("reports %s", (_, text, line) => {
		expect(longLines(text).map((fault) => fault.line)).toEqual([line]);
	});

	test.each([
		["a table", `| ${"word ".repeat(40)}|`],
		["a message in JSON", `\`\`\`json\n{"name": [${"1, ".repeat(40)}1]}\n\`\`\``],
		["a line that is one long word", `- ${"a".repeat(150)}`],
		["a line of 110 characters that are more bytes", `${"é".repeat(54)} ${"é".repeat(55)}`],
	])("accepts %s", (_, text) => {
		expect(longLines(text)).toEqual([]);
	});
});

describe("the check of paths", () => {
	const known = ["src/a.ts", "src/room/b.ts", "src/room/c.test.ts"];
	test.each([
		"`src/gone.ts`",
		"run test/gone.test.ts",
		"(src/room/{b,gone}.ts)",
		"`src/gone/NAME.ts`",
		"`src/gone/*.ts`",
	])("reports %s", (text) => {
		expect(missingPaths(text, known)).toHaveLength(1);
	});

	test.each([
		"`src/a.ts`",
		"src/room/",
		"`src/room/{b.ts,c.test.ts}`",
		"src/r*/b.ts.",
		"https://x.example/src/z.ts",
		"    src/example.ts",
		"`src/room/NAME.ts`",
	])("accepts %s", (text) => {
		expect(missingPaths(text, known)).toEqual([]);
	});
});

describe("the check of links", () => {
	const pages = new Map([
		["docs/a.md", "# The `a` file\n[b](b.md#second-part) [up](../README.md) [here](#the-a-file)"],
		["docs/b.md", "## Second part"],
		["docs/c.md", "[a](gone.md)\n[b](b.md#gone)\n`[c](d.md)`\n[web](https://example.com/x)"],
		["README.md", ""],
	]);
	const paths = [...pages.keys()];

	test("accepts a page, a heading, and a link to a parent folder", () => {
		expect(brokenLinks("docs/a.md", pages, paths)).toEqual([]);
	});

	test("reports a missing page or heading", () => {
		expect(brokenLinks("docs/c.md", pages, paths).map(({ line }) => line)).toEqual([1, 2]);
	});

	test("uses GitHub's anchors of headings", () => {
		expect([...anchorsOf("## Undo, branch, roll-back\n### `coffer run`")]).toEqual([
			"undo-branch-roll-back",
			"coffer-run",
		]);
	});
});
