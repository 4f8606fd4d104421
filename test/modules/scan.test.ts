import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scanModule } from "../../src/modules/scan.ts";
import { anyText } from "../support/values/any-text.ts";

const requests = (source: string, path = "x.ts") =>
	scanModule(path, source).requests.map(({ specifier, form }) => `${form} ${specifier}`);

describe("scanModule", () => {
	test.each([
		['import "a";', ["module a"]],
		[
			'import a, { b } from "a"; import * as c from "c"; import {} from "d";',
			["module a", "module c", "module d"],
		],
		[
			'import type { A } from "a"; export type { B } from "b"; export type * from "c";',
			["type a", "type b", "type c"],
		],
		['import { type A } from "a";', ["module a"]],
		[
			'export { a } from "a"; export * from "b"; export * as c from "c"; export {} from "d";',
			["module a", "module b", "module c", "module d"],
		],
		[
			'import a from "a" with { type: "json" }; export { b } from "b" with { type: "text" };',
			["asset a", "asset b"],
		],
		[
			'import a from "a" with { kind: "json" }; import b from "b" with { type: "css" };',
			["module a", "module b"],
		],
		[
			'import("a"); import(`b`); import("c" + "d"); import(("e" as string)!);',
			["module a", "module b", "module cd", "module e"],
		],
		[
			'import(x ? "a" : "b"); import(x || "c"); import((x, "d"));',
			["module a", "module b", "module c", "module d"],
		],
		['import("a", { with: { type: "json" } });', ["asset a"]],
		[
			'import("a", { with: { type: "json", x: y } }); import("b", options); import("c", {});',
			["module a", "module b", "module c"],
		],
		['import a = require("a"); require("b"); require(`c`);', ["optional a", "optional b", "optional c"]],
		['function f() { if (x) { return () => import("a"); } }', ["module a"]],
		["import(x); require(y); import(`${x}/a`);", []],
		['// import "a"\n/* import "b" */ const s = \'import "c"\';', []],
		["/** @jsxImportSource npm:preact */", ["module npm:preact/jsx-runtime"]],
	])("%s", (source, expected) => {
		expect(requests(source).sort()).toEqual([...expected].sort());
	});

	test("a relative specifier that is known in part is a pattern", () => {
		const { patterns } = scanModule(
			"x.ts",
			'import(`./a/${x}${y}.ts`); require("../" + x); import("b/" + x); import(x + "./c");',
		);
		expect(patterns.map(({ pieces }) => pieces)).toEqual([
			["./a/", undefined, ".ts"],
			["../", undefined],
		]);
	});

	test("lines are counted from 1, with any line ending", () => {
		const { requests: found } = scanModule(
			"x.ts",
			'import "a";\r\n\nimport "b";\u2028import "c";\n// é 🙂\nimport "d";',
		);
		expect(found.map(({ line }) => line)).toEqual([1, 3, 4, 6]);
	});

	test("a fault has its line", () => {
		expect(scanModule("x.ts", "\n\nconst = 1;").fault?.line).toBe(3);
		expect(scanModule("x.js", "const a: string = 1;").fault?.line).toBe(1);
	});

	test("many conditionals in one argument do not make it slow", () => {
		const source = `import(${'(x ? "a" : "b") + '.repeat(40)} "c");`;
		expect(scanModule("x.ts", source).requests).toEqual([]);
	});

	test("finds every static specifier unchanged", () => {
		fc.assert(
			fc.property(anyText({ minLength: 1 }), (specifier) => {
				if (!specifier.isWellFormed()) return;
				expect(requests(`import ${JSON.stringify(specifier)};`)).toEqual([`module ${specifier}`]);
			}),
		);
	});
});
