/** Prompts on a real pseudo-terminal. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cleanEnvironment, type Ended, ended, installProgram, type Program } from "../fixture/program.ts";

let program: Program;

beforeAll(async () => {
	program = await installProgram();
});
afterAll(() => program[Symbol.dispose]());

/** Starts the program on its own pseudo-terminal. `script` passes input, output and exit status on. */
function onTerminal(args: readonly string[]): ChildProcessWithoutNullStreams {
	const command = ["stty cols 80 rows 24; exec", process.execPath, program.script, ...args].join(" ");
	return spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
		env: { ...cleanEnvironment(), TERM: "xterm" },
	});
}

/** Types the keys when the question appears, and waits for the end. */
async function answer(args: readonly string[], question: string, keys: string): Promise<Ended> {
	const child = onTerminal(args);
	const result = ended(child);
	let shown = "";
	let typed = false;
	child.stdout.on("data", (chunk) => {
		shown += chunk;
		if (typed || !shown.includes(question)) return;
		typed = true;
		child.stdin.write(keys);
	});
	return await result;
}

describe("a prompt on a terminal", () => {
	test("reads a hidden value and never shows it", async () => {
		const keys = "hunter2-canary\r";
		const { status, stdout } = await answer(["topic", "stream", "--ask", "hidden"], "Value of API_KEY", keys);
		expect(stdout).toContain("14 characters");
		expect(stdout).not.toContain("hunter2");
		expect(status).toBe(0);
	});

	test("accepts an empty value", async () => {
		const { status, stdout } = await answer(["topic", "stream", "--ask", "hidden"], "Value of API_KEY", "\r");
		expect(stdout).toContain("0 characters");
		expect(status).toBe(0);
	});

	test.each([
		["y", true],
		["n", false],
		["\r", false],
	])("reads %j as %s for a yes-or-no question", async (keys, confirmed) => {
		const { stdout } = await answer(["topic", "stream", "--ask", "confirm"], "Sure?", keys);
		expect(stdout).toContain(`confirmed: ${confirmed}`);
	});

	test("reads the choice that the arrow keys make", async () => {
		const { stdout } = await answer(["topic", "stream", "--ask", "choice"], "Which?", "\u001b[B\r");
		expect(stdout).toContain("chosen: platform");
	});

	test("ends with the exit status of a shell at Ctrl-C", async () => {
		const { status } = await answer(["topic", "stream", "--ask", "hidden"], "Value of API_KEY", "\u0003");
		expect(status).toBe(130);
	});
});

describe("a prompt without a terminal", () => {
	test.each(["hidden", "confirm", "choice"])(
		"of the kind %s is an error that says what to do instead",
		async (kind) => {
			const { status, stdout, stderr } = await program.run(["topic", "stream", "--ask", kind, "--json"]);
			expect(JSON.parse(stderr).error).toMatchObject({ code: "NO_TERMINAL", hint: "Use --stdin.", exit: 2 });
			expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
		},
	);
});
