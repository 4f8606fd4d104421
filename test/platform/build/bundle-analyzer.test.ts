import { afterAll, expect, test } from "vitest";
import { AppError } from "../../../src/errors.ts";
import { BundleAnalyzer } from "../../../src/platform/build/bundle-analyzer.ts";
import { builtPath } from "../../../src/platform/machine/assets.ts";
import { analyzeReferences } from "../../../src/references/analyze.ts";

const NO_MAP = '{"version":3,"sources":[],"names":[],"mappings":""}';
const analyzer = new BundleAnalyzer(builtPath("analysis.cjs"));
afterAll(() => analyzer.close());

const ask = (code: string) => analyzer.analyze({ code: Buffer.from(code), sourceMap: NO_MAP });

/** Enough functions, each of which reads a name, that the analysis takes a while. */
const large = (count: number) =>
	Array.from(
		{ length: count },
		(_, index) => `export const f${index} = () => Deno.env.get("NAME_${index}");`,
	).join("\n");

test("finds the same references as the analysis in this process, line by line", async () => {
	const code = `const key = "KEY";\nexport const a = Deno.env.get(key);\nexport const b = (name) => process.env[name];\n`;
	const found = await ask(code);
	expect(found.references.map(({ name, line }) => ({ name, line }))).toEqual([{ name: "KEY", line: 2 }]);
	expect(found).toEqual(analyzeReferences({ code, sourceMap: NO_MAP }));
});

test("does not block this thread", async () => {
	let turns = 0;
	let isDone = false;
	const turn = () => {
		turns++;
		if (!isDone) setImmediate(turn);
	};
	await ask("");
	setImmediate(turn);
	const { references } = await ask(large(500));
	isDone = true;
	expect(references).toHaveLength(500);
	expect(turns).toBeGreaterThan(10);
});

test("answers concurrent questions one after the other", async () => {
	const asked = ["A", "B", "C"].map(
		async (name) => (await ask(`Deno.env.get("${name}")`)).references[0]?.name,
	);
	expect(await Promise.all(asked)).toEqual(["A", "B", "C"]);
});

test("returns the error of the analysis for code that does not parse", async () => {
	const code = "const = 1;";
	const error = await ask(code).catch((cause: unknown) => cause);
	expect(error).toBeInstanceOf(AppError);
	const expected = (() => {
		try {
			return analyzeReferences({ code, sourceMap: NO_MAP });
		} catch (cause) {
			return cause;
		}
	})();
	expect((error as AppError).toJSON()).toEqual((expected as AppError).toJSON());
});

test("code with the maximum nesting does not end the thread", async () => {
	const nested = (depth: number) => `${"[".repeat(depth)}Deno.env.get("KEY")${"]".repeat(depth)};`;
	for (let depth = 100; depth <= 102_400; depth *= 2) {
		const outcome = await ask(nested(depth)).then(
			({ references }) => references[0]?.name,
			(error: AppError) => error.code,
		);
		expect(["KEY", "BUNDLE_UNPARSABLE"]).toContain(outcome);
	}
});

test("if the thread ends during an analysis, that one fails and the next bundle is analysed", async () => {
	const failing = expect(ask(large(20_000))).rejects.toMatchObject({ code: "BUNDLE_UNANALYSED", exit: 1 });
	// By then the request to the process has been sent.
	await new Promise((resolve) => setImmediate(resolve));
	await analyzer.close();
	await failing;
	expect((await ask(`Deno.env.get("KEY")`)).references).toHaveLength(1);
});
