import { describe, expect, test } from "vitest";
import { analyzeReferences } from "../../src/references/analyze.ts";
import { found } from "./read-cases.ts";

describe("the analysis of expensive code ends", () => {
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

	test("more names than the limit", () => {
		const list = Array.from({ length: 3000 }, (_, i) => `"K${i}"`).join(", ");
		const { references, dynamic } = analyzeReferences({
			code: `for (const n of [${list}])\n  Deno.env.get(n);`,
		});
		expect(references.length).toBeGreaterThan(1000);
		expect(dynamic).toMatchObject([{ line: 2, why: "analysis limit" }]);
	});

	test("combinations without a limit", () => {
		const parts = Array.from({ length: 12 }, (_, i) => `const p${i} = ["A", "B", "C"][x];`).join("\n");
		const sum = Array.from({ length: 12 }, (_, i) => `\${p${i}}`).join("");
		const { dynamic } = found(`${parts}\nDeno.env.get(\`${sum}\`);`);
		expect(dynamic).toEqual([13]);
	});

	test("texts in very many combinations beside a plain read", () => {
		const words = (letter: string) => Array.from({ length: 60 }, (_, i) => `"${letter} ${i}"`).join(", ");
		const code = `const a = [${words("a")}], b = [${words("b")}], c = [${words("c")}];
const said = (x, y, z) => [x, y, z].join(" ").toLowerCase().trim();
for (const x of a) for (const y of b) for (const z of c) console.log(said(x, y, z).split(" ").join("-"));
const read = (name) => Deno.env.get(name);
read("A"); read("B");`;
		expect(found(code)).toMatchObject({ names: "A B", dynamic: [] });
	});

	// The precise budget is used up. The coarse one has too few values for these names, so the middle one counts.
	test("numbers without end beside 40 names", () => {
		const names = Array.from({ length: 40 }, (_, i) => `K${i}`);
		const code = `let [a, b] = [1, 1];
while (a < 1000) { console.log(a); [a, b] = [b, a + b]; }
for (const name of ${JSON.stringify(names)}) Deno.env.get(name);`;
		expect(found(code)).toMatchObject({ names: names.toSorted().join(" "), dynamic: [] });
	});

	test("a text that grows without end", () => {
		const { dynamic } = found(`let k = "A";\nfunction grow() { k = k + "B"; grow(); }\nDeno.env.get(k);`);
		expect(dynamic).toEqual([3]);
	});

	test("a function that calls itself with itself", () => {
		expect(found(`const y = (f, n) => f(f, n + "A"); y(y, "B"); Deno.env.get("C");`).names).toBe("C");
	});

	test("objects that contain themselves", () => {
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
