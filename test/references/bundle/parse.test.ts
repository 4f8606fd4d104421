import { describe, expect, test } from "vitest";
import { AppError } from "../../../src/errors.ts";
import { analyzeReferences } from "../../../src/references/analyze.ts";
import { nestingFault } from "../../../src/references/bundle/nesting.ts";
import { found } from "../read-cases.ts";

function codeOf(run: () => unknown): string {
	try {
		run();
	} catch (error) {
		return error instanceof AppError ? `${error.code} ${error.exit}` : String(error);
	}
	return "nothing thrown";
}

describe("code that does not parse", () => {
	test.each(["const = 1;", "(", "import", "}", "a b", '"', "`${"])("%s", (code) => {
		expect(codeOf(() => analyzeReferences({ code }))).toBe("BUNDLE_UNPARSABLE 1");
	});

	test.each([
		["arrays", "[".repeat(100_000)],
		["closed arrays", `x = ${"[".repeat(20_000)}${"]".repeat(20_000)}`],
		["functions", `x = ${"()=>{if(a){return ".repeat(5000)}1${"}}".repeat(5000)}`],
		["arrows", `x = ${"a=>".repeat(50_000)}1`],
		["conditions", `x = ${"a?b:".repeat(50_000)}1`],
		["negations", `x = ${"!".repeat(100_000)}1`],
		["templates", `x = ${"`${".repeat(10_000)}1${"}`".repeat(10_000)}`],
		["else", `${"if(a){}else ".repeat(100_000)}{}`],
		["after a quote in a pattern", `x = [/'/, ${"[".repeat(20_000)}${"]".repeat(20_000)}]`],
	])("is nested too deeply: %s", (_label, code) => {
		expect(codeOf(() => analyzeReferences({ code }))).toBe("BUNDLE_UNPARSABLE 1");
	});
});

describe("code that only looks deeply nested", () => {
	test.each([
		["strings", `x = [${'"((((", '.repeat(5000)}]`],
		["patterns", `x = [${"/[(\\[{]/, ".repeat(5000)}]`],
		["comments", "// ((((\n/* [[[[ */\n".repeat(5000)],
		["templates", "x = [`((((${1}[[[[`];\n".repeat(5000)],
		["divisions", "x = (a) / b / (c[0] / 2);\n".repeat(5000)],
		["a long sum", `x = ${'"a" + '.repeat(5000)}"b"`],
		["many statements", "if (a) {\n} else {\n}\n".repeat(20_000)],
		["many functions", "function f() {\n  return !a ? b : c\n}\n".repeat(20_000)],
		["a large table", `x = {${Array.from({ length: 20_000 }, (_, i) => `k${i}: [{ a: ${i} }]`).join(", ")}}`],
	])("%s", (_label, code) => {
		expect(nestingFault(code)).toBeUndefined();
		expect(found(code)).toEqual({ names: "", dynamic: [] });
	});
});
