/** What `coffer vault resolve` merges in each state that git can leave in a working tree. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commit } from "../support/clone.ts";
import { runGit } from "../support/git.ts";
import { newProject, type Project } from "../support/project.ts";
import { copyOf, namesOf } from "./branches.ts";

/** Runs git, which may stop because of a conflict. */
const git = (project: Project, ...args: string[]) => runGit(project, args);

/**
 * Branch `one` sets OF_ONE and changes `file.txt`. Branch `main` sets OF_MAIN and changes that file too. Git
 * has no merge driver.
 */
async function makeBranches(): Promise<Project> {
	const project = await newProject();
	await project.git("init", "--quiet", "--initial-branch", "main");
	await project.ok(["secrets", "set", "BASE=0"]);
	project.write("file.txt", "start\n");
	await commit(project, "Start");
	await project.git("checkout", "--quiet", "-b", "one", "main");
	await project.ok(["secrets", "set", "OF_ONE=1"]);
	project.write("file.txt", "one\n");
	await commit(project, "One");
	await project.git("checkout", "--quiet", "main");
	await project.ok(["secrets", "set", "OF_MAIN=1"]);
	project.write("file.txt", "main\n");
	await commit(project, "Main");
	return project;
}

let template: Project;
beforeAll(async () => {
	template = await makeBranches();
});
afterAll(() => template?.[Symbol.asyncDispose]());

/** Applies the change of branch `one` as a patch. */
function applyPatch(project: Project): void {
	git(project, "format-patch", "--quiet", "-1", "--output-directory", "../tmp", "one");
	expect(git(project, "am", "-3", "../tmp/0001-One.patch").status).not.toBe(0);
}

function stashOne(project: Project): void {
	git(project, "checkout", "--quiet", "main~1");
	git(project, "checkout", "--quiet", "one", "--", ".");
	git(project, "stash", "--quiet");
	git(project, "checkout", "--quiet", "main");
	expect(git(project, "stash", "pop").status).not.toBe(0);
}

const started =
	(...args: string[]) =>
	(project: Project) =>
		expect(git(project, ...args).status).not.toBe(0);

/** Git commands that bring in branch `one`. Each stops because `file.txt` and the vault are in conflict. */
const STOPPED: Record<string, (project: Project) => void> = {
	"git merge": started("merge", "one"),
	"git merge --squash": started("merge", "--squash", "one"),
	"git rebase": started("rebase", "main", "one"),
	"git rebase --apply": started("rebase", "--apply", "main", "one"),
	"git cherry-pick": started("cherry-pick", "one"),
	"git am": applyPatch,
	"git stash pop": stashOne,
};

describe.each(Object.entries(STOPPED))("%s that stopped for conflicts", (_, bringIn) => {
	test("is resolved by vault resolve if git's index has both sides", async () => {
		await using project = copyOf(template);
		bringIn(project);
		expect((await project.coffer(["vault", "resolve", "--json"])).json()).toMatchObject({ conflicted: true });
		expect(await namesOf(project)).toEqual(["BASE", "OF_MAIN", "OF_ONE"]);
		expect(await project.data(["vault", "resolve"])).toMatchObject({ conflicted: false });
	});
});

/** Commands after which git still names the other side by a commit when the vault is already in the index. */
const NAMED = ["git merge", "git merge --squash", "git rebase", "git rebase --apply", "git cherry-pick"];

describe.each(NAMED)("%s that stopped, with only the side of HEAD added to the index", (name) => {
	test("is resolved by vault resolve with both sides", async () => {
		await using project = copyOf(template);
		STOPPED[name]?.(project);
		await project.git("checkout", "HEAD", "--", "coffer.vault");
		project.write("file.txt", "one\n");
		await project.git("add", "--all");
		expect(await project.data(["vault", "resolve"])).toMatchObject({ conflicted: true });
		expect(await namesOf(project)).toEqual(["BASE", "OF_MAIN", "OF_ONE"]);
	});
});

test("git revert that stopped keeps the reverted secret, since only a deletion by name removes one", async () => {
	await using project = copyOf(template);
	await project.ok(["secrets", "set", "OF_MAJOR=1"]);
	project.write("file.txt", "later\n");
	await commit(project, "Later");
	started("revert", "--no-edit", "main~1")(project);
	expect(git(project, "ls-files", "--unmerged").text).toContain("coffer.vault");
	await project.ok(["vault", "resolve"]);
	expect(await namesOf(project)).toEqual(["BASE", "OF_MAIN", "OF_MAJOR"]);
	expect(await project.data(["vault", "resolve"])).toMatchObject({ conflicted: false });
});

/** Each leaves SQUASH_MSG in git's folder, although no squash is in progress any more. */
const LEFTOVERS: Record<string, (project: Project) => Promise<unknown>> = {
	"was given up with git checkout": async (project) => {
		git(project, "merge", "--squash", "one");
		return project.git("checkout", "--quiet", "HEAD", "--", ".");
	},
	"was given up with git checkout, before another secret was set": async (project) => {
		git(project, "merge", "--squash", "one");
		await project.git("checkout", "--quiet", "HEAD", "--", ".");
		await project.ok(["secrets", "set", "OF_MAIN=2"]);
		project.write("file.txt", "later\n");
		return project.git("add", "--all");
	},
	"was given up, before a patch stopped": async (project) => {
		git(project, "merge", "--squash", "one");
		await project.git("checkout", "--quiet", "HEAD", "--", ".");
		applyPatch(project);
		await project.git("checkout", "--quiet", "HEAD", "--", "coffer.vault");
	},
};

describe.each(Object.entries(LEFTOVERS))("git merge --squash that %s", (_, leave) => {
	test("is no conflict, and adds none of its secrets", async () => {
		await using project = copyOf(template);
		await leave(project);
		expect(existsSync(join(project.root, ".git/SQUASH_MSG"))).toBe(true);
		const vault = project.vault;
		expect(await project.data(["vault", "resolve"])).toMatchObject({ conflicted: false });
		expect(project.vault).toBe(vault);
		expect(await namesOf(project)).toEqual(["BASE", "OF_MAIN"]);
	});

	test("does not excuse a damaged vault", async () => {
		await using project = copyOf(template);
		await leave(project);
		project.vault = project.vault.slice(0, -20);
		const damaged = project.vault;
		expect((await project.coffer(["vault", "resolve"])).status).toBe(7);
		expect(project.vault).toBe(damaged);
	});
});

test("vault resolve ignores a squash that the user gave up, and merges the commit that is picked now", async () => {
	await using project = copyOf(template);
	await project.git("checkout", "--quiet", "-b", "two", "main~1");
	await project.ok(["secrets", "set", "OF_TWO=1"]);
	project.write("file.txt", "two\n");
	await commit(project, "Two");
	await project.git("checkout", "--quiet", "main");
	git(project, "merge", "--squash", "one");
	await project.git("checkout", "--quiet", "HEAD", "--", ".");
	started("cherry-pick", "two")(project);
	await project.git("checkout", "--quiet", "HEAD", "--", "coffer.vault");
	expect(await project.data(["vault", "resolve"])).toMatchObject({ conflicted: true });
	expect(await namesOf(project)).toEqual(["BASE", "OF_MAIN", "OF_TWO"]);
});

test("vault resolve merges both sides if a squash is in progress and the vault is the one of the branch", async () => {
	await using project = copyOf(template);
	git(project, "merge", "--squash", "one");
	await project.git("checkout", "one", "--", "coffer.vault");
	await project.git("checkout", "HEAD", "--", "file.txt");
	expect(await project.data(["vault", "resolve"])).toMatchObject({ conflicted: true });
	expect(await namesOf(project)).toEqual(["BASE", "OF_MAIN", "OF_ONE"]);
});
