/** Who gets to see values: a person at a terminal, or a script with COFFER_ALLOW_REVEAL, and nobody else. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readEnvironment } from "../../../src/cli/shell/process-environment.ts";
import { requireReveal } from "../../../src/cli/shell/reveal.ts";
import { PROGRAM } from "../../support/program.ts";
import { ROOT } from "../../support/root.ts";
import { formsOf } from "../../support/values/forms.ts";
import { cleanEnvironment, newProject, type Project } from "../support/project.ts";

const CANARY = "cAnary+reveal/1 é&xyzzy-0001";
let ana: Project;

beforeAll(async () => {
	ana = await newProject({ env: { COFFER_ALLOW_REVEAL: undefined } });
	await ana.ok(["environments", "create", "preview"]);
	await ana.ok(["secrets", "set", `API_KEY=${CANARY}`, "OTHER=other"]);
	await ana.ok(["secrets", "set", `API_KEY=${CANARY}.`, "-e", "preview"]);
	ana.write("../main.env", "A=1\n");
});
afterAll(() => ana?.[Symbol.asyncDispose]());

const hits = (text: string | Buffer) => formsOf(CANARY).filter((form) => Buffer.from(text).includes(form));

/** Every way on which values leave in the clear. */
const REVEALING: readonly (readonly [readonly string[], number])[] = [
	[["secrets", "get", "API_KEY", "--reveal"], 3],
	[["secrets", "get", "API_KEY", "--reveal", "--expand", "--json"], 3],
	[["secrets", "export"], 3],
	[["secrets", "export", "--reveal", "--format", "json"], 3],
	[["secrets", "export", "--output", "out.env"], 3],
	[["secrets", "diff", "preview", "production", "--reveal"], 3],
	[["secrets", "edit"], 3],
	[["run", "--no-redact", "--", "printenv", "API_KEY"], 125],
];

/** A program starts coffer with pipes. EDITOR prints the file. */
const PIPES = { COFFER_ALLOW_REVEAL: undefined, EDITOR: "cat", VISUAL: undefined };

test.each(REVEALING)(
	"a program that starts coffer with pipes gets no value from %j",
	async (args, status) => {
		const words = args.indexOf("--") < 0 ? args.length : args.indexOf("--");
		const json = [...args.slice(0, words), "--json", ...args.slice(words)];
		const result = await ana.kept(json, { env: PIPES });
		expect([result.status, hits(result.stdout + result.stderr)]).toEqual([status, []]);
		expect(existsSync(join(ana.root, "out.env"))).toBe(false);
		const { code, hint } = result.error();
		expect(code).toBe("REVEAL_REFUSED");
		for (const way of ["coffer run -- COMMAND", "person", "COFFER_ALLOW_REVEAL=1"])
			expect(hint).toContain(way);
	},
);

test.each([
	[undefined, true, true],
	[undefined, false, false],
	["", true, true],
	["", false, false],
	["0", true, false],
	["false", true, false],
	["1", false, true],
])(
	"COFFER_ALLOW_REVEAL=%s and a person at a terminal (%s) reveal values: %s",
	(allow, isAttended, reveals) => {
		const environment = readEnvironment({ COFFER_ALLOW_REVEAL: allow });
		const attempt = () => requireReveal({ isAttended }, environment, "This prints a value");
		if (reveals) attempt();
		else expect(attempt).toThrow(expect.objectContaining({ code: "REVEAL_REFUSED", exit: 3 }));
	},
);

test("all flags that reveal are in the list above, but the one for a file that the caller gives", () => {
	const manifest = JSON.parse(readFileSync(join(ROOT, "oclif.manifest.json"), "utf8"));
	const found = Object.entries<{ flags: Record<string, unknown> }>(manifest.commands).flatMap(
		([id, { flags }]) =>
			Object.keys(flags)
				.filter((flag) => /reveal|redact|plain|show/.test(flag))
				.map((flag) => `${id.replaceAll(":", " ")} --${flag}`),
	);
	const known = REVEALING.map(([args]) => args.join(" "));
	const missing = found.filter((flag) => {
		const [words = "", name = ""] = flag.split(" --");
		return !known.some((line) => line.startsWith(words) && line.includes(`--${name}`));
	});
	expect(missing).toEqual(["secrets check --reveal"]);
});

test("what a program without permission is left with: names, masks, and commands that use the values", async () => {
	const outputs: string[] = [];
	for (const args of [
		["secrets", "get", "API_KEY"],
		["secrets", "list"],
		["secrets", "diff", "preview", "production"],
		["secrets", "history", "API_KEY"],
		["status"],
		["git", "textconv", "coffer.vault"],
		["vault", "verify"],
		["plan", "API_KEY"],
		["types"],
		["secrets", "check", "../main.env", "--reveal"],
		["complete", "1", "coffer", "secrets"],
	]) {
		const { stdout, stderr } = await ana.kept([...args, "--json"]);
		outputs.push(stdout, stderr);
	}
	const code = "console.log(process.env.API_KEY.length, process.env.API_KEY)";
	const used = await ana.coffer(["run", "--", process.execPath, "-e", code]);
	expect([used.status, used.stdout]).toEqual([0, `${CANARY.length} [API_KEY]\n`]);
	expect(hits(outputs.join("\n"))).toEqual([]);
});

test("a script or a job with COFFER_ALLOW_REVEAL=1 gets the value, and what it starts with run does not", async () => {
	const env = { COFFER_ALLOW_REVEAL: "1" };
	expect((await ana.coffer(["secrets", "get", "API_KEY", "--reveal"], { env })).stdout).toBe(`${CANARY}\n`);
	const inherited = ["run", "--", process.execPath, "-p", "process.env.COFFER_ALLOW_REVEAL"];
	expect((await ana.coffer(inherited, { env })).stdout).toBe("undefined\n");
	expect((await ana.coffer(inherited, { env: { COFFER_ALLOW_REVEAL: "0" } })).stdout).toBe("0\n");
});

describe("a shell in a terminal", () => {
	/** Runs a script of a shell in a pseudo-terminal. `coffer` is the program. */
	function inTerminal(script: string): string {
		ana.write("../script.sh", `coffer() { '${PROGRAM}' "$@"; }\n${script}\n`);
		const shell = ["--quiet", "--return", "--command", "sh ../script.sh", "/dev/null"];
		const variables = Object.entries(ana.variables).filter(([, value]) => value !== undefined);
		const { stdout } = spawnSync("script", shell, {
			cwd: ana.root,
			env: { ...cleanEnvironment(), ...Object.fromEntries(variables), TERM: "xterm" },
			encoding: "utf8",
		});
		return stdout;
	}

	test.each([
		'echo "$(coffer secrets get API_KEY --reveal)"',
		"CI=1 coffer secrets get API_KEY --reveal --json | cat",
		"coffer secrets export --reveal > file && cat file; rm file",
	])("gets the value: %s", (script) => {
		expect(hits(inTerminal(script))).not.toEqual([]);
	});

	test("gets no value where a standard stream is no terminal, although it could open /dev/tty", () => {
		const shown = inTerminal(`coffer secrets get API_KEY --reveal < /dev/null
			coffer secrets get API_KEY --reveal 2> errors; cat errors > /dev/tty`);
		expect(shown.match(/no person is at a terminal here/g)).toHaveLength(2);
		expect(hits(shown)).toEqual([]);
	});
});
