/** Help and aliases: help about a command names its aliases, and a list of commands contains none of them. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { allAliases } from "../../../src/cli/command-words/aliases.ts";
import { PROGRAM } from "../../support/program.ts";

function help(...args: string[]): string {
	const { stdout, stderr } = spawnSync(PROGRAM, args, { encoding: "utf8" });
	expect(stderr).toBe("");
	return stdout;
}

/** The first column of the list of commands. */
function listed(text: string): string[] {
	const list = text.slice(text.indexOf("\nCOMMANDS\n"));
	return [...list.matchAll(/^ {2}(\S+(?: \S+)*) {2}/gm)].map(([, words = ""]) => words);
}

const ALIASES = allAliases().map(({ alias }) => alias);

test.each([
	{ args: ["--help"], command: "run" },
	{ args: ["secrets", "--help"], command: "secrets delete" },
])("`coffer $args` lists commands, and no alias", ({ args, command }) => {
	const commands = listed(help(...args));
	expect(commands).toContain(command);
	expect(commands.filter((words) => ALIASES.includes(words))).toEqual([]);
});

test("help for a command lists its aliases, under any name of the command", () => {
	const text = help("secrets", "rm", "API_KEY", "--help");
	expect(text).toMatch(/\$ coffer secrets delete NAMES/);
	expect(text).toMatch(/ALIASES\n {2}\$ coffer secrets rm\n/);
});
