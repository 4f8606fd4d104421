/** The words of a command line: all of them, in their order. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Args, Config, Flags, type Interfaces } from "@oclif/core";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { BaseCommand, environmentFlag } from "../../../src/cli/command.ts";
import { requireText } from "../../../src/cli/shell/arguments.ts";
import { ROOT } from "../../support/root.ts";
import { anyText } from "../../support/values/any-text.ts";

interface Read {
	readonly argv: unknown[];
	readonly flags: Readonly<Record<string, unknown>>;
}

/** The arguments that a command gets from the parser of all commands. */
abstract class Reading extends BaseCommand<undefined> {
	abstract read(): Promise<Read>;
	protected async execute(): Promise<undefined> {}
	protected render(): void {}
}

class Names extends Reading {
	static override strict = false;
	static override args = { names: Args.string() };
	static override flags = { environment: environmentFlag, take: Flags.string(), all: Flags.boolean() };
	read(): Promise<Read> {
		return this.parse(Names);
	}
}

class Passing extends Reading {
	static override strict = false;
	static override passesOn = true;
	static override flags = {
		environment: environmentFlag,
		allow: Flags.string({ multiple: true, multipleNonGreedy: true }),
	};
	read(): Promise<Read> {
		return this.parse(Passing);
	}
}

let config: Config;

beforeAll(async () => {
	const pjson = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Interfaces.PJSON;
	config = await Config.load({
		root: ROOT,
		pjson: { ...pjson, oclif: { ...pjson.oclif, plugins: [] } },
		isRoot: true,
	});
});

const names = (argv: readonly string[]) => new Names([...argv], config).read();
const passing = (argv: readonly string[]) => new Passing([...argv], config).read();

/** Words as a shell may pass them, many of them twice and many that look like flags. */
const word = fc.oneof(
	fc.constantFrom(
		"a",
		"b",
		"--",
		"-",
		"",
		"-e",
		"--environment",
		"--json",
		"-h",
		"--allow=x",
		"preview",
		"A=1",
	),
	anyText(),
);
const plainWord = fc.oneof(
	fc.constantFrom("a", "b", "preview", "A=1", "A=2", "", "-"),
	fc.string().filter((text) => !text.startsWith("-")),
);

describe("after the first '--'", () => {
	test("every word is passed on, whatever it is and however often", async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.constantFrom([], ["-e", "preview"], ["--environment=b"], ["--allow", "a", "-e", "a"], ["--json"]),
				fc.array(word, { maxLength: 12 }),
				async (own, words) => {
					expect((await passing([...own, "--", ...words])).argv).toEqual(words);
				},
			),
			{ numRuns: 2000 },
		);
	});

	test("no flag is read, and no earlier flag takes '--' as its value", async () => {
		expect((await passing(["--", "x", "-e", "preview"])).flags.environment).toBe("production");
		expect((await passing(["-e", "preview", "--", "-e", "x"])).flags.environment).toBe("preview");
		await expect(passing(["-e", "--", "x"])).rejects.toMatchObject({ code: "USAGE" });
	});

	test("the command is read only there, and not from both sides", async () => {
		await expect(passing(["npm", "--", "x"])).rejects.toMatchObject({
			code: "USAGE",
			message: expect.stringContaining("before '--'"),
		});
		expect((await passing(["npm", "start", "npm"])).argv).toEqual(["npm", "start", "npm"]);
	});
});

test("commands with many words get all of them in order, without the values of flags", async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(plainWord), fc.array(plainWord), async (before, after) => {
			const flags = ["--environment", "preview", "--all", "--take", "a"];
			const { argv } = await names([...before, ...flags, ...after]);
			expect(argv).toEqual([...before, ...after]);
		}),
		{ numRuns: 1000 },
	);
	expect((await names(["b", "a", "b", "--", "-e", "--", "a"])).argv).toEqual([
		"b",
		"a",
		"b",
		"-e",
		"--",
		"a",
	]);
});

describe("a word that Node could not decode", () => {
	const fault = expect.objectContaining({ code: "ARGUMENT_NOT_TEXT", exit: 2 });
	const system =
		(...words: readonly (string | Buffer)[]) =>
		() =>
			words.map((each) => Buffer.from(each as string));

	test("is refused by its position, and never shown", () => {
		const check = () =>
			requireText(["echo", "a\uFFFDb"], system("node", "echo", Buffer.from([0x61, 0xff, 0x62])));
		expect(check).toThrow(fault);
		expect(check).toThrow(/^Word 2 of the command is not UTF-8 text/);
		expect(() => requireText(["\uFFFD"], () => undefined)).toThrow(fault);
	});

	test("is distinguished from a word with the replacement character", () => {
		requireText(["echo", "\uFFFD"], system("node", "run", "--", "echo", "\uFFFD"));
		requireText(["echo", "é", ""], () => undefined);
	});
});
