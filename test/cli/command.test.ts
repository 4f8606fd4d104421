/** The base class of commands: one JSON document, one form of errors, exit statuses, no leaked values. */
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ended, installProgram, type Program } from "./fixture/program.ts";

let program: Program;

beforeAll(async () => {
	program = await installProgram();
});
afterAll(() => program[Symbol.dispose]());

describe("a command that succeeds", () => {
	test("prints its result on stdout and messages on stderr", async () => {
		const result = await program.run(["greet", "you", "-e", "preview"]);
		expect(result).toEqual({ status: 0, stdout: "hello you in preview\n", stderr: "greeting\n" });
	});

	test("prints one JSON document and nothing else with --json", async () => {
		const { status, stdout, stderr } = await program.run(["greet", "you", "--json"]);
		expect(JSON.parse(stdout)).toEqual({ greeting: "hello you", environment: "production" });
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
	});

	test("includes its warnings in the document", async () => {
		const { stdout, stderr } = await program.run(["greet", "you", "--once", "--json"]);
		expect(JSON.parse(stdout)).toMatchObject({ greeting: "hello you", warnings: ["only once"] });
		expect(stderr).toBe("");
	});

	test("never takes a missing argument from stdin", async () => {
		const { status } = await program.run(["greet"], { input: "somebody\n" });
		expect(status).toBe(2);
	});

	test("passes on the exit status of the program that it started", async () => {
		expect((await program.run(["topic", "stream", "--status", "42"])).status).toBe(42);
	});
});

describe("a command that fails", () => {
	test("prints what is wrong and what to do, each on its own line, with control characters escaped", async () => {
		const { status, stdout, stderr } = await program.run(["topic", "fail", "--how", "plainly"]);
		const lines = [
			"Warning: this will fail",
			"Error: It went wrong:",
			"  at \\u{1b}[31mline\\u{1b}[0m 3.",
			"Try another way.",
		];
		expect(stderr).toBe(`${lines.join("\n")}\n`);
		expect({ status, stdout }).toEqual({ status: 5, stdout: "" });
	});

	test("prints the error as one JSON document on stderr", async () => {
		const { status, stdout, stderr } = await program.run(["topic", "fail", "--how", "plainly", "--json"]);
		const { error, warnings } = JSON.parse(stderr);
		expect(error).toMatchObject({ code: "PLANNED", hint: "Try another way.", exit: 5, line: 3 });
		expect(warnings).toEqual(["this will fail"]);
		expect({ status, stdout }).toEqual({ status: 5, stdout: "" });
	});

	test("prints the error's data", async () => {
		const person = await program.run(["topic", "fail", "--how", "data"]);
		expect(person.stdout).toBe("done: one\n");
		const json = await program.run(["topic", "fail", "--how", "data", "--json"]);
		expect(JSON.parse(json.stdout)).toMatchObject({ done: ["one"] });
		expect(JSON.parse(json.stderr).error.code).toBe("PLANNED");
		expect(json.status).toBe(5);
	});

	test.each(["bug", "thrown"])(
		"because of a bug (%s) says so, without the text of the unexpected error",
		async (how) => {
			for (const env of [{}, { COFFER_DEBUG: "1" }, { DEBUG: "*" }]) {
				const { status, stdout, stderr } = await program.run(["topic", "fail", "--how", how], { env });
				expect(stderr).toMatch(/bug in Coffer/);
				expect(stdout + stderr).not.toContain("hunter2");
				expect(status).toBe(1);
			}
		},
	);

	test("shows the place of a bug only with COFFER_DEBUG", async () => {
		const quiet = await program.run(["topic", "fail", "--how", "bug"]);
		expect(quiet.stderr).not.toMatch(/js:\d+/);
		const loud = await program.run(["topic", "fail", "--how", "bug"], { env: { COFFER_DEBUG: "1" } });
		expect(loud.stderr).toMatch(/at .*execute .*\.cjs:\d+/);
	});
});

describe("a command that reads stdin", () => {
	test("reads to the end, whatever the pieces", async () => {
		const child = program.start(["topic", "stream", "--stdin"]);
		const result = ended(child);
		for (const piece of ["first ", "second ", "third\n"]) {
			child.stdin.write(piece);
			await new Promise((resolve) => setImmediate(resolve));
		}
		child.stdin.end("last\n");
		expect((await result).stdout).toBe("23 bytes, newline dropped: true\n");
	});

	test("refuses more than the limit of a value", async () => {
		const { status, stderr } = await program.run(["topic", "stream", "--stdin"], {
			input: "x".repeat(65_537),
		});
		expect(stderr).toMatch(/64 KiB/);
		expect(status).toBe(2);
	});
});

describe("the end of the process", () => {
	test("waits until a slow reader has read everything", async () => {
		const child = program.start(["topic", "stream", "--lines", "20000"]);
		child.stdin.end();
		let newlines = 0;
		for await (const chunk of child.stdout) {
			newlines += String(chunk).split("\n").length - 1;
			await new Promise((resolve) => setImmediate(resolve));
		}
		expect(newlines).toBe(20_000);
	});

	test("prints no error when the reader closes the pipe", async () => {
		const child = program.start(["topic", "stream", "--lines", "200000"]);
		child.stdin.end();
		const result = ended(child);
		await once(child.stdout, "data");
		child.stdout.destroy();
		const { status, stderr } = await result;
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
	});

	test.each([
		["SIGINT", 130],
		["SIGTERM", 143],
	] as const)("by %s has the exit status of a shell", async (signal, status) => {
		const child = program.start(["topic", "stream", "--wait"]);
		const result = ended(child);
		await once(child.stdout, "data");
		child.kill(signal);
		expect(await result).toEqual({ status, stdout: "waiting\n", stderr: "" });
	});

	test("is the command's own if it handles the signal", async () => {
		const child = program.start(["topic", "stream", "--finish", "--json"]);
		const result = ended(child);
		await once(child.stdout, "data");
		child.kill("SIGINT");
		const { status, stdout } = await result;
		const states = stdout
			.trimEnd()
			.split("\n")
			.map((line) => JSON.parse(line).state);
		expect(states).toEqual(["waiting", "finished after SIGINT"]);
		expect(status).toBe(0);
	});
});

describe("help", () => {
	test.each([[[]], [["--help"]], [["-h"]], [["help"]]])(
		"coffer %j lists topics and commands",
		async (args) => {
			const { status, stdout, stderr } = await program.run(args);
			expect(stdout).toMatch(/TOPICS\s+topic {2}Commands of a topic/);
			expect(stdout).toMatch(/COMMANDS[\s\S]*greet +Greet somebody/);
			expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		},
	);

	test.each([[["topic"]], [["topic", "--help"]], [["help", "topic"]]])(
		"coffer %j describes the topic",
		async (args) => {
			const { status, stdout } = await program.run(args);
			expect(stdout).toMatch(/^Commands of a topic/);
			expect(stdout).toMatch(/topic fail +Fail in one way or another/);
			expect(status).toBe(0);
		},
	);

	test("coffer greet --help describes the command, with examples", async () => {
		const { stdout } = await program.run(["greet", "--help"]);
		expect(stdout).toMatch(/^Greet somebody/);
		expect(stdout).toMatch(/EXAMPLES\s+\$ coffer greet you/);
		expect(stdout).toMatch(/--json +print the result as JSON/);
	});

	test("--version names the version", async () => {
		expect((await program.run(["--version"])).stdout).toMatch(/^coffer\/\d+\.\d+\.\d+ /);
	});
});
