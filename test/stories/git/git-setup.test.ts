/** `coffer git setup` in a real repository: merges, diffs and commits through git alone. */
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type GitResult, runGit as git } from "../support/git.ts";
import { newProject, Project } from "../support/project.ts";

function gitOk(project: Project, ...args: readonly string[]): string {
	const { status, text } = git(project, args);
	if (status !== 0) throw new Error(`git ${args[0]}: ${text}`);
	return text;
}

function commitAll(project: Project): void {
	gitOk(project, "add", "--all");
	gitOk(project, "commit", "--quiet", "--message", "state");
}

/** A repository after setup, with A to E in its vault. */
async function repository(): Promise<Project> {
	const project = await newProject();
	await project.ok(["secrets", "set", "A=a", "B=b", "C=c"]);
	gitOk(project, "init", "--quiet", "--initial-branch", "main");
	await project.ok(["git", "setup"]);
	commitAll(project);
	return project;
}

async function branches(
	project: Project,
	theirs: readonly string[],
	ours: readonly string[],
): Promise<GitResult> {
	gitOk(project, "checkout", "--quiet", "-b", "branch");
	await project.ok(["secrets", ...theirs]);
	commitAll(project);
	gitOk(project, "checkout", "--quiet", "main");
	await project.ok(["secrets", ...ours]);
	commitAll(project);
	return git(project, ["merge", "--no-edit", "branch"]);
}

test("the merge driver merges adjacent new names, and the result is valid", async () => {
	await using project = await repository();
	const merge = await branches(project, ["set", "AA=1", "B=new"], ["set", "AB=2"]);
	expect(merge).toMatchObject({ status: 0 });
	const { secrets } = await project.data(["secrets", "list"]);
	expect(secrets.map(({ name }: { name: string }) => name)).toEqual(["A", "AA", "AB", "B", "C"]);
	expect(await project.reveal("B")).toBe("new");
	expect(gitOk(project, "status", "--porcelain")).toBe("");
	await project.ok(["vault", "verify"]);
});

test("two values for one name are a conflict with that name, and the hook refuses the commit until it is resolved", async () => {
	await using project = await repository();
	const merge = await branches(project, ["set", "B=theirs-value", "AA=1"], ["set", "B=ours-value", "AB=2"]);
	expect(merge.status).toBe(1);
	expect(merge.text).toContain("Both sides changed B (production).");
	expect(merge.text).toContain("coffer vault resolve");
	expect(merge.text).not.toMatch(/-value/);
	gitOk(project, "add", "coffer.vault");
	const refused = git(project, ["commit", "--no-edit"]);
	expect(refused.status).toBe(1);
	expect(refused.text).toMatch(/Not committed\. coffer\.vault, line \d+: git left a merge conflict/);
	await project.ok(["vault", "resolve", "--take", "theirs"]);
	commitAll(project);
	expect(await project.reveal("B")).toBe("theirs-value");
	expect((await project.data(["secrets", "list"])).secrets).toHaveLength(5);
});

test("a deletion on one side and an edit on the other are a conflict too", async () => {
	await using project = await repository();
	const merge = await branches(project, ["delete", "B"], ["set", "B=edited"]);
	expect(merge.status).toBe(1);
	expect(merge.text).toContain("Both sides changed B (production).");
});

test("git diff shows names, versions and authors, masked values if the identity is available, and never a value", async () => {
	await using project = await repository();
	await project.ok(["secrets", "set", "B=a-rather-long-value-B"]);
	await project.ok(["secrets", "delete", "C"]);
	const diff = git(project, ["diff"], { COFFER_IDENTITY: project.identity ?? "" }).text;
	expect(diff).toMatch(/^- {2}B {2}v1 {2}live {2}epoch 1 {2}by \S+ {2}••••$/m);
	expect(diff).toMatch(/^\+ {2}B {2}v2 {2}live {2}epoch 1 {2}by \S+ {2}••••-B$/m);
	expect(diff).toMatch(/^\+ {2}C {2}v2 {2}deleted {2}epoch 1 {2}by \S+$/m);
	const anonymous = git(project, ["diff"]);
	expect(anonymous.status).toBe(0);
	expect(anonymous.text).toMatch(/^\+ {2}B {2}v2 {2}live {2}epoch 1 {2}by \S+$/m);
	expect(diff + anonymous.text).not.toContain("rather-long");
});

test("the hook refuses the commit of a damaged vault, and accepts commits of other files", async () => {
	await using project = await repository();
	const good = project.vault;
	project.vault = good.replace("\nB\n", "\nBB\n");
	gitOk(project, "add", "coffer.vault");
	const refused = git(project, ["commit", "--message", "x"]);
	expect(refused.status).toBe(1);
	expect(refused.text).toMatch(
		/Not committed\. coffer\.vault, line \d+: the signature of the record of BB is not valid/,
	);
	project.vault = good.slice(0, 300);
	gitOk(project, "add", "coffer.vault");
	const cut = git(project, ["commit", "--message", "x"]);
	const [, command = ""] = /restore it from git \(git ([^)]*)\)/.exec(cut.text) ?? [];
	gitOk(project, ...command.split(" "));
	expect(project.vault).toBe(good);
	project.write("other.txt", "text\n");
	commitAll(project);
});

test("a second setup changes nothing, --remove restores everything, and an existing hook still runs", async () => {
	await using project = await newProject();
	gitOk(project, "init", "--quiet", "--initial-branch", "main");
	project.write(".git/hooks/pre-commit", "#!/bin/sh\necho the other hook ran >&2\n");
	chmodSync(join(project.root, ".git/hooks/pre-commit"), 0o755);
	const files = [".git/config", ".git/hooks/pre-commit", ".gitattributes"];
	const before = files.map((file) => project.read(file));
	const first = await project.data(["git", "setup"]);
	expect(first.changed).toEqual([
		"merge.coffer.name",
		"merge.coffer.driver",
		"diff.coffer.textconv",
		".gitattributes",
		"pre-commit",
	]);
	const after = files.map((file) => project.read(file));
	expect(await project.data(["git", "setup"])).toMatchObject({ changed: [], hook: "present" });
	expect((await project.ok(["git", "setup"])).stdout).toBe("Git is set up already.\n");
	expect(files.map((file) => project.read(file))).toEqual(after);
	gitOk(project, "add", "--all");
	expect(gitOk(project, "commit", "--message", "x")).toContain("the other hook ran");
	await project.ok(["git", "setup", "--remove"]);
	expect(files.map((file) => project.read(file))).toEqual(before);
	expect((await project.ok(["git", "setup", "--remove"])).stdout).toMatch(/no setup to remove/);
});

test("setup does not change a hook that is not a shell script, or another tool's folder of hooks, and says so", async () => {
	await using project = await newProject();
	expect((await project.coffer(["git", "setup"])).status).toBe(4);
	gitOk(project, "init", "--quiet");
	project.write(".git/hooks/pre-commit", "#!/usr/bin/env node\n");
	const foreign = await project.data(["git", "setup"]);
	expect(foreign.hook).toBe("foreign");
	expect(foreign.warnings).toEqual([expect.stringMatching(/is not a shell script.*coffer git check/)]);
	expect(project.read(".git/hooks/pre-commit")).toBe("#!/usr/bin/env node\n");
	gitOk(project, "config", "core.hooksPath", ".hooks");
	expect((await project.data(["git", "setup"])).hook).toBe("elsewhere");
	const { stderr, stdout } = await project.ok(["git", "setup"]);
	expect(stderr).toContain("core.hooksPath");
	expect(stdout).toBe("Everything else is set up already.\n");
});

test("setup overrides lines of .gitattributes that let git merge or convert the vault otherwise, and says where it cannot", async () => {
	for (const line of ["* text eol=crlf", "* merge=union", "*.vault filter=lfs diff=lfs merge=lfs -text"]) {
		await using project = await repository();
		project.write(".gitattributes", `${project.read(".gitattributes")}${line}\n`);
		const { checks } = await project.data(["doctor"]);
		expect(checks, line).toContainEqual(expect.objectContaining({ check: "git-setup", state: "warning" }));
		expect(await project.data(["git", "setup"]), line).toMatchObject({ changed: [".gitattributes"] });
		expect(await project.data(["git", "setup"]), line).toMatchObject({ changed: [], overridden: false });
		const merge = await branches(project, ["set", "AA=1"], ["set", "AB=2"]);
		expect(merge.status, line).toBe(0);
		await project.ok(["vault", "verify"]);
		const written = project.read(".gitattributes");
		project.write(".git/info/attributes", "*.vault merge=union\n");
		const { stderr } = await project.coffer(["git", "setup"]);
		expect(stderr, line).toContain(".git/info/attributes");
		expect(project.read(".gitattributes"), line).toBe(written);
		await project.ok(["git", "setup", "--remove"]);
		// Git gave this file the line ends that one of the lines asks for.
		const left = project.read(".gitattributes").replaceAll("\r", "");
		expect(left, line).toBe(`coffer.vault text eol=lf\n${line}\n`);
	}
});

test("git rerere replays a resolution of the same conflict", async () => {
	await using project = await repository();
	gitOk(project, "config", "rerere.enabled", "true");
	gitOk(project, "config", "rerere.autoupdate", "true");
	expect((await branches(project, ["set", "B=theirs"], ["set", "B=ours"])).status).toBe(1);
	await project.ok(["vault", "resolve", "--take", "theirs"]);
	commitAll(project);
	const resolved = project.vault;
	gitOk(project, "reset", "--quiet", "--hard", "HEAD~1");
	const again = git(project, ["merge", "--no-edit", "branch"]);
	expect(again.text).toContain("Staged 'coffer.vault' using previous resolution.");
	expect(project.vault).toBe(resolved);
});

test("init, status and doctor say that git ignores the vault, which would then be in no commit", async () => {
	await using project = new Project();
	gitOk(project, "init", "--quiet");
	project.write(".git/info/exclude", "*.vault\n");
	const said = "Git ignores coffer.vault";
	expect((await project.ok(["init"])).stderr).toContain(said);
	expect((await project.ok(["status"])).stderr).toContain(said);
	const { checks } = await project.data(["doctor"]);
	expect(checks).toContainEqual(expect.objectContaining({ check: "git-ignored", state: "warning" }));
	gitOk(project, "add", "--force", "coffer.vault");
	expect((await project.ok(["status"])).stderr).not.toContain(said);
});
