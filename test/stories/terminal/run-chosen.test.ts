/** `coffer run` with chosen secrets, redacted output, and restarts. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PROGRAM } from "../../support/program.ts";
import { formsOf } from "../../support/values/forms.ts";
import { newProject, type Project } from "../support/project.ts";
import { onTerminal } from "../support/terminal.ts";

const CANARY = "cAnary+run/1 é&xyzzy-0001";
let project: Project;

beforeAll(async () => {
	project = await newProject();
	await project.ok(["secrets", "set", `API_KEY=${CANARY}`, "API_ID=number-7", "OTHER=other value"]);
});
afterAll(() => project?.[Symbol.asyncDispose]());

const printed = (script: string) => ["--", process.execPath, "-e", script];
const NAMES = `console.log(Object.keys(process.env).filter((name) => /API|OTHER/.test(name)).sort().join())`;

test.each([
	[["--only", "API_*"], "API_ID,API_KEY"],
	[["--only", "OTHER", "--only", "API_I?"], "API_ID,OTHER"],
	[["--only", "API_ID", "--prefix", "VITE_"], "VITE_API_ID"],
])("run %j passes on %s", async (flags, names) => {
	const result = await project.coffer(["run", ...flags, ...printed(NAMES)]);
	expect([result.status, result.stdout, result.stderr]).toEqual([0, `${names}\n`, ""]);
});

test.each([
	[["--only", "NONE"], "SECRET_NOT_FOUND"],
	[["--prefix", "1A"], "USAGE"],
	[["--prefix", "LD_"], "NAME_RESERVED"],
	[["--prefix", "BUN_"], "NAME_UNSAFE"],
])("run %j is refused with %s, and runs nothing", async (flags, code) => {
	const result = await project.coffer(["run", ...flags, "--json", ...printed("console.log(1)")]);
	expect([result.status, result.stdout]).toEqual([125, ""]);
	expect(result.error()).toMatchObject({ code, exit: 125 });
});

test("values are replaced in output that goes to no terminal, in each form and across writes", async () => {
	const script = `
		const value = process.env.API_KEY;
		const base64 = (before) => Buffer.from(before + value + "zz").toString("base64");
		for (const out of [process.stdout, process.stderr]) {
			out.write([JSON.stringify({ value }), encodeURIComponent(value), base64(""), base64("x"), base64("xy")].join("\\n"));
			out.write("\\n" + value.slice(0, 9));
		}
		setTimeout(() => { for (const out of [process.stdout, process.stderr]) out.write(value.slice(9) + "\\nend"); }, 50);
		process.exitCode = 7;`;
	const result = await project.coffer(["run", ...printed(script)]);
	expect(result.status).toBe(7);
	for (const text of [result.stdout, result.stderr]) {
		for (const form of formsOf(CANARY)) expect(text).not.toContain(form);
		expect(text.split("\n").slice(0, 2)).toEqual(['{"value":"[API_KEY]"}', "[API_KEY]"]);
		expect(text.split("\n").slice(-2)).toEqual(["[API_KEY]", "end"]);
	}
});

test("values are replaced in the terminal that Turborepo or Nx gives a task, because they write its output to files", async () => {
	const command = ["--", "/bin/sh", "-c", 'echo "$API_KEY"; echo "$API_KEY" >&2; test -t 0 && echo typed'];
	const shown = async (env: Readonly<Record<string, string>>, ...flags: readonly string[]) => {
		const inTask = Object.assign(Object.create(project), { variables: { ...project.variables, ...env } });
		const { status, shown: text } = await onTerminal(inTask, ["run", ...flags, ...command], []);
		return { status, lines: text.trim().split(/\r?\n/).sort() };
	};
	const [clear, replaced] = [CANARY, "[API_KEY]"].map((text) => ({
		status: 0,
		lines: [text, text, "typed"].sort(),
	}));
	expect(await shown({})).toEqual(clear);
	expect(await shown({ TURBO_HASH: "0f" })).toEqual(replaced);
	expect(await shown({ NX_TASK_HASH: "1" })).toEqual(replaced);
	expect(await shown({ NX_TASK_HASH: "1" }, "--no-redact")).toEqual(clear);
});

test("run --no-redact passes the output on unchanged", async () => {
	const result = await project.coffer([
		"run",
		"--no-redact",
		...printed("process.stdout.write(process.env.API_KEY)"),
	]);
	expect([result.status, result.stdout]).toEqual([0, CANARY]);
});

test("bytes that are no text pass unchanged, and all of a large output arrives", async () => {
	const script = `const bytes = Buffer.alloc(3_000_000, Buffer.from([0, 255, 128, 10, 200]));
		process.stdout.write(bytes);
		process.stderr.write(require("crypto").createHash("sha256").update(bytes).digest("hex"));`;
	const inner = `"$0" "$1" run -- "$0" -e '${script}' | sha256sum`;
	const env = { COFFER_IDENTITY_FILE: join(project.machine, "identity") };
	writeFileSync(env.COFFER_IDENTITY_FILE, `${project.identity}\n`, { mode: 0o600 });
	const outer = ["run", "--", "/bin/sh", "-c", inner, process.execPath, PROGRAM];
	const result = await project.coffer(outer, { env });
	expect(result.stderr).toMatch(/^[0-9a-f]{64}$/);
	expect(result.stdout).toBe(`${result.stderr}  -\n`);
});

test("run --watch restarts the command when a secret that it gets changes, and only then", async () => {
	const script = `process.on("SIGTERM", () => { console.log("ending"); process.exit(0); });
		setInterval(() => {}, 60_000);
		console.log("has " + process.env.API_ID.length);`;
	const running = project.start(["run", "--watch", "--only", "API_ID", ...printed(script)]);
	await running.stdout.next(/^has 8$/);
	await project.ok(["secrets", "set", "OTHER=another value"]);
	await project.ok(["secrets", "set", "API_ID=a longer number"]);
	await running.stdout.next(/^has 15$/);
	running.signal("SIGTERM");
	const { status, stdout, stderr } = await running.ended;
	expect([status, stdout]).toEqual([0, "has 8\nending\nhas 15\nending\n"]);
	expect(stderr).toBe("Restarting the command: API_ID changed.\n");
});

test("run --watch ends with the status of a command that ends by itself", async () => {
	const result = await project.coffer(["run", "--watch", ...printed("process.exit(9)")]);
	expect(result.status).toBe(9);
});

test("--expand replaces references in run, get and export, and without it nothing does", async () => {
	const url = "db://app:$" + "{PASSWORD}@host";
	await using other = await newProject();
	await other.ok(["secrets", "set", `URL=${url}`, "PASSWORD=hidden-word"]);
	const script = "process.stdout.write(process.env.URL + (process.env.PASSWORD ?? ' none'))";
	const run = (...flags: string[]) => ["run", "--only", "URL", ...flags, ...printed(script)];
	expect((await other.coffer(run("--no-redact", "--expand"))).stdout).toBe("db://app:hidden-word@host none");
	expect((await other.coffer(run("--no-redact"))).stdout).toBe(`${url} none`);
	const parts = printed('process.stdout.write(new URL(process.env.URL).password + "\\n" + process.env.URL)');
	expect((await other.coffer(["run", "--only", "URL", "--expand", ...parts])).stdout).toBe(
		"[PASSWORD]\n[URL]",
	);
	expect(await other.data(["secrets", "get", "URL", "--expand", "--reveal"])).toMatchObject({
		value: "db://app:hidden-word@host",
	});
	expect(await other.reveal("URL")).toBe(url);
	const exported = await other.data(["secrets", "export", "URL", "--expand", "--reveal", "--format", "json"]);
	expect(JSON.parse(exported.text)).toEqual({ URL: "db://app:hidden-word@host" });
	await other.ok(["secrets", "delete", "PASSWORD"]);
	const refused = await other.coffer([...run("--expand").slice(0, 4), "--json", "--", "true"]);
	expect(refused.error()).toMatchObject({ code: "REFERENCE_MISSING", exit: 125 });
	expect(refused.error().message).toContain("URL → PASSWORD");
});
