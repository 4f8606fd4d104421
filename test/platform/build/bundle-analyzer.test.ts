import { afterAll, expect, test } from "vitest";
import { AppError } from "../../../src/errors.ts";
import { BundleAnalyzer } from "../../../src/platform/build/bundle-analyzer.ts";
import { builtPath } from "../../../src/platform/machine/assets.ts";
import { analyzeReferences } from "../../../src/references/analyze.ts";

const NO_MAP = '{"version":3,"sources":[],"names":[],"mappings":""}';
const analyzer = new BundleAnalyzer(builtPath("analysis.cjs"));
afterAll(() => analyzer.close());

const ask = (code: string) => analyzer.analyze({ code: Buffer.from(code), sourceMap: NO_MAP });

/** Functions that each read a name: enough of them to take a while. */
const large = (count: number) =>
	Array.from(
		{ length: count },
		(_, index) => `export const f${index} = () => Deno.env.get("NAME_${index}");`,
	).join("\n");

test("finds what the analysis finds, line by line", async () => {
	const code = `const key = "KEY";\nexport const a = Deno.env.get(key);\nexport const b = (name) => process.env[name];\n`;
	const found = await ask(code);
	expect(found.references.map(({ name, line }) => ({ name, line }))).toEqual([{ name: "KEY", line: 2 }]);
	expect(found).toEqual(analyzeReferences({ code, sourceMap: NO_MAP }));
});

test("leaves this thread to others meanwhile", async () => {
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

test("answers each in turn, however many ask at once", async () => {
	const asked = ["A", "B", "C"].map(
		async (name) => (await ask(`Deno.env.get("${name}")`)).references[0]?.name,
	);
	expect(await Promise.all(asked)).toEqual(["A", "B", "C"]);
});

test("says of code that does not parse what the analysis says", async () => {
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

test("code as deep as the analysis takes it ends no thread", async () => {
	const nested = (depth: number) => `${"[".repeat(depth)}Deno.env.get("KEY")${"]".repeat(depth)};`;
	for (let depth = 100; depth <= 102_400; depth *= 2) {
		const outcome = await ask(nested(depth)).then(
			({ references }) => references[0]?.name,
			(error: AppError) => error.code,
		);
		expect(["KEY", "BUNDLE_UNPARSABLE"]).toContain(outcome);
	}
});

test("a thread that is ended over a bundle fails that one, and the next is analysed", async () => {
	const failing = expect(ask(large(20_000))).rejects.toMatchObject({ code: "BUNDLE_UNANALYSED", exit: 1 });
	// What it was asked is on its way by then.
	await new Promise((resolve) => setImmediate(resolve));
	await analyzer.close();
	await failing;
	expect((await ask(`Deno.env.get("KEY")`)).references).toHaveLength(1);
});
