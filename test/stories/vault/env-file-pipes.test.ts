/**
 * `.env` lines from a pipe: standard input, process substitution, a named pipe, and a pipe without a writer.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PROGRAM } from "../../support/program.ts";
import { Tmux } from "../../support/tmux.ts";
import { cleanEnvironment, newProject, type Project } from "../support/project.ts";

const execute = promisify(execFile);

let project: Project;
let fifo: string;
beforeAll(async () => {
	project = await newProject();
	fifo = join(project.machine, "fifo");
	await execute("mkfifo", [fifo]);
});
afterAll(() => project?.[Symbol.asyncDispose]());

const environment = () => ({ ...cleanEnvironment(), ...project.variables });

test("--env-file - reads standard input, also for plan, and refuses empty input", async () => {
	const set = ["secrets", "set", "--env-file", "-"];
	const { status } = await project.start(set, { input: "FIRST=1\nSECOND='two\nlines'\n" }).ended;
	expect(status).toBe(0);
	expect(await project.reveal("SECOND")).toBe("two\nlines");
	const plan = await project.data(["plan", "--env-file", "-"], { input: "THIRD=3\n" });
	expect(JSON.stringify(plan)).toContain("THIRD");
	const empty = await project.coffer([...set, "--json"], { input: "" });
	expect([empty.status, empty.error().code]).toEqual([2, "STDIN_EMPTY"]);
	const wrong = await project.coffer([...set, "--json"], { input: "FIRST=1\nno pair\n" });
	expect(wrong.error().message).toContain("standard input, line 2");
});

test("--env-file reads a process substitution to its end", async () => {
	const script = `"$0" secrets set --env-file <(printf 'SUBSTITUTED=yes\\n')`;
	await execute("bash", ["-c", script, PROGRAM], { cwd: project.root, env: environment() });
	expect(await project.reveal("SUBSTITUTED")).toBe("yes");
});

test("--env-file ends if a process substitution writes nothing", async () => {
	const script = `"$0" secrets set --env-file <(true)`;
	const child = spawn("bash", ["-c", script, PROGRAM], { cwd: project.root, env: environment() });
	expect(await once(child, "close")).toEqual([0, null]);
});

test("--env-file reads a named pipe once a process writes to it", async () => {
	const [result] = await Promise.all([
		project.start(["secrets", "set", "--env-file", fifo]).ended,
		writeFile(fifo, "NAMED=pipe\n"),
	]);
	expect(result.status).toBe(0);
	expect(await project.reveal("NAMED")).toBe("pipe");
});

test("Ctrl-C ends the wait for a process that writes to a named pipe", async () => {
	const command = project.start(["secrets", "set", "--env-file", fifo]);
	// This end opens once the other end is open.
	const writer = await open(fifo, "w");
	command.signal("SIGINT");
	expect(await command.ended).toMatchObject({ status: 130, stdout: "", stderr: "" });
	await writer.close();
});

test("Ctrl-C ends the wait for lines that are typed on the terminal", async () => {
	// It stays open until the end: a terminal loses its last output if this end closes.
	const script = '"$0" secrets set --env-file -; echo "status $?"; exec cat';
	const command = ["sh", "-c", `trap : INT; ${script}`, PROGRAM];
	await using terminal = new Tmux({ command, cwd: project.root, env: environment() });
	await terminal.until("Press Ctrl-D to finish.");
	await terminal.keys("C-c");
	await terminal.until("status 130");
});
