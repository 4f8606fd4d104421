/** Completion in bash, zsh and fish, each in a real terminal. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { completionScript } from "../../../src/cli/completion/scripts.ts";
import { PROGRAM } from "../../support/program.ts";
import { Tmux } from "../../support/tmux.ts";
import { cleanEnvironment, newProject, type Project } from "../support/project.ts";

let project: Project;
beforeAll(async () => {
	project = await newProject();
	await project.ok(["secrets", "set", "STRIPE_KEY=1", "MAIL_KEY=1"]);
	await project.ok(["environments", "create", "preview"]);
	await project.ok(["secrets", "set", "ONLY_PREVIEW=1", "-e", "preview"]);
	project.write("functions/checkout/index.ts", "");
	project.write("a folder/prod.env", "");
	project.write("settings.env", "");
	writeFileSync(join(project.machine, ".zshrc"), "PS1='ready> '\n");
	mkdirSync(join(project.machine, "bin"));
	symlinkSync(PROGRAM, join(project.machine, "bin/coffer"));
	for (const shell of ["bash", "zsh", "fish"] as const)
		writeFileSync(join(project.machine, `completion.${shell}`), completionScript(shell, PROGRAM));
});
afterAll(() => project?.[Symbol.asyncDispose]());

/** Replaces the program: prints its command line, each word as the shell parsed it. */
const PRINTING = "coffer() { printf '<%s>' coffer \"$@\"; echo; }";
const PRINTING_FISH = "function coffer; printf '<%s>' coffer $argv; echo; end";

const FISH_PROMPT =
	"function fish_prompt; echo -n 'ready> '; end; function fish_title; end; set -g fish_autosuggestion_enabled 0";

/**
 * How each shell starts without the user's settings, with a known prompt, and how completion is enabled in it.
 */
const SHELLS = {
	bash: { start: ["bash", "--noprofile", "--rcfile", "../.zshrc", "-i"], before: PRINTING },
	zsh: { start: ["zsh", "-d", "-i"], before: `autoload -Uz compinit; compinit -u -D; ${PRINTING}` },
	fish: { start: ["fish", "--no-config", "--init-command", FISH_PROMPT], before: PRINTING_FISH },
} as const;

/** What the user types before Tab, and the words that the line contains then. */
const LINES: readonly (readonly [string, ...string[]])[] = [
	["secrets get STR", "secrets", "get", "STRIPE_KEY"],
	["secrets get -e preview ON", "secrets", "get", "-e", "preview", "ONLY_PREVIEW"],
	["-e preview secrets get ON", "-e", "preview", "secrets", "get", "ONLY_PREVIEW"],
	["secrets rm MA", "secrets", "rm", "MAIL_KEY"],
	["status -e pre", "status", "-e", "preview"],
	["status --environment=pre", "status", "--environment=preview"],
	["functions logs ch", "functions", "logs", "checkout"],
	["secrets set --env-file sett", "secrets", "set", "--env-file", "settings.env"],
	["secrets set --env-file=sett", "secrets", "set", "--env-file=settings.env"],
	["enviro", "environments"],
	["secrets hist", "secrets", "history"],
	["secrets get --rev", "secrets", "get", "--reveal"],
	["vault resolve --take th", "vault", "resolve", "--take", "theirs"],
	["platform backup a", "platform", "backup", "a folder"],
	["run -- cat sett", "run", "--", "cat", "settings.env"],
	["secrets get NOBODY", "secrets", "get", "NOBODY"],
];

describe.each(Object.entries(SHELLS))("completion in %s", (shell, { start, before }) => {
	test("completes commands, flags, names and files", async () => {
		const env = {
			...cleanEnvironment(),
			...project.variables,
			PATH: `${join(project.machine, "bin")}:${process.env["PATH"]}`,
			// No key is available, and none is needed.
			COFFER_IDENTITY: undefined,
			LC_ALL: "C.UTF-8",
			ZDOTDIR: project.machine,
		};
		await using terminal = new Tmux({ command: start, cwd: project.root, env, columns: 120 });
		// A shell drops input that arrives before its line editor has started.
		await terminal.until("ready> ");
		await terminal.keys(
			"-l",
			`${before}; source ${join(project.machine, `completion.${shell}`)}; clear; echo on`,
		);
		await terminal.keys("Enter");
		await terminal.until("on\r\n");
		for (const [typed, ...words] of LINES) {
			await terminal.until("ready> ");
			await terminal.keys("-l", `coffer ${typed}`);
			await terminal.keys("Tab", "Enter");
			await terminal.until("<coffer>");
			// zsh removes the slash after a folder when the user types something else.
			const got = (await terminal.until("\n")).replace("/>", ">");
			expect([typed, got]).toEqual([typed, `${words.map((word) => `<${word}>`).join("")}\r`]);
		}
	});
});
