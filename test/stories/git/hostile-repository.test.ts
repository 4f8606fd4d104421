/**
 * Coffer in an untrusted repository. The repository's configuration names a program for each of git's settings
 * that takes one. Such a program only leaves a mark. No command of Coffer may cause a mark.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROGRAM_SETTINGS } from "../../../src/project/git/closed.ts";
import { ROOT } from "../../support/root.ts";
import { cleanEnvironment, newProject, type Project } from "../support/project.ts";

/** Hooks, from githooks(5). */
const HOOKS = [
	...[
		"pre-commit",
		"prepare-commit-msg",
		"commit-msg",
		"post-commit",
		"post-checkout",
		"post-merge",
		"pre-rebase",
	],
	...["post-index-change", "reference-transaction", "fsmonitor-watchman", "pre-auto-gc", "post-rewrite"],
];

/** `diff.<driver>.textconv` as `diff.mark.textconv`. */
function concrete(key: string): string {
	if (key === "pager.<cmd>") return "pager.rev-list";
	if (key === "alias.<name>") return "alias.rev-parse";
	if (key.startsWith("remote.")) return key.replace("<name>", "origin");
	// Git prefers a filter that keeps running and speaks a protocol, and then does not start the commands for
	// each file.
	if (key === "filter.<driver>.process") return "filter.staying.process";
	return key.replace(/<[a-z]+>/, "mark");
}

class Trap {
	readonly project: Project;
	readonly #marks: string;

	constructor(project: Project) {
		this.project = project;
		this.#marks = join(project.machine, "marks");
		mkdirSync(join(project.machine, "programs"));
		mkdirSync(this.#marks);
	}

	/**
	 * Creates a program that leaves a mark with this name.
	 * @returns its path
	 */
	program(name: string): string {
		const path = join(this.project.machine, "programs", name);
		// A filter reads its input to the end, because git may fail if nobody reads it.
		const rest = /\.(clean|smudge)$/.test(name) ? "cat > /dev/null\n" : "";
		writeFileSync(path, `#!/bin/sh\n: > '${join(this.#marks, name)}'\n${rest}`);
		chmodSync(path, 0o755);
		return path;
	}

	/** The marks since the last call. */
	takeMarks(): string[] {
		const marks = readdirSync(this.#marks).sort();
		for (const name of marks) rmSync(join(this.#marks, name));
		return marks;
	}

	/** Runs git as a user does who trusts the repository. */
	git(...args: readonly string[]): { status: number | null; stdout: string } {
		return spawnSync("git", ["-c", "user.name=Story", "-c", "user.email=story@example.com", ...args], {
			cwd: this.project.root,
			env: { ...cleanEnvironment(), HOME: join(this.project.machine, "home") },
			encoding: "utf8",
		});
	}

	/** Names a program for every setting, hook and attribute. */
	set(): void {
		for (const key of PROGRAM_SETTINGS.flatMap(({ keys }) => keys.split(" ")).map(concrete)) {
			// `core.hooksPath` is a folder and is set below. `remote.<name>.vcs` needs a program in PATH and disables
			// all other settings of a remote.
			if (["core.hooksPath", "remote.origin.vcs"].includes(key)) continue;
			const program = this.program(key);
			this.git("config", "--local", key, key.startsWith("alias.") ? `!${program}` : program);
		}
		this.git("config", "--local", "hook.mark.event", "pre-commit");
		const hooks = join(this.project.machine, "hooks");
		mkdirSync(hooks);
		for (const name of HOOKS) {
			const content = readFileSync(this.program(`hook.${name}`));
			for (const folder of [hooks, join(this.project.root, ".git/hooks")]) {
				writeFileSync(join(folder, name), content, { mode: 0o755 });
			}
		}
		this.git("config", "--local", "core.hooksPath", hooks);
		writeFileSync(
			join(this.project.root, ".git/info/attributes"),
			".gitignore filter=staying\ncoffer.vault diff=mark filter=mark merge=mark\n",
		);
	}

	/**
	 * Makes the repository a partial clone without one object, which git would fetch.
	 * @returns the object's id
	 */
	lackObject(name: string): string {
		const id = this.git("rev-parse", name).stdout.trim();
		cpSync(join(this.project.root, ".git"), join(this.project.machine, "origin.git"), { recursive: true });
		this.git("config", "--local", "core.repositoryFormatVersion", "1");
		this.git("config", "--local", "extensions.partialClone", "origin");
		this.git("config", "--local", "remote.origin.promisor", "true");
		this.git("config", "--local", "remote.origin.url", join(this.project.machine, "origin.git"));
		rmSync(join(this.project.root, ".git/objects", id.slice(0, 2), id.slice(2)));
		return id;
	}
}

let project: Project;
let trap: Trap;
let lacking: string;

beforeAll(async () => {
	project = await newProject();
	trap = new Trap(project);
	trap.git("init", "--quiet", "--initial-branch", "main");
	for (const value of ["one", "two", "three"]) {
		await project.ok(["secrets", "set", `A=${value}`]);
		trap.git("add", "--all");
		trap.git("commit", "--quiet", "--message", value);
	}
	await project.ok(["secrets", "set", "B=staged"]);
	trap.git("add", "--all");
	await project.ok(["secrets", "set", "C=not staged"]);
	trap.set();
	lacking = trap.lackObject("HEAD~1:coffer.vault");
});
afterAll(() => project?.[Symbol.asyncDispose]());

/**
 * Shows that the trap works: git itself, without Coffer's options, starts the programs that the repository
 * names.
 */
test.each([
	[["status"], ["core.fsmonitor"]],
	[["diff", "--cached", "HEAD"], ["diff.mark.command"]],
	[["show", "--textconv", "HEAD:coffer.vault"], ["diff.mark.textconv"]],
	[["cat-file", "--filters", "HEAD:coffer.vault"], ["filter.mark.smudge"]],
	[["cat-file", "--filters", "HEAD:.gitignore"], ["filter.staying.process"]],
	[["hook", "run", "pre-commit"], ["hook.pre-commit"]],
	[["config", "--local", "--edit"], ["core.editor"]],
] as const)("git %j itself runs the repository's programs, which leave the marks %j", (args, marks) => {
	trap.takeMarks();
	trap.git(...args);
	expect(trap.takeMarks()).toEqual(expect.arrayContaining([...marks]));
});

test("git itself would fetch the missing object from the promisor remote", () => {
	trap.takeMarks();
	expect(trap.git("cat-file", "-p", lacking).status).not.toBe(0);
	expect(trap.takeMarks()).toContain("remote.origin.uploadpack");
});

describe("Coffer runs no program of the repository", () => {
	/** The arguments of each command. A command that is not listed gets none. */
	const ARGUMENTS: Readonly<Record<string, readonly (readonly string[])[]>> = {
		"environments create": [["preview"]],
		"environments delete": [["nothing", "--yes"]],
		"functions delete": [["nothing"]],
		"git merge": [["coffer.vault", "ours", "theirs"]],
		"git setup": [[], ["--remove"]],
		"git textconv": [["coffer.vault"]],
		"identity export": [["export"]],
		"identity import": [["export"]],
		init: [[]],
		link: [["http://127.0.0.1:9", "--app", "x"]],
		"members add": [["nobody", "--name", "ben"]],
		"members remove": [["ben"]],
		plan: [["A"]],
		"platform backup": [["backup", "--data", "nothing"]],
		"platform restore": [["backup", "--data", "nothing"]],
		"platform token revoke": [["x"]],
		"requests ask": [["E", "--reason", "For a test"]],
		"requests accept": [["E"]],
		"requests decline": [["E", "--reason", "For a test"]],
		"requests fill": [["E"]],
		run: [["--", "true"]],
		"secrets copy": [["--from", "production", "--to", "preview", "--all"]],
		"secrets delete": [["C"]],
		"secrets get": [["A", "--reveal"]],
		"secrets history": [["A"]],
		"secrets note": [["A", "text"], ["A"], ["A", "--delete"]],
		"secrets rollback": [["A", "--to", "2"]],
		"secrets set": [["D=4"]],
		types: [[], ["--check"]],
		"vault restore": [["A", "--version", "1"]],
		"vault verify": [[], ["--offline"]],
	};
	/** Servers do not end by themselves, and do not read a repository. */
	const LEFT_OUT = ["platform start"];
	const manifest = JSON.parse(readFileSync(join(ROOT, "oclif.manifest.json"), "utf8")) as {
		commands: Record<string, unknown>;
	};
	const commands = Object.keys(manifest.commands)
		.map((id) => id.replaceAll(":", " "))
		.filter((name) => !LEFT_OUT.includes(name));

	test("the list of commands names only commands that exist", () => {
		for (const name of Object.keys(ARGUMENTS)) expect(commands).toContain(name);
	});

	test.each(commands)("%s", async (name) => {
		project.write("ours", "ours\n");
		project.write("theirs", "theirs\n");
		trap.takeMarks();
		for (const args of ARGUMENTS[name] ?? [[]]) {
			const result = await project.kept([...name.split(" "), ...args]);
			expect(result.stderr).not.toContain("bug of Coffer");
			expect(trap.takeMarks()).toEqual([]);
		}
	});

	test("and still works: history without the missing objects, rollback, check, setup", async () => {
		const { versions, looked, notes } = await project.data(["secrets", "history", "A"]);
		const numbers = versions.map(({ version }: { version: number }) => version);
		expect(numbers).toEqual(expect.arrayContaining([1, 3]));
		expect(numbers).not.toContain(2);
		expect(looked).toEqual(["coffer.vault", "git (3 commits of coffer.vault)"]);
		expect(notes).toEqual([expect.stringContaining("Not every commit has a coffer.vault")]);
		await project.ok(["secrets", "rollback", "A", "--to", "1"]);
		expect(await project.reveal("A")).toBe("one");
		expect(await project.data(["git", "check"])).toMatchObject({ checked: expect.any(Array) });
		const setup = await project.data(["git", "setup"]);
		expect(setup.hook).toBe("elsewhere");
		expect(trap.git("config", "--local", "merge.coffer.driver").stdout).toContain("git merge %O %A %B %P");
		expect(trap.takeMarks()).toEqual([]);
	});
});

test("a bare repository among the files is not used as the project's repository", async () => {
	const inner = join(project.machine, "elsewhere");
	mkdirSync(inner);
	cpSync(join(project.root, "coffer.vault"), join(inner, "coffer.vault"));
	trap.git("init", "--quiet", "--bare", inner);
	trap.git("--git-dir", inner, "config", "core.fsmonitor", trap.program("inner"));
	const result = await project.coffer(["secrets", "history", "A"], { cwd: "../elsewhere" });
	expect(result.stdout + result.stderr).toContain("Git finds no repository here");
	expect(trap.takeMarks()).toEqual([]);
});
