/**
 * `coffer run` passes on status, signals and streams of the command, and gives it the secrets without Coffer's
 * credentials.
 */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PROGRAM } from "../../support/program.ts";
import { newProject, type Project } from "../support/project.ts";

let project: Project;

beforeAll(async () => {
	project = await newProject();
	await project.ok(["secrets", "set", "API_KEY=from the vault", "EMPTY=", "SHELL_LIKE=$(id) $HOME"]);
});
afterAll(() => project?.[Symbol.asyncDispose]());

const sh = (script: string) => ["run", "--", "/bin/sh", "-c", script];

test.each([0, 1, 7, 125, 255])("run exits with the command's status %i", async (status) => {
	const result = await project.coffer(sh(`exit ${status}`));
	expect([result.status, result.stdout, result.stderr]).toEqual([status, "", ""]);
});

test("run exits with 128 plus the signal's number if a signal ends the command", async () => {
	expect((await project.coffer(sh("kill -KILL $$"))).status).toBe(137);
	expect((await project.coffer(sh("kill -TERM $$"))).status).toBe(143);
});

test.each(["SIGTERM", "SIGHUP", "SIGINT"] as const)(
	"run passes %s on to the command, and exits with the command's status",
	async (signal) => {
		const program = `process.on("${signal}", () => { console.log("caught"); process.exit(42); });
			setInterval(() => {}, 60_000);
			console.log("ready");`;
		const running = project.start(["run", "--", process.execPath, "-e", program]);
		await running.stdout.next(/^ready$/);
		running.signal(signal);
		const { status, stdout } = await running.ended;
		expect(stdout).toBe("ready\ncaught\n");
		expect(status).toBe(42);
	},
);

test("run in a deleted folder exits with 125 and runs nothing", async () => {
	const coffer = `mkdir gone; cd gone; rmdir ../gone; "$0" -- "$1"`;
	const inDeleted = (command: string) => [...sh(`${coffer} ${command}`), process.execPath, PROGRAM];
	const listed = await project.coffer(inDeleted("secrets list"));
	expect([listed.status, listed.stderr]).toEqual([4, expect.stringMatching(/no longer exists/)]);
	const run = await project.coffer(inDeleted("run -- echo ran"));
	expect([run.status, run.stdout]).toEqual([125, ""]);
});

test("the command has run's own standard input, output and error", async () => {
	const result = await project.coffer(sh("cat; echo problem >&2"), { input: ["one\n", "two\n"] });
	expect([result.status, result.stdout, result.stderr]).toEqual([0, "one\ntwo\n", "problem\n"]);
});

test("the command gets the caller's environment and the secrets, and none of Coffer's credentials", async () => {
	const env = {
		API_KEY: "from outside",
		OUTSIDE: "kept",
		COFFER_TOKEN: "a token",
		COFFER_PLATFORM_IDENTITY: "an identity",
	};
	await writeFile(join(project.root, ".env"), "SHELL_LIKE=default\n");
	const result = await project.coffer(["run", "--no-redact", "--", "env", "-0"], { env });
	expect(result.stderr).toMatch(/^Warning: \.env assigns SHELL_LIKE too\./i);
	const variables = new Map(
		result.stdout
			.split("\0")
			.filter((line) => line !== "")
			.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
	);
	expect(variables.get("API_KEY")).toBe("from the vault");
	expect(variables.get("EMPTY")).toBe("");
	expect(variables.get("SHELL_LIKE")).toBe("$(id) $HOME");
	expect(variables.get("OUTSIDE")).toBe("kept");
	for (const name of ["COFFER_IDENTITY", "COFFER_TOKEN", "COFFER_PLATFORM_IDENTITY"])
		expect(variables.has(name)).toBe(false);
});

test("the command gets its arguments unchanged, including flags that run has too", async () => {
	const result = await project.coffer(["run", "--", "printf", "%s|", "--json", "-e", "a b", "", "$HOME"]);
	expect(result.stdout).toBe("--json|-e|a b||$HOME|");
});

test.each([
	[["a", "b", "a", "c", "a"], []],
	[["npm", "run", "dev", "--", "--port", "3000"], []],
	[
		["hi", "production"],
		["-e", "production"],
	],
	[["--", "--", "-h", "--version", "--help"], []],
	[["\u{1f600}", "\n", "a\tb", "", " ", "*", "\uFFFD"], []],
])("the command gets the arguments %j in this order and number, with the flags %j", async (words, flags) => {
	const result = await project.coffer(["run", ...flags, "--", "printf", "%s\\0", ...words]);
	expect([result.status, result.stdout]).toEqual([0, words.map((word) => `${word}\0`).join("")]);
});

test("run refuses an argument that is not text, and does not change it", async () => {
	const script = `"$0" "$1" run -- printf %s "$(printf 'a\\377b')"`;
	const outer = ["run", "--", "/bin/sh", "-c", script, process.execPath, PROGRAM];
	const env = { COFFER_IDENTITY_FILE: join(project.machine, "identity") };
	await writeFile(env.COFFER_IDENTITY_FILE, `${project.identity}\n`, { mode: 0o600 });
	const result = await project.coffer(outer, { env });
	expect([result.status, result.stdout]).toEqual([125, ""]);
	expect(result.stderr).toContain("Word 3 of the command is not UTF-8 text");
});

test("a name that makes programs load code causes a warning when it is set, and is passed on only if it is allowed", async () => {
	await using other = await newProject();
	const set = await other.ok(["secrets", "set", "PYTHONPATH=/somewhere", "npm_config_shell=x", "A=1"]);
	expect(set.stderr).toMatch(/only with --allow-unsafe PYTHONPATH, because Python loads modules/);
	expect(set.stderr).toMatch(/only with --allow-unsafe npm_config_shell, because npm takes options/);
	const refused = await other.coffer(["run", "--json", "--", "touch", "ran"]);
	expect(refused.status).toBe(125);
	expect(refused.error()).toMatchObject({ code: "NAME_UNSAFE", exit: 125 });
	expect(refused.error().message).toMatch(/production .*PYTHONPATH \(.*npm_config_shell \(/);
	expect(refused.error().hint).toContain("--allow-unsafe PYTHONPATH --allow-unsafe npm_config_shell");
	expect(refused.stderr).not.toContain("/somewhere");
	const one = await other.coffer(["run", "--allow-unsafe", "PYTHONPATH", "--", "touch", "ran"]);
	expect([one.status, one.stderr]).toEqual([125, expect.stringContaining("npm_config_shell (")]);
	expect(existsSync(join(other.root, "ran"))).toBe(false);
	const allowed = ["--allow-unsafe", "PYTHONPATH", "--allow-unsafe", "npm_config_shell"];
	const both = await other.ok(
		["run", "--no-redact", ...allowed, "--", "sh", "-c", 'echo "$PYTHONPATH $npm_config_shell $A"'],
		{
			env: { PYTHONPATH: "/outside" },
		},
	);
	expect(both.stdout).toBe("/somewhere x 1\n");
});

test("run exits with 125 for failures of its own", async () => {
	const absent = await project.coffer(["run", "--", "no-such-command-here"]);
	expect(absent.status).toBe(125);
	expect(absent.stderr).toContain("no-such-command-here");
	expect((await project.coffer(["run", "--", "/"])).status).toBe(125);
	expect((await project.coffer(["run"])).status).toBe(125);
	expect((await project.coffer(["run", "--nonsense", "--", "true"])).status).toBe(125);
	expect((await project.coffer(["run", "-e", "absent", "--", "true"])).status).toBe(125);
	expect((await project.coffer(["run", "--", ""])).status).toBe(125);
	const machine = await project.coffer(["run", "--json", "--", "no-such-command-here"]);
	expect(machine.error()).toMatchObject({ code: "COMMAND_NOT_FOUND", exit: 125 });
});

test("run exits with 125 and the reason if the secrets exceed the system's limit for a process", async () => {
	await using full = await newProject();
	const large = Array.from({ length: 60 }, (_, index) => `LARGE_${index}=${"x".repeat(60_000)}\n`);
	await writeFile(join(full.root, "large.env"), large.join(""));
	await full.ok(["secrets", "set", "--env-file", "large.env"]);
	const result = await full.coffer(["run", "--json", "--", "true"]);
	expect(result.status).toBe(125);
	expect(result.error()).toMatchObject({ code: "COMMAND_NOT_STARTED", exit: 125 });
	expect(result.error().hint).toContain("larger than the system allows for a process");
});
