/** What the hooks accept and refuse, for each git command that brings in commits of others. */
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commit } from "../support/clone.ts";
import { runGitAsMember as git } from "../support/git.ts";
import { newProject, type Project } from "../support/project.ts";
import { copyOf, namesOf } from "./branches.ts";

/**
 * The branches `main`, `one` and `two`, which each set a secret of their own. The current branch is `main`.
 */
async function makeBranches(): Promise<Project> {
	const project = await newProject();
	await project.git("init", "--quiet", "--initial-branch", "main");
	await project.ok(["secrets", "set", "BASE=0"]);
	await project.ok(["git", "setup"]);
	await commit(project, "Start");
	for (const name of ["one", "two"]) {
		await project.git("checkout", "--quiet", "-b", name, "main");
		await project.ok(["secrets", "set", `OF_${name.toUpperCase()}=1`]);
		project.write(`${name}.txt`, `${name}\n`);
		await commit(project, `Branch ${name}`);
	}
	await project.git("checkout", "--quiet", "main");
	await project.ok(["secrets", "set", "OF_MAIN=1"]);
	await commit(project, "Main");
	return project;
}

let template: Project;
beforeAll(async () => {
	template = await makeBranches();
});
afterAll(() => template?.[Symbol.asyncDispose]());

describe("git merge --squash", () => {
	test("passes the hook with the secrets of both sides", async () => {
		await using project = copyOf(template);
		expect(git(project, "merge", "--squash", "one").status).toBe(0);
		const committed = git(project, "commit", "--quiet", "--message", "Squash");
		expect(committed).toMatchObject({ status: 0 });
		expect(await namesOf(project)).toEqual(["BASE", "OF_MAIN", "OF_ONE"]);
		await project.ok(["secrets", "set", "LATER=1"]);
		await project.git("add", "coffer.vault");
		expect(git(project, "commit", "--quiet", "--message", "Later")).toMatchObject({ status: 0 });
	});

	test.each(["main", "one"])("is refused if only the side of %s is kept", async (kept) => {
		await using project = copyOf(template);
		git(project, "merge", "--squash", "one");
		await project.git("checkout", kept, "--", "coffer.vault");
		const { status, text } = git(project, "commit", "--quiet", "--message", "Squash");
		expect(status).toBe(1);
		expect(text).toMatch(
			kept === "main" ? /would lose what SQUASH_MSG has: OF_ONE/ : /would lose what HEAD has: OF_MAIN/,
		);
		await project.ok(["vault", "resolve"]);
		await project.git("add", "coffer.vault");
		expect(git(project, "commit", "--quiet", "--message", "Squash")).toMatchObject({ status: 0 });
		expect(await namesOf(project)).toEqual(["BASE", "OF_MAIN", "OF_ONE"]);
	});
});

test("a vault that a filter of git changes is refused with the command that takes the filter away", async () => {
	await using project = copyOf(template);
	// As git-crypt does.
	await project.git("config", "filter.crypt.clean", "printf '\\0CRYPT\\377'; cat");
	project.write(".gitattributes", `${project.read(".gitattributes")}*.vault filter=crypt\n`);
	await project.ok(["secrets", "set", "LATER=1"]);
	// A plain 'git add' reads a file again that is as new as the index, but not an older one.
	utimesSync(join(project.root, "coffer.vault"), new Date(0), new Date(0));
	await project.git("add", ".gitattributes", "coffer.vault");
	const refused = git(project, "commit", "--quiet", "--message", "Later");
	expect(refused.status).toBe(1);
	expect(refused.text).toContain("the filter 'crypt'");
	expect(refused.text).toContain("git add .gitattributes && git add --renormalize coffer.vault");
	expect((await project.ok(["git", "setup"])).stdout).toContain(
		"Next, in the vault's folder: git add .gitattributes && git add --renormalize coffer.vault",
	);
	expect((await project.ok(["git", "setup"])).stdout).toBe("Git is set up already.\n");
	await project.git("add", ".gitattributes");
	await project.git("add", "--renormalize", "coffer.vault");
	expect(git(project, "commit", "--quiet", "--message", "Later")).toMatchObject({ status: 0 });
});

describe("a squash that the user gave up", () => {
	test("does not make the hook refuse a later commit, although git checkout leaves SQUASH_MSG", async () => {
		await using project = await copyOf(template);
		git(project, "merge", "--squash", "one");
		expect(git(project, "checkout", "--quiet", "HEAD", "--", ".").status).toBe(0);
		git(project, "rm", "--quiet", "--cached", "--ignore-unmatch", "one.txt");
		expect(project.read(".git/SQUASH_MSG")).toContain("Branch one");
		await project.ok(["secrets", "set", "LATER=1"]);
		project.write("later.txt", "later\n");
		await project.git("add", "coffer.vault", "later.txt");
		expect(git(project, "commit", "--quiet", "--message", "Later")).toMatchObject({ status: 0 });
		expect(await namesOf(project)).toEqual(["BASE", "LATER", "OF_MAIN"]);
	});
});

describe("an octopus merge", () => {
	test("passes if the branches change other files, and the vault of the branch that has one is complete", async () => {
		await using project = copyOf(template);
		// Git calls no merge driver in an octopus merge, so only one of the branches may change the vault.
		for (const name of ["plain", "base"]) {
			await project.git("checkout", "--quiet", "-b", name, "main~1");
			project.write(`${name}.txt`, `${name}\n`);
			await commit(project, name);
		}
		const merged = git(project, "merge", "--quiet", "--message", "Octopus", "plain", "one");
		expect(merged).toMatchObject({ status: 0 });
		expect(await namesOf(project)).toEqual(["BASE", "OF_ONE"]);
	});

	test("is refused if one of three sides is missing", async () => {
		await using project = copyOf(template);
		git(project, "merge", "--no-commit", "one");
		const heads = ["one", "two"].map((name) => git(project, "rev-parse", name).text.trim());
		project.write(".git/MERGE_HEAD", `${heads.join("\n")}\n`);
		const { status, text } = git(project, "commit", "--quiet", "--message", "Octopus");
		expect(status).toBe(1);
		expect(text).toMatch(/would lose what MERGE_HEAD has: OF_TWO/);
	});
});

describe("git revert", () => {
	test("of a commit that set a secret is refused, or the next command names the missing secret", async () => {
		await using project = copyOf(template);
		git(project, "revert", "--no-commit", "HEAD");
		const { status, text } = git(project, "commit", "--quiet", "--message", "Revert");
		expect(status).toBe(1);
		expect(text).toMatch(/would lose what HEAD has: OF_MAIN/);
		git(project, "revert", "--abort");
		git(project, "reset", "--quiet", "--hard");
		const reverted = git(project, "revert", "--no-edit", "HEAD");
		if (reverted.status !== 0) expect(reverted.text).toMatch(/would lose what HEAD has: OF_MAIN/);
		else expect((await project.data(["secrets", "list"])).warnings.join(" ")).toMatch(/OF_MAIN/);
	});

	test("of a commit that did not change the vault passes", async () => {
		await using project = copyOf(template);
		project.write("plain.txt", "plain\n");
		await commit(project, "Plain");
		expect(git(project, "revert", "--no-edit", "HEAD")).toMatchObject({ status: 0 });
		expect(await namesOf(project)).toEqual(["BASE", "OF_MAIN"]);
	});
});

const BRINGING_IN = [
	{
		what: "git cherry-pick",
		label: "CHERRY_PICK_HEAD",
		start: ["cherry-pick", "one"],
		go: ["cherry-pick", "--continue"],
	},
	{
		what: "git rebase",
		label: "REBASE_HEAD",
		start: ["rebase", "main", "one"],
		go: ["rebase", "--continue"],
	},
] as const;

describe.each(BRINGING_IN)("$what", ({ go, label, start }) => {
	test("passes the hook with the secrets of both sides", async () => {
		await using project = copyOf(template);
		expect(git(project, ...start)).toMatchObject({ status: 0 });
		expect(await namesOf(project)).toEqual(["BASE", "OF_MAIN", "OF_ONE"]);
	});

	test("that stopped is refused if its change of the vault is left out", async () => {
		await using project = copyOf(template);
		// Another file stops it. The vault is merged already.
		project.write("one.txt", "of main\n");
		await commit(project, "Conflict");
		expect(git(project, ...start).status).not.toBe(0);
		await project.git("checkout", "main", "--", "coffer.vault");
		project.write("one.txt", "both\n");
		await project.git("add", "--all");
		const stopped = git(project, "commit", "--quiet", "--message", "Go on");
		expect(stopped.status).toBe(1);
		expect(stopped.text).toMatch(new RegExp(`would lose what ${label} has: OF_ONE`));
		await project.ok(["vault", "resolve"]);
		await project.git("add", "--all");
		expect(git(project, ...go)).toMatchObject({ status: 0 });
		expect(await namesOf(project)).toEqual(["BASE", "OF_MAIN", "OF_ONE"]);
	});
});
