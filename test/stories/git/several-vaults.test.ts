/** A repository with two vaults: one at its top, and one in a package whose folder has a space in its name. */
import { expect, test } from "vitest";
import { commit } from "../support/clone.ts";
import { doctor, repository, textsOf } from "../support/doctor.ts";
import { runLine } from "../support/hints.ts";
import { Project } from "../support/project.ts";

const PACKAGE = "apps/the api";
const SHARED_KEY = "shared-Xx12Yy34Zz56Aa78";
const PACKAGE_KEY = "package-Bb12Cc34Dd56Ee78";

/** The output of git, and of what it starts, also if it fails. @param cwd where its user is */
async function outputOf(project: Project, line: string, cwd = "."): Promise<string> {
	return await runLine(project, `cd '${cwd}' && { ${line} || true; }`);
}

async function monorepo(): Promise<Project> {
	const project = await repository();
	await project.ok(["secrets", "set", `KEY=${SHARED_KEY}`]);
	await project.ok(["git", "setup"]);
	project.write(`${PACKAGE}/package.json`, "{}\n");
	await project.ok(["init", "--separate"], { cwd: PACKAGE });
	await project.ok(["secrets", "set", `KEY=${PACKAGE_KEY}`], { cwd: PACKAGE });
	await project.git("config", "user.name", "ana");
	await project.git("config", "user.email", "ana@example.com");
	await commit(project, "Start");
	return project;
}

/** Both branches change the secret of the package's vault. */
async function conflicting(): Promise<Project> {
	const project = await monorepo();
	await project.git("checkout", "--quiet", "-b", "side");
	await project.ok(["secrets", "set", "KEY=side-value"], { cwd: PACKAGE });
	await project.ok(["secrets", "set", "ADDED=side"]);
	await commit(project, "Side");
	await project.git("checkout", "--quiet", "-");
	await project.ok(["secrets", "set", "KEY=main-value"], { cwd: PACKAGE });
	await project.ok(["secrets", "set", "OTHER=main"]);
	await commit(project, "Main");
	return project;
}

test("a conflict in the vault of a package: the commands of the hint work where git was started", async () => {
	await using project = await conflicting();
	for (const [cwd, way] of [
		[".", "'apps/the api'"],
		["apps", "'the api'"],
	] as const) {
		const stopped = await outputOf(project, "git merge side 2>&1", cwd);
		expect(stopped).toContain(`Both sides changed KEY (production). (${PACKAGE}/coffer.vault)`);
		expect(stopped).toContain(`First go to that vault: cd ${way}\nDecide: coffer vault resolve\n`);
		expect(await outputOf(project, "coffer vault resolve", cwd)).toContain(
			`The vault of this project has no conflict.\n${cwd === "." ? PACKAGE : "the api"}/coffer.vault is another vault, which has one: cd ${way} && coffer vault resolve\n`,
		);
		await project.git("merge", "--abort");
	}
	const inside = await outputOf(project, "git merge side 2>&1", PACKAGE);
	expect(inside).not.toContain("First go");
	await project.ok(["vault", "resolve", "--take", "theirs"], { cwd: PACKAGE });
	await commit(project, "Merged");
	const { secrets } = await project.data(["secrets", "list"]);
	const names = (secrets as { name: string }[]).map(({ name }) => name);
	expect(names).toEqual(expect.arrayContaining(["ADDED", "KEY", "OTHER"]));
	const taken = await project.data(["secrets", "get", "KEY", "--reveal"], { cwd: PACKAGE });
	expect(taken.value).toBe("side-value");
});

test("a commit that loses a secret of one of the vaults: the hint leads to it, and restores it", async () => {
	await using project = await monorepo();
	const before = project.vault;
	await project.ok(["secrets", "set", "LATER=1"]);
	await commit(project, "Later");
	project.vault = before;
	const refused = await outputOf(project, "git commit -am Lose 2>&1", PACKAGE);
	expect(refused).toMatch(/would lose .* LATER \(production\)\. \(staged as coffer\.vault\)\n/);
	const [, go = ""] = /^First go to that vault: (.*)$/m.exec(refused) ?? [];
	const [, restore = ""] = /\((git checkout HEAD -- coffer\.vault)\)/.exec(refused) ?? [];
	await runLine(project, `cd '${PACKAGE}' && ${go} && ${restore} && git diff --quiet HEAD`);
});

test("the hook names the vault of each value, and so does the scan, which names the vault that it did not use", async () => {
	await using project = await monorepo();
	project.write("a.txt", `${PACKAGE_KEY}\n${SHARED_KEY}\n`);
	await project.git("add", "a.txt");
	const refused = await outputOf(project, "git commit -m Leak 2>&1");
	expect(refused).toContain(`a.txt, line 1: the value of KEY (production, ${PACKAGE}/coffer.vault)`);
	expect(refused).toContain("a.txt, line 2: the value of KEY (production, coffer.vault)");
	expect(refused).toContain("in .coffer-allow at the top of the repository");

	const found = await project.coffer(["scan"]);
	expect([found.status, found.stdout]).toEqual([8, expect.stringMatching(/a\.txt:2:1 /)]);
	expect(found.stdout).not.toContain("a.txt:1:1");
	const [, command = ""] = /To search for those: (.*)$/m.exec(found.stderr) ?? [];
	const other = await outputOf(project, command);
	expect(other).toMatch(/a\.txt:1:1 /);
	const data = (await project.kept(["scan", "--json"], { cwd: PACKAGE })).json();
	expect(data).toMatchObject({ otherVaults: ["../.."], findings: [] });
});

test("in the folder of a package, doctor accepts the attributes of the folder above, and status names the vault", async () => {
	await using project = await monorepo();
	const found = await project.kept(["doctor", "--json"], { cwd: PACKAGE });
	expect(textsOf(JSON.parse(found.stdout), "git-setup")).toEqual([expect.stringMatching(/^ok /)]);
	expect(textsOf(await doctor(project), "git-setup")).toEqual([expect.stringMatching(/^ok /)]);
	const [own, above, top] = await Promise.all(
		[PACKAGE, "apps", "."].map(async (cwd) => (await project.data(["status"], { cwd })).folder),
	);
	expect([own, above, top]).toEqual([".", "..", "."]);
	const shown = await project.ok(["status"], { cwd: "apps" });
	expect(shown.stdout).toMatch(/^vault +\S+ \(in \.\.\)$/m);
	// The attributes count, and not the file that has them.
	project.write(`${PACKAGE}/.gitattributes`, "coffer.vault !merge\n");
	const without = await project.kept(["doctor", "--json"], { cwd: PACKAGE });
	expect(textsOf(JSON.parse(without.stdout), "git-setup")).toEqual([expect.stringMatching(/^warning /)]);
});

test("above the folders of vaults, the error names one, and its command works", async () => {
	await using project = new Project();
	project.write("apps/the api/package.json", "{}\n");
	project.write("apps/node_modules/other/coffer.vault", "");
	await project.ok(["init"], { cwd: PACKAGE });
	const missing = (await project.kept(["status", "--json"])).error();
	expect(missing).toMatchObject({
		code: "PROJECT_NOT_FOUND",
		hint: "There is one in apps/the api: cd 'apps/the api'. To create one for all of them, here: coffer init",
	});
	await runLine(project, "cd 'apps/the api' && coffer status");
	const none = (await project.kept(["status", "--json"], { cwd: "apps/node_modules" })).error();
	expect(none.hint).toMatch(/^There is one in other: /);
});

test("from a folder below the vault's, the next step of a resolution and the way back to a lost change work as printed", async () => {
	await using project = await conflicting();
	await expect(project.git("merge", "side")).rejects.toThrow();
	const below = `${PACKAGE}/src`;
	project.write(`${below}/a.ts`, "");
	const resolved = await project.ok(["vault", "resolve", "--take", "ours"], { cwd: below });
	const [, add = ""] = /Next: (.*)$/m.exec(resolved.stdout) ?? [];
	expect(add).toBe("(cd .. && git add coffer.vault)");
	await outputOf(project, `${add} && git commit --quiet --message Merged`, below);
	expect(await project.git("status", "--porcelain", "--untracked-files=no")).toBe("");

	await project.ok(["secrets", "set", "STASHED=1"], { cwd: PACKAGE });
	await project.git("stash", "--quiet");
	const lost = (await project.kept(["vault", "verify", "--json"], { cwd: below })).error();
	const [, take = ""] = /^To take coffer\.vault from git's stash .*?: (.*)$/m.exec(lost.hint) ?? [];
	await runLine(project, `cd '${below}' && ${take} && coffer vault verify`);
	expect((await project.data(["secrets", "get", "STASHED", "--reveal"], { cwd: below })).value).toBe("1");
});
