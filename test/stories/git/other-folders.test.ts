/** Changes and vaults that are in another clone, on another branch or in the stash, and not in this folder. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commit } from "../support/clone.ts";
import { newProject, Project } from "../support/project.ts";

async function pushFromThird(project: Project): Promise<void> {
	const cwd = "../third";
	await project.git("clone", "--quiet", "../origin.git", cwd);
	await project.ok(["secrets", "set", "C=made-in-the-third-clone"], { cwd });
	await project.git("-C", cwd, "commit", "--quiet", "-am", "C");
	await project.git("-C", cwd, "push", "--quiet");
}

test("a change of another clone on the same device is not called lost, and git pull brings it", async () => {
	await using project = await newProject();
	await project.git("init", "--quiet", "--initial-branch", "main");
	await project.ok(["secrets", "set", "A=first"]);
	await commit(project, "Start");
	await project.git("clone", "--quiet", "--bare", ".", "../origin.git");
	await project.git("remote", "add", "origin", "../origin.git");
	await project.git("fetch", "--quiet");
	await project.git("branch", "--quiet", "--set-upstream-to", "origin/main");
	const cwd = "../second";
	const second = join(project.root, cwd);
	await project.git("clone", "--quiet", "../origin.git", second);
	await project.ok(["secrets", "set", "B=made-in-the-second-clone"], { cwd });
	await project.git(
		"-C",
		second,
		"-c",
		"user.name=a",
		"-c",
		"user.email=a@x",
		"commit",
		"--quiet",
		"-am",
		"B",
	);
	await project.git("-C", second, "push", "--quiet");

	const refused = await project.coffer(["vault", "verify"]);
	expect(refused.status).toBe(7);
	expect(refused.stdout).toContain("made on this device, and not found in this clone");
	expect(refused.stderr).toMatch(/used this vault in another folder too, which is not searched/);
	expect(refused.stderr).toMatch(
		/commit and push them there, and then run here: git pull\n.*: coffer vault accept\n/,
	);
	expect((await project.coffer(["vault", "accept"])).stderr).toMatch(/another folder too/);
	await project.git("pull", "--quiet");
	await project.ok(["vault", "verify"]);

	// The second clone has received this one from git, so this device does not count as its author any more.
	await pushFromThird(project);
	await project.git("-C", second, "pull", "--quiet");
	await project.ok(["secrets", "list"], { cwd });
	const behind = await project.coffer(["vault", "verify"]);
	expect(behind.stdout).toContain("not found in this clone, although somebody else had it");
	expect(behind.stderr).toMatch(
		/commit and push them there, and then run here: git pull\n.*vault accept --all\n/,
	);
	await project.git("pull", "--quiet");
	await project.ok(["vault", "verify"]);
});

const VAULT_MISSING = "the branch here does not";

/** A repository whose branch `feature` has the vault, and whose checked-out branch `main` has none. */
async function onFeature(): Promise<Project> {
	const project = new Project();
	await project.git("init", "--quiet", "--initial-branch", "main");
	project.write("file.txt", "text\n");
	await commit(project, "Start");
	await project.git("checkout", "--quiet", "-b", "feature");
	await project.ok(["init"]);
	await project.ok(["secrets", "set", "A=first"]);
	await commit(project, "Vault");
	await project.git("checkout", "--quiet", "main");
	return project;
}

test("a vault on another branch is named where the branch here has none, and its command brings it", async () => {
	await using project = await onFeature();
	for (const args of [["secrets", "set", "B=b"], ["secrets", "list"], ["init"], ["doctor"]]) {
		const { status, stderr, stdout } = await project.coffer(args);
		expect(status, args[0]).not.toBe(0);
		expect(stderr + stdout, args[0]).toMatch(/branch feature has it, and the branch here does not/);
		expect(stderr + stdout, args[0]).toContain("git checkout feature -- coffer.vault");
	}
	expect((await project.coffer(["init"])).stderr).toContain("coffer init --separate");
	await project.git("checkout", "feature", "--", "coffer.vault");
	expect(await project.reveal("A")).toBe("first");
	await project.git("rm", "--quiet", "--cached", "coffer.vault");
	await rm(join(project.root, "coffer.vault"));
	await project.ok(["init", "--separate"]);
});

test("a vault on a remote branch, and one in the stash that git did not track, are named too", async () => {
	await using project = await onFeature();
	await project.git("clone", "--quiet", "--bare", ".", "../origin.git");
	await project.git("remote", "add", "origin", "../origin.git");
	await project.git("fetch", "--quiet", "origin");
	await project.git("branch", "--quiet", "-D", "feature");
	const remote = await project.coffer(["init"]);
	expect(remote).toMatchObject({ status: 5, stderr: expect.stringContaining(VAULT_MISSING) });
	expect(remote.stderr).toContain("To restore it: git checkout origin/feature -- coffer.vault\n");

	await project.ok(["init", "--separate"]);
	await project.ok(["secrets", "set", "KEPT=in-the-stash"]);
	await project.git("stash", "push", "--quiet", "--include-untracked");
	const stashed = await project.coffer(["init"]);
	expect(stashed.stderr).toContain("To restore it: git checkout 'stash@{0}^3' -- coffer.vault\n");
	await project.git("checkout", "stash@{0}^3", "--", "coffer.vault");
	expect(await project.reveal("KEPT")).toBe("in-the-stash");
});

test("a patch that git could not apply: the hint ends it, and git am -3 merges the vault", async () => {
	await using project = await newProject();
	await project.git("init", "--quiet", "--initial-branch", "main");
	await project.ok(["git", "setup"]);
	await commit(project, "Start");
	await project.git("checkout", "--quiet", "-b", "feature");
	await project.ok(["secrets", "set", "C=c"]);
	await commit(project, "C");
	await project.git("format-patch", "--quiet", "-1", "--output", "../c.patch");
	await project.git("checkout", "--quiet", "main");
	await project.ok(["secrets", "set", "D=d"]);
	await commit(project, "D");
	await expect(project.git("am", "../c.patch")).rejects.toThrow(/am/);
	const { hint } = (await project.coffer(["vault", "verify", "--json"])).error();
	expect(hint).toMatch(/^Git could not apply a patch\. .*'git am -3 FILE': git am --abort$/m);
	await project.git("am", "--abort");
	await project.git("am", "-3", "../c.patch");
	await project.ok(["vault", "verify"]);
	expect(await project.reveal("C")).toBe("c");
});

test("a branch that git has merged without its vault is not merged again: the hint restores the secret", async () => {
	await using project = await newProject();
	await project.git("init", "--quiet", "--initial-branch", "main");
	await commit(project, "Start");
	await project.git("checkout", "--quiet", "-b", "feature");
	await project.ok(["secrets", "set", "S=s"]);
	await commit(project, "S");
	await project.git("checkout", "--quiet", "main");
	await project.ok(["secrets", "set", "M=m"]);
	await commit(project, "M");
	await project.git("merge", "--quiet", "--strategy", "ours", "--message", "Keep ours", "feature");
	const { hint } = (await project.coffer(["vault", "verify", "--json"])).error();
	expect(hint).not.toContain("git merge");
	expect(hint).toContain("To restore S: coffer vault restore S\n");
	await project.ok(["vault", "restore", "S"]);
	await project.ok(["vault", "verify"]);
});
