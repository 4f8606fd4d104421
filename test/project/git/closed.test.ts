/** The command line and the environment of every git that Coffer starts. */
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
	closedArguments,
	closedEnvironment,
	FIXED_VARIABLES,
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
import { scanFiles, scanHistory, scanIndex } from "../../../src/project/plaintext/scan/scan.ts";
import { vaultIdOf } from "../../../src/vault/document/format.ts";
import { refusalOf } from "../../support/refusal.ts";
import { TestProject } from "../project.ts";
import { Repository } from "../repository.ts";
import { gitProgram as makeGitProgram, Recorder } from "./recorded.ts";

let folder: string;

beforeEach(() => {
	folder = realpathSync(mkdtempSync(join(tmpdir(), "coffer-git-")));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = process.env.PATH ?? "";

function gitProgram(script: string, name = "bin"): string {
	return makeGitProgram(join(folder, name), script);
}

function place(bin: string, cwd = folder): GitContext {
	return { folder: cwd, variables: { PATH: `${bin}${delimiter}${path}` } };
}

test("every call of git has the closed configuration and no other git variables", async () => {
	using project = await TestProject.create();
	const repository = new Repository(project);
	await project.set({ A: "1" });
	repository.git("add", "-A");
	const recorder = new Recorder(folder);
	const where = { folder: project.root, variables: recorder.variables };
	const vaultId = vaultIdOf(readFileSync(join(project.root, "coffer.vault"), "utf8"));
	await readVaultHistory(where, () => undefined, "head", vaultId);
	expect((await listTexts(where, vaultId)).kept).toMatchObject([{ kind: "index" }, { kind: "head" }]);
	expect(await checkStaged(where, await stagedSince(where, await lastTree(where)))).toEqual(["coffer.vault"]);
	await setUpGit(where, { script: "/bin/coffer", node: process.execPath });
	await removeGitSetup(where);
	for (const name of ["base", "ours", "theirs"]) writeFileSync(join(folder, name), `${name}\n`);
	const [base, ours, theirs] = ["base", "ours", "theirs"].map((name) => join(folder, name));
	await refusalOf(mergeVaultFiles(where, { base: base ?? "", ours: ours ?? "", theirs: theirs ?? "" }));
	expect(readFileSync(ours ?? "", "utf8")).toContain("<<<<<<< ours");

	const reading = ["cat-file", "diff-index", "for-each-ref", "ls-files", "rev-list", "rev-parse"];
	expect(recorder.closedCommands()).toEqual(
		[...reading, "check-attr", "config", "merge-file", "version"].sort(),
	);
});

test("so has every call of a scan", async () => {
	using project = await TestProject.create();
	writeFileSync(join(project.root, "leak"), `coffer-identity-1.${"A".repeat(43)}`);
	new Repository(project);
	const recorder = new Recorder(folder);
	const where = { folder: project.root, variables: recorder.variables };
	const nothing = { secrets: [], closed: [], opened: [] };
	const progress = () => undefined;
	const scans = [
		await scanHistory(nothing, where, progress),
		await scanIndex(nothing, where, progress),
		await scanFiles(nothing, { root: project.root, place: where, paths: [] }, progress),
	];
	for (const scan of scans) expect(scan).toMatchObject({ findings: [{ file: "leak", form: "identity" }] });
	const reading = ["cat-file", "check-ignore", "diff-tree", "ls-files", "rev-list", "rev-parse", "version"];
	// The version was checked before, unless this test runs alone.
	expect(new Set(["version", ...recorder.closedCommands()])).toEqual(new Set(reading));
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
