/** Plain command lines are parsed without oclif, and exactly as oclif's parser parses them. */
import { Args, Flags } from "@oclif/core";
import { parse } from "@oclif/core/parser";
import fc from "fast-check";
import { expect, test } from "vitest";
import { environmentFlag, environmentsFlag } from "../../../src/cli/command.ts";
import { parsePlainly, type Shape } from "../../../src/cli/shell/plain-arguments.ts";

const FLAGS = {
	json: Flags.boolean({ description: "JSON" }),
	environment: environmentFlag,
	reveal: Flags.boolean({ char: "r" }),
	allow: Flags.string({ multiple: true, multipleNonGreedy: true }),
	level: Flags.string({ options: ["info", "error"] }),
	limit: Flags.integer({ min: 1, max: 50, default: 10 }),
	greedy: Flags.string({ char: "g", multiple: true }),
	alone: Flags.boolean({ exclusive: ["reveal"] }),
	both: Flags.boolean({ dependsOn: ["reveal"] }),
	"no-sync": Flags.boolean(),
};

const SHAPES: readonly Shape[] = [
	{ args: {}, flags: FLAGS, strict: true },
	{ args: { name: Args.string({ required: true }) }, flags: FLAGS, strict: true },
	{
		args: { name: Args.string({ required: true }), more: Args.string({ options: ["a", "b"] }) },
		flags: FLAGS,
		strict: true,
	},
	{ args: { pairs: Args.string() }, flags: { ...FLAGS, environment: environmentsFlag }, strict: false },
	{ args: {}, flags: { ...FLAGS, member: Flags.string({ required: true }) }, strict: false },
	{ args: { name: Args.string({ default: "a" }) }, flags: FLAGS, strict: true },
];

async function byOclif(shape: Shape, argv: readonly string[]) {
	try {
		return await parse([...argv], { ...shape, context: {} } as never);
	} catch {
		return undefined;
	}
}

const word = fc.oneof(
	fc.constantFrom(
		...[
			"a",
			"b",
			"A=1",
			"",
			"-",
			"--",
			"-e",
			"-r",
			"-re",
			"-eb",
			"-e=b",
			"--json",
			"--json=true",
			"--environment",
		],
		...[
			"--environment=b",
			"--environment=",
			"--allow",
			"--allow=a",
			"--level",
			"info",
			"--level=error",
			"--level=x",
		],
		...[
			"--limit",
			"5",
			"--limit=50",
			"--limit=51",
			"--limit=-1",
			"-1",
			"-g",
			"--alone",
			"--both",
			"--reveal",
		],
		...[
			"--no-sync",
			"--no-json",
			"--member",
			"--member=m",
			"--Json",
			"--unknown",
			"--allow=a=b",
			"--allow=\n",
		],
		...["__proto__", "--__proto__", "--constructor", "a b", "é"],
	),
	fc.string(),
);

test("the plain parser has the results of oclif's parser", async () => {
	let plainly = 0;
	await fc.assert(
		fc.asyncProperty(fc.constantFrom(...SHAPES), fc.array(word, { maxLength: 6 }), async (shape, argv) => {
			const plain = await parsePlainly(shape, argv, {});
			if (plain === undefined) return;
			plainly++;
			const theirs = await byOclif(shape, argv);
			expect(theirs).toBeDefined();
			if (theirs === undefined) return;
			expect(plain.args).toEqual(theirs.args);
			expect(plain.flags).toEqual(theirs.flags);
			expect(plain.raw).toEqual(
				theirs.raw.filter(({ type }) => type === "arg").map(({ type, input }) => ({ type, input })),
			);
			for (const name of Object.keys(theirs.flags))
				expect([name, plain.metadata.flags[name]?.setFromDefault]).toEqual([
					name,
					theirs.metadata.flags[name]?.setFromDefault,
				]);
		}),
		{ numRuns: 5000 },
	);
	expect(plainly).toBeGreaterThan(500);
});

test("common command lines use the plain parser", async () => {
	const [none, one, , many] = SHAPES as [Shape, Shape, Shape, Shape];
	for (const [shape, argv] of [
		[none, []],
		[none, ["--json", "-e", "preview"]],
		[one, ["API_KEY", "--reveal", "--environment=preview"]],
		[many, ["A=1", "B=2", "--no-sync", "-e", "a", "-e", "b"]],
		[none, ["--allow", "A", "--allow", "B", "--level", "info", "--limit=3"]],
	] as const)
		expect([argv, await parsePlainly(shape, argv, {})]).toEqual([argv, expect.anything()]);
});
