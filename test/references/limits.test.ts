import { describe, expect, test } from "vitest";
import { AppError } from "../../src/errors.ts";
import { analyzeReferences } from "../../src/references/analyze.ts";
import { nestingFault } from "../../src/references/bundle/nesting.ts";
import { found } from "./read-cases.ts";

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
	])("nests too deeply: %s", (_label, code) => {
		expect(codeOf(() => analyzeReferences({ code }))).toBe("BUNDLE_UNPARSABLE 1");
	});
});

describe("code that only looks deep", () => {
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

describe("bounded work", () => {
	test("a deep sum of names", () => {
		const code = `const P = "";\nDeno.env.get(${"P + ".repeat(2000)}"A");`;
		expect(found(code).names).toBe("A");
	});

	test("a chain of 500 helpers", () => {
		const helpers = Array.from({ length: 500 }, (_, i) => `const f${i + 1} = (n) => f${i}(n);`).join("\n");
		expect(found(`const f0 = (n) => Deno.env.get(n);\n${helpers}\nf500("A");`).names).toBe("A");
	});

	test("a cycle of 500 helpers", () => {
		const helpers = Array.from(
			{ length: 500 },
			(_, i) => `function f${i}(n) { return f${(i + 1) % 500}(n) ?? Deno.env.get(n); }`,
		);
		expect(found(`${helpers.join("\n")}\nf0("A");`).names).toBe("A");
	});

	test("a huge switch", () => {
		const cases = Array.from({ length: 1500 }, (_, i) => `case ${i}: return "K${i}";`).join("\n");
		const { names, dynamic } = found(`function key(k) { switch (k) {\n${cases}\n} }\nDeno.env.get(key(x));`);
		expect(names.split(" ")).toHaveLength(1500);
		expect(dynamic).toEqual([]);
	});

	test("more names than are told apart", () => {
		const list = Array.from({ length: 3000 }, (_, i) => `"K${i}"`).join(", ");
		const { references, dynamic } = analyzeReferences({
			code: `for (const n of [${list}])\n  Deno.env.get(n);`,
		});
		expect(references.length).toBeGreaterThan(1000);
		expect(dynamic).toMatchObject([{ line: 2, why: "analysis limit" }]);
	});

	test("combinations without end", () => {
		const parts = Array.from({ length: 12 }, (_, i) => `const p${i} = ["A", "B", "C"][x];`).join("\n");
		const sum = Array.from({ length: 12 }, (_, i) => `\${p${i}}`).join("");
		const { dynamic } = found(`${parts}\nDeno.env.get(\`${sum}\`);`);
		expect(dynamic).toEqual([13]);
	});

	test("a text that grows for ever", () => {
		const { dynamic } = found(`let k = "A";\nfunction grow() { k = k + "B"; grow(); }\nDeno.env.get(k);`);
		expect(dynamic).toEqual([3]);
	});

	test("a function that calls itself with itself", () => {
		expect(found(`const y = (f, n) => f(f, n + "A"); y(y, "B"); Deno.env.get("C");`).names).toBe("C");
	});

	test("things that hold themselves", () => {
		expect(
			found(`const o = { k: "A" }; o.o = o; const l = [o]; l.push(l); Deno.env.get(o.o.o.k);`).names,
		).toBe("A");
	});

	test("classes that inherit from themselves", () => {
		expect(
			found(`class A extends B {} class B extends A { get(n) { return Deno.env.get(n); } } new A().get("X");`)
				.names,
		).toBe("X");
	});
});
