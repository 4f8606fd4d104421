/** By how many lines the map of `deno bundle` is ahead of its bundle, of whatever modules this is. */
import { describe, expect, test } from "vitest";
import { lineShift } from "../../../src/references/bundle/line-shift.ts";

const HELPER = [
	'import { createRequire as __deno_internal_createRequire } from "node:module";',
	"var __require = __deno_internal_createRequire(import.meta.url);",
	"",
];
const SOURCES = ["npm/express/index.js", "functions/shop/index.ts"];
const WRAPPED = [
	"// npm/express/index.js",
	"var require_express = __commonJS({",
	'  "npm/express/index.js"(exports, module) {',
	"    module.exports = 1;",
	"  }",
	"});",
	"",
];
/** The sources of the first segments of these lines: none for the lines that esbuild makes. */
const OF_WRAPPED = [-1, -1, -1, 0, 0, 0, 0];
/** The lines that the helper had when the map was made, beyond those that the bundle has. */
const AHEAD = 3;

/** @param module the lines of the last module, each with the first source that the map has for it */
function shiftOf(module: readonly (readonly [line: string, source: number])[]): number {
	const code = [...HELPER, ...WRAPPED, ...module.map(([line]) => line), ""].join("\n");
	const helper = new Array<number>(HELPER.length + AHEAD).fill(-1);
	return lineShift(code, SOURCES, [...helper, ...OF_WRAPPED, ...module.map(([, source]) => source)]);
}

const READ = ["var { KEY } = Deno.env.toObject();", 1] as const;

describe("the shift is found in a bundle whose only module that is not wrapped", () => {
	const comment = ["// functions/shop/index.ts", -1] as const;
	const required = ["var import_express = __toESM(require_express());", 1] as const;

	test.each([
		["begins with a statement", [comment, READ]],
		["begins with the import of a CommonJS module", [comment, required, READ]],
		["begins with an import that stays", [comment, ['import path from "node:path";', -1], READ]],
		["begins with both", [comment, required, ['import path from "node:path";', -1], READ]],
		[
			"begins with an import on several lines",
			[comment, ["import {", -1], ["  readFileSync", -1], ['} from "node:fs";', -1], READ],
		],
	] as const)("%s", (_, module) => {
		expect(shiftOf(module)).toBe(AHEAD);
	});

	test("is wrapped, too: then it is that of the helper", () => {
		expect(shiftOf([])).toBe(AHEAD);
	});
});

test("a bundle with esbuild's own helper has none", () => {
	const code = [...WRAPPED, READ[0]].join("\n");
	expect(lineShift(code, SOURCES, [...OF_WRAPPED, 1])).toBe(0);
});
