/** The remedies of `coffer doctor` that need more than one fault, one step or one device: each is run as it is printed. */
import { chmodSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Diagnosis } from "../../../src/cli/doctor/examine.ts";
import { withSecretService } from "../../support/services/secret-service.ts";
import { commit } from "../support/clone.ts";
import { doctor, mended, remedyOf, repository, textsOf } from "../support/doctor.ts";
import { runLine } from "../support/hints.ts";
import { newIdentityText, newProject } from "../support/project.ts";

test("an identity file with another text: the remedy leaves it to the keychain's identity", async () => {
	const keyring = await withSecretService();
	try {
		await using project = await newProject({ identity: "none", env: keyring.env });
		const file = join(project.machine, "home", "notes.txt");
		writeFileSync(file, "no identity\n", { mode: 0o600 });
		project.variables["COFFER_IDENTITY_FILE"] = file;
		const found = await doctor(project);
		expect(remedyOf(found, "identity")).toBe("unset COFFER_IDENTITY_FILE");
		const after = await mended(project, found, "identity");
		expect(textsOf(after, "membership")).toEqual(["ok This device opens production."]);
	} finally {
		await keyring.close();
	}
});

test("files that others may change: each remedy takes that right from them, and no other", async () => {
	await using project = await repository();
	project.write("coffer.json", "{}");
	const paths = ["coffer.vault", "coffer.json"].map((name) => join(project.root, name));
	const state = join(project.machine, "state", "coffer");
	for (const path of paths) chmodSync(path, 0o666);
	chmodSync(state, 0o755);
	const found = await doctor(project);
	expect(textsOf(found, "permissions")).toHaveLength(3);
	await mended(project, found, "permissions");
	expect([...paths, state].map((path) => statSync(path).mode & 0o777)).toEqual([0o644, 0o644, 0o700]);
});

test("a project without a repository: the remedy makes one, and the next sets it up", async () => {
	await using project = await newProject();
	const outside = await doctor(project);
	expect(remedyOf(outside, "git-setup")).toBe("git init");
	await runLine(project, remedyOf(outside, "git-setup"));
	const bare = await doctor(project);
	expect(remedyOf(bare, "git-setup")).toBe("coffer git setup");
	await mended(project, bare, "git-setup");
});

test("a repository that only GIT_DIR names, as managers of dotfiles have it, is checked like any other", async () => {
	await using project = await newProject();
	await project.git("init", "--quiet", "--bare", "../dots.git");
	Object.assign(project.variables, {
		GIT_DIR: join(project.machine, "dots.git"),
		GIT_WORK_TREE: project.root,
	});
	project.write(".env", "A=1\n");
	// The last line has no end: the remedy does not become a part of it.
	project.write(".gitignore", "/build");
	const found = await doctor(project);
	expect(remedyOf(found, "git-setup")).toBe("coffer git setup");
	await mended(project, found, "git-setup");
	await mended(project, found, "plaintext");
	expect(project.read(".gitignore")).toBe("/build\n.env\n");
	const elsewhere = await doctor(
		Object.assign(project, { variables: { ...project.variables, GIT_WORK_TREE: `${project.machine}/home` } }),
	);
	expect(remedyOf(elsewhere, "git-setup")).toBe("unset GIT_DIR GIT_WORK_TREE");
	expect(textsOf(elsewhere, "plaintext")).toEqual([]);
});

test("tracked values and keys: the remedies take them out of git, and the files stay", async () => {
	await using project = await repository();
	const key = `-----BEGIN OPENSSH PRIVATE KEY-----\n${"A".repeat(60)}\n`;
	project.writeAll({ "app/.env": "A=1", "deep/er/id_rsa": key });
	await commit(project, "Leak");
	const found = await doctor(project);
	expect(textsOf(found, "plaintext")).toHaveLength(2);
	await mended(project, found, "plaintext");
	await project.git("add", "--all");
	expect(await project.git("ls-files", "app", "deep")).toBe("");
	expect(project.read("deep/er/id_rsa")).toBe(key);
});

test("a merge that git left unfinished: the remedy finishes it", async () => {
	await using project = await repository();
	await project.ok(["git", "setup"]);
	await commit(project, "Start");
	await project.git("branch", "other");
	await project.ok(["secrets", "set", "OURS=1"]);
	await commit(project, "Ours");
	await project.git("checkout", "--quiet", "other");
	await project.ok(["secrets", "set", "THEIRS=1"]);
	await commit(project, "Theirs");
	await project.git("config", "merge.coffer.driver", "false");
	await expect(project.git("merge", "-")).rejects.toThrow();
	await project.git("config", "--unset", "merge.coffer.driver");
	await project.ok(["git", "setup"]);
	const merging = await doctor(project);
	expect(remedyOf(merging, "git-merge")).toBe("coffer vault resolve && git add coffer.vault");
	await mended(project, merging, "git-merge");
	const { secrets } = await project.data(["secrets", "list"]);
	expect(secrets.map(({ name }: { name: string }) => name)).toEqual(["A", "OURS", "THEIRS"]);
});

test("a vault or a configuration that is missing, damaged or unreadable comes back from git", async () => {
	await using project = await repository();
	project.write("coffer.json", "{}");
	await project.ok(["environments", "create", "preview"]);
	await project.ok(["secrets", "set", "B=1", "-e", "preview"]);
	await commit(project, "Start");
	const whole = project.vault;
	await project.git("mv", "coffer.vault", "elsewhere");
	await project.git("reset", "--quiet");
	const missing = await doctor(project);
	expect(remedyOf(missing, "vault")).toBe("git checkout HEAD -- coffer.vault");
	await mended(project, missing, "vault");
	expect(project.vault).toBe(whole);
	project.write("coffer.json", "{");
	const unreadable = await doctor(project);
	await mended(project, unreadable, "configuration");
	expect([project.read("coffer.json"), project.read("coffer.json.damaged")]).toEqual(["{}", "{"]);
	const [head = "", preview = ""] = whole.split(/(?=^environment preview)/m);
	const signature = /(\S+)$/m.exec(preview.split("\n")[1] ?? "")?.[1] ?? "";
	project.vault = head + preview.replace(signature, `${signature.slice(0, -4)}AAAA`);
	const damaged = await doctor(project);
	expect(textsOf(damaged, "environments")).toEqual([
		expect.stringMatching(/^failure Environment 'preview' of the vault is damaged/),
	]);
	await mended(project, damaged, "environments");
	expect(project.vault).toBe(whole);
});

test("a device that is no member, and one that lacks an environment: a writer adds what the remedy prints", async () => {
	await using project = await repository();
	await project.ok(["environments", "create", "preview"]);
	const writer = project.identity;
	project.variables["COFFER_IDENTITY"] = newIdentityText();
	const added = async (check: string, environment: string) => {
		const device = project.variables["COFFER_IDENTITY"];
		const printed = await runLine(project, remedyOf(await doctor(project), check));
		const [key = ""] = /coffer-key-1\.\S+|coffer\S*\.[\w-]{40,}\S*/.exec(printed) ?? [];
		project.variables["COFFER_IDENTITY"] = writer;
		await project.ok(["members", "add", key, "--name", "reader", "-e", environment]);
		project.variables["COFFER_IDENTITY"] = device;
		return await doctor(project);
	};
	const member = await added("membership", "production");
	expect(textsOf(member, "membership")).toEqual(["ok This device opens production."]);
	const both = await added("environments", "preview");
	expect(textsOf(both, "membership")).toEqual(["ok This device opens preview, production."]);
	expect(textsOf(both, "environments")).toEqual([]);
});

test("the remedies work from a folder below the project's, as they are printed there", async () => {
	await using project = await repository();
	await commit(project, "Start");
	const whole = project.vault;
	project.write(".env", "A=1\n");
	project.write("apps/web/package.json", "{}\n");
	project.vault = "nonsense\n";
	const { stdout } = await project.kept(["doctor", "--json"], { cwd: "apps/web" });
	const found = JSON.parse(stdout) as Diagnosis;
	for (const check of ["vault", "git-setup", "plaintext"])
		await runLine(project, `cd apps/web && ${remedyOf(found, check)} && test -f package.json`);
	expect(project.vault).toBe(whole);
	expect(project.read(".gitignore").split("\n")).toContain(".env");
	const after = await doctor(project);
	for (const check of ["vault", "git-setup", "plaintext"])
		expect(textsOf(after, check)).toEqual([expect.stringMatching(/^ok /)]);
});
