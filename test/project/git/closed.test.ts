/** The command line and the environment of every git that Coffer starts. */
import {
	chmodSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	realpathSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
	closedArguments,
	closedEnvironment,
	FIXED_VARIABLES,
	PASSED_VARIABLES,
	PROGRAM_SETTINGS,
} from "../../../src/project/git/closed.ts";
import { findObjects } from "../../../src/project/git/history/objects.ts";
import { readVaultHistory } from "../../../src/project/git/history/vault-commits.ts";
import { listTexts } from "../../../src/project/git/history/vault-texts.ts";
import { checkStaged } from "../../../src/project/git/hook/check-commit.ts";
import { lastTree, stagedSince } from "../../../src/project/git/hook/staged.ts";
import { mergeVaultFiles } from "../../../src/project/git/merge.ts";
import { findGit, requireVersion } from "../../../src/project/git/program.ts";
import { type GitContext, runGit } from "../../../src/project/git/run.ts";
import { removeGitSetup, setUpGit } from "../../../src/project/git/setup.ts";
import { refusalOf } from "../../support/refusal.ts";
import { TestProject } from "../project.ts";
import { GIT_ENVIRONMENT, Repository } from "../repository.ts";

let folder: string;

beforeEach(() => {
	folder = realpathSync(mkdtempSync(join(tmpdir(), "coffer-git-")));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = process.env.PATH ?? "";

/** A program with the name git in a new folder. @returns the folder */
function gitProgram(script: string, name = "bin"): string {
	const bin = join(folder, name);
	mkdirSync(bin);
	writeFileSync(join(bin, "git"), `#!/bin/sh\n${script}\n`);
	chmodSync(join(bin, "git"), 0o755);
	return bin;
}

function place(bin: string, cwd = folder): GitContext {
	return { folder: cwd, variables: { PATH: `${bin}${delimiter}${path}` } };
}

interface Call {
	readonly args: readonly string[];
	readonly variables: Readonly<Record<string, string>>;
}

/** A wrapper of git that records how it is called. */
class Recorder {
	readonly bin: string;
	readonly #calls = join(folder, "calls");

	constructor() {
		mkdirSync(this.#calls);
		const real = findGit({ PATH: path });
		this.bin = gitProgram(
			`n=$(mktemp ${this.#calls}/XXXXXX); printf '%s\\0' "$@" > $n.args; env -0 > $n.env; exec ${real} "$@"`,
		);
	}

	get calls(): Call[] {
		const words = (name: string) => readFileSync(name, "utf8").split("\0").slice(0, -1);
		return filesOf(this.#calls).map((name) => ({
			args: words(`${name}.args`),
			variables: Object.fromEntries(
				words(`${name}.env`).map((line) => [
					line.slice(0, line.indexOf("=")),
					line.slice(line.indexOf("=") + 1),
				]),
			),
		}));
	}
}

function filesOf(calls: string): string[] {
	return readdirSync(calls)
		.filter((name) => !name.includes("."))
		.map((name) => join(calls, name));
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

test("every call of git has the closed configuration and no other git variables", async () => {
	using project = await TestProject.create();
	const repository = new Repository(project);
	await project.set({ A: "1" });
	repository.git("add", "-A");
	const recorder = new Recorder();
	const { PATH: _, ...own } = GIT_ENVIRONMENT;
	const variables = { ...CALLER, ...own, PATH: `${recorder.bin}${delimiter}${path}` };
	const where = { folder: project.root, variables };
	await readVaultHistory(where, () => undefined);
	expect((await listTexts(where)).kept).toMatchObject([{ kind: "index" }, { kind: "head" }]);
	expect(await checkStaged(where, await stagedSince(where, await lastTree(where)))).toEqual(["coffer.vault"]);
	await setUpGit(where, { script: "/bin/coffer", node: process.execPath });
	await removeGitSetup(where);
	for (const name of ["base", "ours", "theirs"]) writeFileSync(join(folder, name), `${name}\n`);
	const [base, ours, theirs] = ["base", "ours", "theirs"].map((name) => join(folder, name));
	await refusalOf(mergeVaultFiles(where, { base: base ?? "", ours: ours ?? "", theirs: theirs ?? "" }));
	expect(readFileSync(ours ?? "", "utf8")).toContain("<<<<<<< ours");

	const { calls } = recorder;
	const run = new Set<string | undefined>();
	for (const { args, variables: got } of calls) {
		const command = args.slice(closedArguments([]).length);
		const closed = JSON.stringify(args) === JSON.stringify(closedArguments(command));
		const seeing = args.slice(closedArguments([], "hooks-path").length);
		if (!closed) expect(args).toEqual(closedArguments(seeing, "hooks-path"));
		run.add(closed ? command[0] : seeing[0]);
		expect(got).toMatchObject(FIXED_VARIABLES);
		const others = Object.keys(got).filter((name) => name.startsWith("GIT_") && !(name in FIXED_VARIABLES));
		expect(others.filter((name) => !PASSED_VARIABLES.has(name))).toEqual([]);
		expect(Object.values(got).filter((value) => value.includes("/somewhere"))).toEqual([]);
	}
	const reading = ["cat-file", "diff-index", "for-each-ref", "ls-files", "rev-list", "rev-parse"];
	const plumbing = [...reading, "config", "merge-file", "version"].sort();
	expect([...run].sort()).toEqual(plumbing);
});

describe("the closed configuration", () => {
	test("is passed before the command, and leaves core.hooksPath unchanged only in the query for the hooks' folder", () => {
		const args = closedArguments(["rev-parse", "HEAD"]);
		expect(args.slice(-2)).toEqual(["rev-parse", "HEAD"]);
		expect(args).toContain("core.hooksPath=/dev/null");
		expect(args).toContain("core.fsmonitor=");
		expect(args).toContain("safe.bareRepository=explicit");
		const seeing = closedArguments(["config"], "hooks-path");
		expect(args.length - 1 - seeing.length).toBe(2);
		expect(seeing).not.toContain("core.hooksPath=/dev/null");
	});

	test("keeps the variables that locate a hook's repository, and the rest of the environment", () => {
		const kept = {
			GIT_DIR: ".git",
			GIT_INDEX_FILE: ".git/index.lock",
			HOME: "/home/a",
			LANG: "C",
			PATH: "/bin",
		};
		const dropped = { GIT_SSH_COMMAND: "x", git_dir: "x", GIT_CONFIG_COUNT: "1", GIT_PREFIX: "x" };
		expect(closedEnvironment({ ...kept, ...dropped })).toEqual({ ...kept, ...FIXED_VARIABLES });
	});

	test("has a reason for each setting why it starts no program", () => {
		for (const { reason } of PROGRAM_SETTINGS) expect(reason).not.toBe("");
		const keys = PROGRAM_SETTINGS.flatMap((setting) => setting.keys.split(" "));
		expect(new Set(keys).size).toBe(keys.length);
	});
});

describe("the git that is run", () => {
	test("is searched only in absolute folders, because a relative one could be in an untrusted repository", () => {
		const bin = gitProgram("exit 0");
		const real = findGit({ PATH: path });
		expect(findGit({ PATH: [bin, path].join(delimiter) })).toBe(join(bin, "git"));
		expect(findGit({ PATH: [".", "", "bin", path].join(delimiter) })).toBe(real);
		expect(() => findGit({ PATH: "." })).toThrow(expect.objectContaining({ code: "GIT_NOT_FOUND", exit: 4 }));
	});

	test.each(["git version 2.29.9", "git version 1.99.0", "git version two", ""])(
		"is refused if its version output is %j",
		async (answer) => {
			const refused = { code: "GIT_TOO_OLD", exit: 1 };
			expect(() => requireVersion(answer)).toThrow(expect.objectContaining(refused));
			const bin = gitProgram(`echo '${answer}'`);
			expect(await refusalOf(runGit(place(bin), ["rev-parse"]))).toMatchObject(refused);
		},
	);

	test.each([
		"git version 2.30.0",
		"git version 2.39.5 (Apple Git-154)",
		"git version 2.47.1.windows.2",
		"git version 3.0",
	])("is accepted if its version output is %j", (answer) => requireVersion(answer));

	const answering = (script: string) =>
		gitProgram(`case "$*" in *version) echo git version 2.99;; *) ${script};; esac`);

	test("is ended if it does not answer or answers without end", async () => {
		const silent = answering("exec sleep 1000");
		expect(await refusalOf(runGit(place(silent), ["rev-list"], { ms: 20 }))).toMatchObject({
			code: "GIT_TIMED_OUT",
			message: expect.stringContaining("git rev-list did not answer"),
			exit: 1,
		});
		rmSync(silent, { recursive: true });
		const endless = answering("exec yes");
		expect(await refusalOf(runGit(place(endless), ["rev-list"], { outputBytes: 100_000 }))).toMatchObject({
			code: "GIT_OUTPUT_TOO_LARGE",
			message: expect.stringContaining("printed more than 100000 bytes"),
			exit: 1,
		});
	});

	test("is ended if it answers about objects with an endless line", async () => {
		const bin = answering("exec tr '\\0' a < /dev/zero");
		expect(await refusalOf(findObjects(place(bin), ["HEAD:x"]))).toMatchObject({
			code: "GIT_OUTPUT_TOO_LARGE",
			exit: 1,
		});
	});

	test("in a deleted folder fails with a message about the folder", async () => {
		const gone = place(gitProgram("exec true"), join(folder, "gone"));
		expect(await refusalOf(runGit(gone, ["rev-parse"]))).toMatchObject({ code: "GIT_FAILED", exit: 1 });
	});
});
