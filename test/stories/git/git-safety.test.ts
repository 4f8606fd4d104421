/** Mistakes that the hook, `.gitignore` and the checks of git's index prevent, with the real program. */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commit } from "../support/clone.ts";
import { runGitAsMember as git } from "../support/git.ts";
import { follow, runLine } from "../support/hints.ts";
import { link, sharedPlatform } from "../support/platform.ts";
import { newIdentityText, newProject, Project } from "../support/project.ts";
import { onTerminal } from "../support/terminal.ts";

const KEY = "sk-live-0123456789abcdef";

test("git leaves both sides between markers if the program of the merge driver is missing", async () => {
	await using project = await newProject();
	await project.git("init", "--quiet");
	await project.ok(["git", "setup"]);
	await commit(project, "base");
	await project.git("checkout", "--quiet", "-b", "branch");
	await project.ok(["secrets", "set", "THEIRS=1"]);
	await commit(project, "theirs");
	await project.git("checkout", "--quiet", "-");
	await project.ok(["secrets", "set", "OURS=1"]);
	await commit(project, "ours");
	const config = project.read(".git/config");
	project.write(".git/config", config.replaceAll(/'[^']*\/(run\.js|node)'/g, "'/nowhere/$1'"));
	const merge = git(project, "merge", "branch");
	expect(merge.status).toBe(1);
	expect(merge.text).toContain("coffer git setup; coffer vault resolve");
	expect((await project.coffer(["status", "--json"])).error().code).toBe("VAULT_CONFLICTED");
	await project.ok(["vault", "resolve"]);
	const { secrets, warnings } = await project.data(["secrets", "list"]);
	expect(secrets).toMatchObject([{ name: "OURS" }, { name: "THEIRS" }]);
	expect(warnings).toBeUndefined();
	expect((await project.data(["status"])).warnings.join(" ")).toContain("/nowhere/run.js does not exist");
	expect((await project.data(["vault", "verify"])).warnings.join(" ")).toContain("Run: coffer git setup");
	// A diff works without Coffer, too.
	expect(git(project, "show", "branch", "--", "coffer.vault").text).toContain("THEIRS");
});

test("the hook refuses plaintext values and identities with file, line and name, and accepts listed exceptions", async () => {
	await using project = await newProject();
	await project.git("init", "--quiet");
	await project.ok(["git", "setup"]);
	await project.ok(["secrets", "set", `API_KEY=${KEY}`]);
	await commit(project, "base");
	project.write("src/a b.ts", `\nconst key = "${KEY}";\n`);
	project.write("keys", `x\n${newIdentityText()}\n`);
	await project.git("add", "--all");
	const refused = git(project, "commit", "--message", "x");
	expect(refused.status).toBe(1);
	expect(refused.text).toContain("keys, line 2: an identity");
	expect(refused.text).toContain("src/a b.ts, line 2: the value of API_KEY (production)");
	expect(refused.text).toContain("--no-verify");
	expect(refused.text).not.toContain(KEY);
	project.write(".coffer-allow", "# fixtures\nAPI_KEY src/a b.ts\ncoffer-identity *\n");
	expect(git(project, "commit", "--message", "x").status).toBe(0);
	// The vault of another folder, which no folder of a staged file is below.
	mkdirSync(join(project.root, "apps/api"), { recursive: true });
	await project.git("mv", "coffer.vault", "apps/api/coffer.vault");
	expect(git(project, "commit", "--message", "moved").status).toBe(0);
	project.write("apps/web/config.ts", KEY);
	await project.git("add", "--all");
	const beside = git(project, "commit", "--message", "x");
	expect(beside.text).toContain("apps/web/config.ts, line 1: the value of API_KEY (production)");
	expect(beside.status).toBe(1);
});

test("setup reports a .env file that git would add, and adds it to .gitignore if the user agrees", async () => {
	await using project = await newProject();
	await project.git("init", "--quiet");
	project.write("config/.env", "A=1\n");
	const set = ["secrets", "set", "--env-file", "config/.env"];
	const { warnings } = await project.data(set);
	expect(warnings).toEqual([expect.stringContaining("echo config/.env >> .gitignore")]);
	const { status } = await onTerminal(project, set, [{ question: "Add it to .gitignore?", answer: "y" }]);
	expect(status).toBe(0);
	expect(project.read(".gitignore")).toMatch(/^config\/\.env$/m);
	expect((await project.data(set)).warnings).toBeUndefined();
	const inside = await project.coffer(["identity", "export", "copy", "--passphrase-stdin", "--json"], {
		input: ["a long passphrase\n"],
	});
	expect(inside.error()).toMatchObject({ code: "IDENTITY_IN_REPOSITORY", exit: 2 });
	expect(existsSync(join(project.root, "copy"))).toBe(false);
	const file = { env: { COFFER_IDENTITY: undefined, COFFER_IDENTITY_FILE: "id" } };
	expect((await project.coffer(["identity", "new", "--json"], file)).error().code).toBe(
		"IDENTITY_IN_REPOSITORY",
	);
	project.write(".gitignore", "id\n");
	await project.ok(["identity", "new"], file);
});

test("identity rotate accepts a key in a file only if git ignores the files of both keys", async () => {
	await using project = new Project({ identity: "none" });
	await project.git("init", "--quiet");
	project.variables["COFFER_IDENTITY_FILE"] = "id";
	project.write(".gitignore", "id\n");
	await project.ok(["init"]);
	project.write(".gitignore", "");
	await project.git("add", "id");
	const [vault, key] = [project.vault, project.read("id")];
	const refused = await project.coffer(["identity", "rotate", "--json"]);
	expect(refused.error()).toMatchObject({
		code: "IDENTITY_IN_REPOSITORY",
		exit: 2,
		message: expect.stringContaining("git tracks it"),
	});
	expect([project.vault, project.read("id")]).toEqual([vault, key]);
	expect(existsSync(join(project.root, "id.previous"))).toBe(false);
	await follow(project, refused.error().hint, 0);
	await project.ok(["identity", "rotate"]);
	await project.ok(["vault", "verify"]);
	expect((await project.git("status", "--short", "--", "id", "id.previous")) ?? "").not.toMatch(/id/);
});

test("plan --env-file reports the same faults of a file as secrets set", async () => {
	await using platform = await sharedPlatform();
	await using project = await newProject();
	await project.git("init", "--quiet");
	await link(project, platform);
	project.write("config/.env", "A=1\n");
	const plan = ["plan", "--env-file", "config/.env"];
	const { warnings } = await project.data(plan);
	expect(warnings).toEqual([expect.stringContaining("echo config/.env >> .gitignore")]);
	project.write(".gitignore", "config/.env\n");
	expect((await project.data(plan)).warnings).toBeUndefined();
});

test("init makes no vault in a folder of git itself, from which nothing is committed", async () => {
	await using project = new Project();
	await project.git("init", "--quiet", "--bare", "bare.git");
	await project.git("init", "--quiet", "clone");
	for (const cwd of ["bare.git", "bare.git/refs", "clone/.git", "clone/.git/refs"]) {
		const refused = (await project.coffer(["init", "--json"], { cwd })).error();
		expect(refused).toMatchObject({ code: "FOLDER_OF_GIT", exit: 2 });
		expect(existsSync(join(project.root, cwd, "coffer.vault"))).toBe(false);
	}
	await project.git("clone", "--quiet", "bare.git", "work");
	await project.ok(["init"], { cwd: "work" });
});

test("init detects a vault in git or in a parent folder, and the commands in its errors work", async () => {
	await using project = await newProject();
	await project.ok(["secrets", "set", "A=1"]);
	await project.git("init", "--quiet");
	mkdirSync(join(project.root, "app"));
	project.write("lib/x", "x");
	const below = { cwd: "app" };
	const second = (await project.coffer(["init", "--json"], below)).error();
	expect(second).toMatchObject({ code: "VAULT_EXISTS", exit: 5 });
	await project.ok(["init", "--separate"], below);
	await commit(project, "both");
	await project.git("sparse-checkout", "set", "lib");
	mkdirSync(join(project.root, "app"), { recursive: true });
	for (const [args, code] of [
		[["secrets", "set", "B=1"], "VAULT_NOT_FOUND"],
		[["init"], "VAULT_EXISTS"],
	] as const) {
		const refused = (await project.coffer([...args, "--json"], below)).error();
		expect(refused).toMatchObject({ code, hint: expect.stringContaining("sparse-checkout add app") });
	}
	expect(existsSync(join(project.root, "app/coffer.vault"))).toBe(false);
	await project.git("sparse-checkout", "add", "app");
	await project.ok(["secrets", "set", "B=1"], below);
	rmSync(join(project.root, "coffer.vault"));
	const gone = (await project.coffer(["init", "--json"])).error();
	expect(gone).toMatchObject({
		code: "VAULT_EXISTS",
		hint: "To restore it: git checkout -- coffer.vault\nTo discard it and create an empty vault, remove it from git first: git rm --cached coffer.vault",
	});
	await project.git("checkout", "--", "coffer.vault");
	expect(await project.reveal("A")).toBe("1");
});

test("an identity in a folder whose name has a space: the command of the refusal makes git ignore it", async () => {
	await using project = await newProject();
	await project.git("init", "--quiet");
	project.write("my keys/notes", "");
	// The last line has no end, and must stay as it is.
	project.write("my keys/.gitignore", "/build");
	const env = { COFFER_IDENTITY: undefined, COFFER_IDENTITY_FILE: "my keys/ana's key" };
	const refused = await project.kept(["identity", "new", "--json"], { env });
	expect(refused.error()).toMatchObject({ code: "IDENTITY_IN_REPOSITORY", exit: 2 });
	const [, command = ""] = /ignore the file first: (.*)$/.exec(refused.error().hint) ?? [];
	await runLine(project, command);
	expect(project.read("my keys/.gitignore")).toBe("/build\nana's key\n");
	await project.ok(["identity", "new"], { env });
});
