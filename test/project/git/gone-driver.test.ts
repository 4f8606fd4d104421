/** Merges whose driver no longer exists: git keeps our side in the file, and both sides in its index. */
import { spawnSync } from "node:child_process";
import { cpSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gitWarnings } from "../../../src/project/git/driver.ts";
import { checkStaged } from "../../../src/project/git/hook/check-commit.ts";
import { lastTree, stagedSince } from "../../../src/project/git/hook/staged.ts";
import type { GitContext } from "../../../src/project/git/run.ts";
import { setUpGit } from "../../../src/project/git/setup.ts";
import { resolveVault, type SideChooser } from "../../../src/project/resolve.ts";
import { getSecret, readSession, setSecrets } from "../../../src/project/secrets/edit-secrets.ts";
import { listSecrets } from "../../../src/project/secrets/read-secrets.ts";
import type { SessionContext } from "../../../src/project/session/session.ts";
import { refusalOf } from "../../support/refusal.ts";
import { TestProject } from "../project.ts";
import { apply, type Edit, GIT_ENVIRONMENT, Repository } from "../repository.ts";

const GONE = "/nowhere/coffer/bin/run.js";
/** How an older Coffer registered the driver. */
const BARE = `'${GONE}' git merge %O %A %B %P`;
const VARIABLES = { ...GIT_ENVIRONMENT, PATH: GIT_ENVIRONMENT.PATH ?? "", GIT_EDITOR: "true" };

async function repository(): Promise<Repository> {
	const project = await TestProject.create();
	await project.set({ A: "a", B: "b" });
	const repo = new Repository(project);
	await setUpGit({ folder: project.root, variables: VARIABLES }, { script: GONE, node: "/nowhere/node" });
	repo.git("config", "merge.coffer.driver", BARE);
	repo.commit();
	return repo;
}

/** Runs git. @returns its exit status */
function run(root: string, ...words: string[]): number | null {
	return spawnSync("git", words, { cwd: root, env: VARIABLES }).status;
}

async function valuesOf(context: SessionContext): Promise<Record<string, string>> {
	const { session } = await readSession(context);
	const names = (await listSecrets(session)).map(({ name }) => name);
	return Object.fromEntries(names.map((name) => [name, getSecret(session, name).value]));
}

async function check(place: GitContext): Promise<string[]> {
	return checkStaged(place, await stagedSince(place, await lastTree(place)));
}

const THEIRS: Edit = { T: "t", B: "b-theirs" };
const OURS: Edit = { O: "o", A: "a-ours" };
const BOTH = { A: "a-ours", B: "b-theirs", O: "o", T: "t" };

/**
 * Makes a merge that ends in a conflict, with the branch's edit as their side. @returns the project's folder
 */
type Way = (repo: Repository) => string;

const CONFLICTS: Record<string, Way> = {
	merge: ({ project }) => {
		expect(run(project.root, "merge", "branch")).toBe(1);
		return project.root;
	},
	"cherry-pick": ({ project }) => {
		expect(run(project.root, "cherry-pick", "branch")).toBe(1);
		return project.root;
	},
	rebase: (repo) => {
		repo.git("checkout", "-q", "branch");
		expect(run(repo.project.root, "rebase", "main")).toBe(1);
		return repo.project.root;
	},
	"a merge in a linked worktree": (repo) => {
		const linked = join(repo.project.folder, "linked");
		repo.git("worktree", "add", "-q", "--detach", linked, "main");
		expect(run(linked, "merge", "branch")).toBe(1);
		return realpathSync(linked);
	},
};

async function branches(theirs: Edit, ours: Edit): Promise<Repository> {
	const repo = await repository();
	repo.git("checkout", "-q", "-b", "branch");
	await apply(repo.project, theirs);
	repo.commit();
	repo.git("checkout", "-q", "main");
	await apply(repo.project, ours);
	repo.commit();
	return repo;
}

describe.each(Object.entries(CONFLICTS))("%s", (_, way) => {
	test("both sides are merged from the index, and a second run changes nothing", async () => {
		const repo = await branches(THEIRS, OURS);
		using project = repo.project;
		const root = way(repo);
		const context = { ...project.context, root };
		expect(Object.keys(await valuesOf(context))).toHaveLength(3);
		expect(await gitWarnings({ folder: root, variables: VARIABLES })).toEqual([
			expect.stringMatching(/does not run: \/nowhere\/coffer\/bin\/run\.js does not exist.*coffer git setup/),
			expect.stringContaining("coffer vault resolve"),
		]);
		const options = { variables: VARIABLES };
		expect(await resolveVault(root, options)).toMatchObject({ conflicted: true, open: [], unmerged: true });
		expect(await valuesOf(context)).toEqual(BOTH);
		expect(await resolveVault(root, options)).toMatchObject({ conflicted: false, unmerged: true });
		run(root, "add", "coffer.vault");
		expect(await check({ folder: root, variables: VARIABLES })).toEqual(["coffer.vault"]);
		expect(await resolveVault(root, options)).toMatchObject({ conflicted: false, unmerged: false });
	});

	test("a one-sided file that is added is refused with the names, and can still be merged", async () => {
		const repo = await branches(THEIRS, OURS);
		using project = repo.project;
		const root = way(repo);
		run(root, "add", "coffer.vault");
		const refused = await refusalOf(check({ folder: root, variables: VARIABLES }));
		expect(refused).toMatchObject({ code: "VAULT_LOSES", exit: 5 });
		expect(refused.message).toMatch(/^Not committed\. coffer\.vault would lose what \w+ has: /);
		expect(refused.message).toContain("B (production), T (production).");
		expect(refused.hint).toContain("coffer vault resolve");
		expect(await resolveVault(root, { variables: VARIABLES })).toMatchObject({ conflicted: true });
		run(root, "add", "coffer.vault");
		await check({ folder: root, variables: VARIABLES });
		expect(await valuesOf({ ...project.context, root })).toEqual(BOTH);
	});

	test("the user decides about a name that both sides changed, and the decision does not count as a loss", async () => {
		const repo = await branches({ B: "b-theirs", T: "t" }, { B: "b-ours" });
		using project = repo.project;
		const root = way(repo);
		const refused = await refusalOf(resolveVault(root, { variables: VARIABLES }));
		expect(refused.message).toBe("Both sides changed B (production).");
		const take: SideChooser = () => "ours";
		await resolveVault(root, { variables: VARIABLES, take });
		expect(await resolveVault(root, { variables: VARIABLES })).toMatchObject({ conflicted: false });
		run(root, "add", "coffer.vault");
		await check({ folder: root, variables: VARIABLES });
		expect(Object.keys(await valuesOf({ ...project.context, root }))).toEqual(["A", "B", "T"]);
	});

	test("changes on the side that git kept are kept", async () => {
		const repo = await branches(THEIRS, OURS);
		using project = repo.project;
		const root = way(repo);
		const context = { ...project.context, root };
		await setSecrets(context, new Map([["Z", "z"]]));
		await resolveVault(root, { variables: VARIABLES });
		expect(await valuesOf(context)).toEqual({ ...BOTH, Z: "z" });
	});
});

test("a stash that is applied is merged with later commits", async () => {
	const repo = await repository();
	using project = repo.project;
	await apply(project, THEIRS);
	repo.git("stash", "-q");
	await apply(project, OURS);
	repo.commit();
	expect(run(project.root, "stash", "pop")).toBe(1);
	await resolveVault(project.root, { variables: VARIABLES });
	expect(await valuesOf(project.context)).toEqual(BOTH);
});

test("a plain commit may not drop what HEAD has, unless it was deleted", async () => {
	const repo = await repository();
	using project = repo.project;
	const place = { folder: project.root, variables: VARIABLES };
	cpSync(project.path, join(project.folder, "before"));
	await project.set({ C: "c", B: "b-2" });
	repo.commit();
	const committed = await project.read();
	cpSync(join(project.folder, "before"), project.path);
	repo.git("add", "-A");
	const refused = await refusalOf(check(place));
	expect(refused.message).toContain("would lose what HEAD has: B (production), C (production).");
	expect(refused.hint).toContain("git commit --no-verify");
	await project.write(committed);
	await project.delete("C");
	repo.git("add", "-A");
	expect(await check(place)).toEqual(["coffer.vault"]);
});

test("a member that one side added is never lost without a message", async () => {
	const repo = await repository();
	using project = repo.project;
	const { addMember } = await import("../../../src/project/members/members.ts");
	const { contextOf } = await import("../project.ts");
	const { publicKeys } = contextOf(project.root, project.folder, 2).identity;
	repo.git("checkout", "-q", "-b", "branch");
	await addMember(project.context, { ...publicKeys, name: "ben", role: "reader" });
	repo.commit();
	repo.git("checkout", "-q", "main");
	await project.set({ O: "o" }).catch(() => undefined);
	repo.commit();
	expect(run(project.root, "merge", "branch")).toBe(1);
	repo.git("add", "-A");
	const refused = await refusalOf(check({ folder: project.root, variables: VARIABLES }));
	expect(refused.message).toContain("would lose what MERGE_HEAD has: members of 'production'");
	await resolveVault(project.root, { variables: VARIABLES });
	repo.git("add", "-A");
	await check({ folder: project.root, variables: VARIABLES });
	expect(await project.read()).toContain(" ben ");
});
