/** Invalid command lines: exit 2, errors of one form, and no part of the typed text in the output. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { installProgram, type Program } from "../fixture/program.ts";

const CANARY = "hunter2-canary";

/** The canary stands for a secret value that the user typed in the wrong place. */
const MISTAKES: readonly { args: string[]; says: RegExp }[] = [
	{ args: ["greet"], says: /argument NAME is missing/ },
	{ args: ["greet", "you", "kind", `API_KEY=${CANARY}`], says: /takes 2 arguments, but was given 3/ },
	{ args: ["greet", "you", CANARY], says: /argument TONE is not valid: one of kind, plain/ },
	{ args: ["greet", "you", `--password=${CANARY}`], says: /`coffer greet` has no flag --password\.$/m },
	{ args: ["greet", "you", `--${CANARY}`], says: /a flag that it does not have\.$/m },
	{
		args: ["greet", "you", `--enviroment=${CANARY}`],
		says: /has no flag --enviroment; did you mean --environment\?/,
	},
	{ args: ["greet", "you", `--env=${CANARY}`], says: /has no flag --env; did you mean --environment\?/ },
	{ args: ["greet", "you", `--lang=${CANARY}`], says: /has no flag --lang; did you mean --language\?/ },
	{ args: ["greet", "you", `-z${CANARY}`], says: /`coffer greet` has no flag -z\.$/m },
	{ args: ["greet", "you", `--times=${CANARY}`], says: /value of --times is not valid/ },
	{ args: ["greet", "you", `--language=${CANARY}`], says: /value of --language is not valid: one of en, de/ },
	{ args: ["greet", "you", "--language"], says: /--language needs a value: one of en, de/ },
	{ args: ["greet", "you", "--environment"], says: /--environment needs a value/ },
	{ args: ["greet", "you", "-e", CANARY, "-e", CANARY], says: /--environment may be given only once/ },
	{
		args: ["greet", "you", "--times=3", "--once"],
		says: /--(times|once) cannot be used together with --(once|times)/,
	},
	{ args: ["greet", "you", "--loudly"], says: /--loudly can only be used together with --once/ },
	{ args: ["topic", "fail"], says: /--how is missing/ },
	{ args: [CANARY], says: /There is no such command/ },
	{ args: [`API_KEY=${CANARY}`], says: /There is no such command/ },
	{ args: ["greeet", CANARY], says: /Did you mean `coffer greet`\?/ },
	{ args: ["topic", "fial", CANARY], says: /Did you mean `coffer topic fail`\?/ },
	{ args: ["topics", "fail", CANARY], says: /Did you mean `coffer topic fail`\?/ },
	{ args: [`--${CANARY}`, "greet"], says: /A command is missing\. Flags come after the command/ },
	{ args: ["-e", CANARY], says: /A command is missing\. Flags come after the command/ },
	{ args: ["topic", "-e", CANARY], says: /A command is missing after `coffer topic`/ },
	{ args: ["-e", CANARY, "topic", "fial"], says: /Did you mean `coffer topic fail`\?/ },
	{ args: ["topic", CANARY], says: /There is no such command/ },
	{ args: ["help", CANARY], says: /There is no such command/ },
	{ args: [CANARY, "--help"], says: /There is no such command/ },
];

let program: Program;

beforeAll(async () => {
	program = await installProgram();
});
afterAll(() => program[Symbol.dispose]());

describe.each(MISTAKES)("coffer $args", ({ args, says }) => {
	test("is explained, exits with 2 and repeats no value, with any debugging output", async () => {
		const env = { DEBUG: "*", COFFER_DEBUG: "1", CLI_FLAGS_DEBUG: "1" };
		const { status, stdout, stderr } = await program.kept(args, env);
		expect(stderr).toMatch(says);
		expect(stdout + stderr).not.toContain(CANARY);
		expect(stdout).toBe("");
		expect(status).toBe(2);
	});

	test("has the same error as JSON", async () => {
		const { status, stdout, stderr } = await program.kept([...args, "--json"]);
		const { error } = JSON.parse(stderr);
		expect(error).toEqual({
			code: "USAGE",
			message: expect.stringMatching(says),
			hint: expect.any(String),
			exit: 2,
		});
		expect(error.hint).toMatch(/^See `coffer .*--help`\.$/);
		expect(stderr).not.toContain(CANARY);
		expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
	});
});

test("a start of the program ends in the same way", async () => {
	const args = ["greet", "you", `--times=${CANARY}`, "--json"];
	const { status, stdout, stderr } = await program.run(args);
	expect(await program.kept(args)).toMatchObject({ status, stdout, stderr });
	expect(status).toBe(2);
});

test("--json after -- belongs to the other program", async () => {
	const { stderr } = await program.run(["greet", "--", "a", "plain", "--json"]);
	expect(stderr).toMatch(/^Error: /);
});
