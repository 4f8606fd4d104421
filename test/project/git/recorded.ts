/** A git that records how it is called. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect } from "vitest";
import { closedArguments, FIXED_VARIABLES, PASSED_VARIABLES } from "../../../src/project/git/closed.ts";
import { findGit } from "../../../src/project/git/program.ts";
import { GIT_ENVIRONMENT } from "../repository.ts";

const path = process.env.PATH ?? "";

/** A program with the name git in a new folder. @returns the folder */
export function gitProgram(bin: string, script: string): string {
	mkdirSync(bin);
	writeFileSync(join(bin, "git"), `#!/bin/sh\n${script}\n`);
	chmodSync(join(bin, "git"), 0o755);
	return bin;
}

/**
 * Variables that a caller's environment may have: programs, traces and settings, and those that git sets for
 * a hook.
 */
const CALLER = {
	...Object.fromEntries(
		["GIT_SSH", "GIT_EXTERNAL_DIFF", "GIT_TRACE", "GIT_TRACE2", "GIT_EXEC_PATH", "GIT_TEMPLATE_DIR"].map(
			(name) => [name, "/somewhere"],
		),
	),
	GIT_CONFIG_COUNT: "1",
	GIT_CONFIG_KEY_0: "core.pager",
	GIT_CONFIG_VALUE_0: "/somewhere",
	GIT_CONFIG_PARAMETERS: "'core.pager'='/somewhere'",
	GIT_ALLOW_PROTOCOL: "ext",
	GIT_REPLACE_REF_BASE: "refs/somewhere",
	SSH_ASKPASS: "/somewhere",
};

interface Call {
	readonly args: readonly string[];
	readonly variables: Readonly<Record<string, string>>;
}

/** A wrapper of git that records how it is called. */
export class Recorder {
	readonly #bin: string;
	readonly #calls: string;

	/** @param folder for the wrapper and its records */
	constructor(folder: string) {
		this.#calls = join(folder, "calls");
		mkdirSync(this.#calls);
		const real = findGit({ PATH: path });
		this.#bin = gitProgram(
			join(folder, "bin"),
			`n=$(mktemp ${this.#calls}/XXXXXX); printf '%s\\0' "$@" > $n.args; env -0 > $n.env; exec ${real} "$@"`,
		);
	}

	/** The environment of a caller of Coffer, in which git is the wrapper. */
	get variables(): Record<string, string> {
		const { PATH: _, ...own } = GIT_ENVIRONMENT;
		return { ...CALLER, ...own, PATH: `${this.#bin}${delimiter}${path}` };
	}

	get #recorded(): Call[] {
		const words = (name: string) => readFileSync(name, "utf8").split("\0").slice(0, -1);
		const names = readdirSync(this.#calls).filter((name) => !name.includes("."));
		return names.map((name) => ({
			args: words(join(this.#calls, `${name}.args`)),
			variables: Object.fromEntries(
				words(join(this.#calls, `${name}.env`)).map((line) => [
					line.slice(0, line.indexOf("=")),
					line.slice(line.indexOf("=") + 1),
				]),
			),
		}));
	}

	/** Expects the closed configuration of every call. @returns the commands that were called, sorted */
	closedCommands(): string[] {
		const run = new Set<string>();
		for (const { args, variables: got } of this.#recorded) {
			const command = args.slice(closedArguments([]).length);
			const isClosed = JSON.stringify(args) === JSON.stringify(closedArguments(command));
			const seeing = args.slice(closedArguments([], "hooks-path").length);
			if (!isClosed) expect(args).toEqual(closedArguments(seeing, "hooks-path"));
			run.add((isClosed ? command[0] : seeing[0]) ?? "");
			// This command rejects literal paths, and these patterns are Coffer's own.
			const seesSyntax = command[0] === "check-ignore" || command.some((word) => word.startsWith(":(top,"));
			const literal = seesSyntax ? "0" : "1";
			expect(got).toMatchObject({ ...FIXED_VARIABLES, GIT_LITERAL_PATHSPECS: literal });
			const others = Object.keys(got).filter((name) => name.startsWith("GIT_") && !(name in FIXED_VARIABLES));
			expect(others.filter((name) => !PASSED_VARIABLES.has(name))).toEqual([]);
			expect(Object.values(got).filter((value) => value.includes("/somewhere"))).toEqual([]);
		}
		return [...run].sort();
	}
}
