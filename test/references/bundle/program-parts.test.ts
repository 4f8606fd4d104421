import { describe, expect, test } from "vitest";
import { AppError } from "../../../src/errors.ts";
import { analyzeReferences } from "../../../src/references/analyze.ts";
import { parse } from "../../../src/references/bundle/parse.ts";
import { BundleParser, type ParsedBundle } from "../../../src/references/bundle/program-parts.ts";
import { Scopes } from "../../../src/references/bundle/scopes.ts";
import type { Node } from "../../../src/references/bundle/syntax.ts";

const PACKAGE = "// package/a.js\nvar a = 1;\n// package/b.js\nfunction b() { return `${a}`; }\n";

const IGNORED = new Set(["parent", "directive"]);

function body(program: Node): string {
	// A part may begin with a string. At the start of a program it would be a directive, which has no effect
	// here.
	return JSON.stringify(program.body, (key, value) => (IGNORED.has(key) ? undefined : value));
}

function isKept(before: ParsedBundle, after: ParsedBundle): boolean {
	const known = new Set(before.program.body as Node[]);
	return (after.program.body as Node[]).some((statement) => known.has(statement));
}

function lineComments({ parts }: ParsedBundle): unknown {
	return parts.flatMap((part) => part.comments.map(({ start, value }) => [part.start + start, value]));
}

/** Parses two bundles with one parser. @returns whether the second one took statements of the first one */
function parseBoth(first: string, second: string): boolean {
	const parser = new BundleParser(10_000);
	const before = parser.parse(first);
	expect(body(before.program)).toBe(body(parse(first)));
	const after = parser.parse(second);
	expect(body(after.program)).toBe(body(parse(second)));
	expect(lineComments(after)).toEqual(lineComments(new BundleParser(0).parse(second)));
	return isKept(before, after);
}

describe("a bundle that shares modules with the one before", () => {
	test.each([
		["behind other code", `${PACKAGE}// one.ts\na();\n`, `// two.ts\nb();\n${PACKAGE}// two.ts\na + b;\n`],
		["at the start", `${PACKAGE}// one.ts\na();\n`, `${PACKAGE}// two.ts\n"use strict";\nimport.meta;\n`],
		[
			"with characters of two and four bytes",
			`// é😀\nvar é = "😀";\n${PACKAGE}`,
			`var x = "😀";\n${PACKAGE}`,
		],
		["between two that are the same", PACKAGE, `// c\nc();\n${PACKAGE}// c\nc();\n`],
		["and repeats one of them", PACKAGE, `${PACKAGE}${PACKAGE.replaceAll("function b", "function c")}`],
	])("has the same tree as without it: %s", (_label, first, second) => {
		expect(parseBoth(first, second)).toBe(true);
	});

	test.each([
		["a line of a template", "// a\nx = `\n// b\ny\n`;\n", "// a\nx = `\n// c\ny\n`;\n"],
		["a line of a comment", "// a\nx();\n/*\n// b\n*/\n", "// a\nx();\n/*\n// c */ evil();\n"],
		["a statement that goes on", "// a\nx = y\n// b\nz();\n", "// a\nx = y\n// c\n(z);\n"],
		["a branch that goes on", "// a\nif (x) y();\n// b\nz();\n", "// a\nif (x) y();\n// c\nelse z();\n"],
		["a module within a statement", "// a\nx = {\n// b\ny };\n", "// a\nx = {\n// c\ny };\n"],
	])("is not cut at %s", (_label, first, second) => {
		expect(parseBoth(first, second)).toBe(false);
	});

	test("has the same references, at its own lines", () => {
		const parser = new BundleParser(10_000);
		const read = "// a\nvar read = (name) => Deno.env.get(name);\n";
		analyzeReferences({ code: `${read}// b\nread("ONE");\n` }, parser);
		const code = `// c\nvar c = (a) => a;\nvar d;\n${read}// d\nc(read("TWO"));\n`;
		const references = analyzeReferences({ code }, parser);
		expect(references).toEqual(analyzeReferences({ code }));
		expect(references.references).toMatchObject([{ name: "TWO", line: 7 }]);
	});

	test("has its own names at the top level", () => {
		const parser = new BundleParser(10_000);
		const shared = "// a\nvar f = () => name;\n";
		const nameOf = (code: string) => {
			const { program, parts } = parser.parse(code);
			const scopes = new Scopes(program, parts);
			const name = (program.body as Node[])[0]?.declarations[0].init.body as Node;
			return [scopes.resolve(name)?.declarations.length, scopes.freeReads("name").length];
		};
		expect(nameOf(`${shared}// b\nvar name;\n`)).toEqual([1, 0]);
		expect(nameOf(`${shared}// c\nvar other;\n`)).toEqual([undefined, 1]);
		expect(nameOf(`${shared}// d\nvar name;\n// e\nvar name;\n`)).toEqual([2, 0]);
	});

	test.each(["export const a = 1;\n// b\nexport const a = 2;\n", "const a = 1;\n// b\n(;\n"])(
		"is rejected exactly if it would be without the cache: %j",
		(code) => {
			const parser = new BundleParser(10_000);
			parser.parse(code.slice(0, code.indexOf("// b")));
			expect(() => parser.parse(code)).toThrow(AppError);
		},
	);
});

test("a parser drops the parts that were not used for longest", () => {
	const parser = new BundleParser(PACKAGE.length + 20);
	const first = parser.parse(PACKAGE);
	expect(isKept(first, parser.parse(PACKAGE))).toBe(true);
	parser.parse("// package/c.js\nvar another = 'a value';\n");
	const again = parser.parse(PACKAGE);
	expect((again.program.body as Node[]).map((node) => (first.program.body as Node[]).includes(node))).toEqual(
		[false, true],
	);
});
