/** `coffer doctor` finds each fault of a device and its project, and its remedies work. */
import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withSecretService } from "../../support/services/secret-service.ts";
import { commit } from "../support/clone.ts";
import { doctor, mended, remedyOf, repository, textsOf } from "../support/doctor.ts";
import { newIdentityText, newProject, Project } from "../support/project.ts";

const mode = (path: string) => statSync(path).mode & 0o777;

describe("the keychain", () => {
	test.each([
		["none", /KEYCHAIN|keychain/],
		["locked", /locked/],
		["denied", /keychain/],
	] as const)(
		"that is %s is a failure without another identity, and the remedy makes one in a file",
		async (service, text) => {
			const keyring = await withSecretService({ service });
			try {
				await using project = new Project({ identity: "none", env: keyring.env });
				const found = await doctor(project);
				expect(found).toMatchObject({ status: 1, project: null });
				expect(textsOf(found, "keychain")).toEqual([expect.stringMatching(/^failure /)]);
				expect(textsOf(found, "keychain").join()).toMatch(text);
				// The keychain stays as it is. With an identity from elsewhere it is no failure any more.
				const after = await mended(project, found, "identity");
				expect(textsOf(after, "keychain")).toEqual([expect.stringMatching(/^warning /)]);
			} finally {
				await keyring.close();
			}
		},
	);

	test("that works is tried with an entry that is deleted again", async () => {
		const keyring = await withSecretService();
		try {
			await using project = new Project({ identity: "none", env: keyring.env });
			const found = await doctor(project);
			expect(textsOf(found, "keychain")).toEqual([
				"ok The system's keychain stores, returns and deletes an entry.",
			]);
			expect(textsOf(found, "identity")).toEqual([expect.stringMatching(/^failure .* no identity/)]);
			expect(await keyring.entries()).toBe(0);
			await mended(project, found, "identity");
			// The identity.
			expect(await keyring.entries()).toBe(1);
		} finally {
			await keyring.close();
		}
	});
});

describe("the identity and the vault", () => {
	test("a file that others may read, a folder that all may write to, a missing file, a text that is none", async () => {
		await using project = await repository();
		const file = join(project.machine, "home", "identity");
		writeFileSync(file, `${project.identity}\n`, { mode: 0o644 });
		Object.assign(project.variables, { COFFER_IDENTITY: undefined, COFFER_IDENTITY_FILE: file });
		const open = await doctor(project);
		expect(textsOf(open, "identity")).toEqual([expect.stringMatching(/^failure .*mode 0644/)]);
		await mended(project, open, "identity");
		chmodSync(file, 0o640);
		expect((await doctor(project, "--fix")).checks).toContainEqual(
			expect.objectContaining({ check: "identity", state: "ok", fixed: "set the mode to 0600" }),
		);
		expect(mode(file)).toBe(0o600);
		chmodSync(join(project.machine, "home"), 0o777);
		await mended(project, await doctor(project), "identity");
		rmSync(file);
		await mended(project, await doctor(project), "identity");
		Object.assign(project.variables, { COFFER_IDENTITY: "nonsense", COFFER_IDENTITY_FILE: file });
		const after = await mended(project, await doctor(project), "identity");
		expect(textsOf(after, "membership")).toEqual([expect.stringMatching(/^failure .*no member/)]);
	});

	test("environments that are closed to this device are named; a stranger is told to send the key", async () => {
		await using project = await repository();
		await project.ok(["environments", "create", "preview"]);
		const reader = newIdentityText();
		const { publicKey } = await project.data(["identity", "show"], { env: { COFFER_IDENTITY: reader } });
		project.variables["COFFER_IDENTITY"] = reader;
		const stranger = await doctor(project);
		expect(stranger.status).toBe(1);
		expect(textsOf(stranger, "membership")).toEqual([expect.stringMatching(/^failure .*production/)]);
		project.variables["COFFER_IDENTITY"] = project.identity;
		await project.ok(["members", "add", publicKey, "--name", "reader", "-e", "preview"]);
		project.variables["COFFER_IDENTITY"] = reader;
		const member = await doctor(project);
		expect(textsOf(member, "membership")).toEqual(["ok This device opens preview."]);
		expect(textsOf(member, "environments")).toEqual([expect.stringMatching(/^warning .*production/)]);
		expect(remedyOf(member, "environments")).toBe("coffer identity show");
	});
});

describe("git", () => {
	test("a clone without the setup, a hook that is not executable, hooks elsewhere, no repository, no git", async () => {
		await using project = await newProject();
		expect(textsOf(await doctor(project), "git-setup")).toEqual([
			expect.stringMatching(/^warning .*no git repository/),
		]);
		await project.git("init", "--quiet");
		const bare = await doctor(project);
		expect(bare.status).toBe(0);
		expect(textsOf(bare, "git-setup").join()).toMatch(/merge\.coffer\.driver.*\.gitattributes.*hook/);
		await mended(project, bare, "git-setup");
		chmodSync(join(project.root, ".git/hooks/pre-commit"), 0o644);
		await mended(project, await doctor(project), "git-hook");
		await project.git("config", "core.hooksPath", "my hooks");
		mkdirSync(join(project.root, "my hooks"));
		await mended(project, await doctor(project), "git-hook");
		// Husky writes the hooks in this folder anew; they run those beside it.
		project.write(".husky/_/pre-commit", "#!/bin/sh\n");
		await project.git("config", "core.hooksPath", ".husky/_");
		await mended(project, await doctor(project), "git-hook");
		expect(project.read(".husky/pre-commit")).toContain("coffer git check");
		expect(project.read(".husky/_/pre-commit")).toBe("#!/bin/sh\n");
		expect(await project.data(["git", "setup"])).toMatchObject({ changed: [], hook: "present" });
		await project.git("config", "--unset", "core.hooksPath");
		project.write(".git/hooks/pre-commit", "#!/usr/bin/env python3\n");
		expect(textsOf(await doctor(project), "git-hook").join()).toMatch(/not a shell script.*coffer git check/);
		project.write(".git/hooks/pre-commit", '#!/usr/bin/python3\nrun(["coffer", "git", "check"])\n');
		chmodSync(join(project.root, ".git/hooks/pre-commit"), 0o755);
		expect(textsOf(await doctor(project), "git-hook")).toEqual([]);
		project.variables["PATH"] = "/nowhere";
		expect(textsOf(await doctor(project), "git")).toEqual([expect.stringMatching(/^warning .*not found/)]);
	});

	test("a driver whose program is gone, and a merge that is not finished", async () => {
		await using project = await repository();
		await project.ok(["git", "setup"]);
		await commit(project, "Start");
		const driver = await project.git("config", "merge.coffer.driver");
		const gone = driver.trim().replaceAll(/'[^']*\/(bin\/run\.js|node)'/g, "'/gone/$1'");
		await project.git("config", "merge.coffer.driver", gone);
		const found = await doctor(project);
		expect(textsOf(found, "git-setup")).toEqual([expect.stringMatching(/^warning .*does not run/)]);
		await mended(project, found, "git-setup");
		await project.git("checkout", "--quiet", "-b", "other");
		await project.ok(["secrets", "set", "A=theirs"]);
		await commit(project, "Theirs");
		await project.git("checkout", "--quiet", "-");
		await project.git("checkout", "--quiet", "main");
		await project.ok(["secrets", "set", "A=ours"]);
		await commit(project, "Ours");
		await expect(project.git("merge", "other")).rejects.toThrow();
		const merging = await doctor(project);
		expect(textsOf(merging, "git-merge")).toEqual([expect.stringMatching(/^warning .*not finished/)]);
		expect(remedyOf(merging, "git-merge")).toBe("coffer vault resolve && git add coffer.vault");
	});
});

describe("files", () => {
	test("--fix takes rights from others, ignores .env files and sets up git; a second time it does nothing", async () => {
		await using project = await repository();
		const state = join(project.machine, "state", "coffer");
		chmodSync(join(project.root, "coffer.vault"), 0o666);
		chmodSync(state, 0o755);
		project.writeAll({ ".env": "A=1", ".env.example": "A=" });
		const before = await doctor(project);
		expect(textsOf(before, "permissions")).toHaveLength(2);
		expect(textsOf(before, "plaintext")).toEqual([
			expect.stringMatching(/^warning Git does not ignore \.env,/),
		]);
		expect([mode(state), project.git("status")]).toEqual([0o755, expect.anything()]);
		const fixed = await doctor(project, "--fix");
		expect(fixed.checks.filter((check) => check.fixed !== undefined).map(({ check }) => check)).toEqual([
			"git-setup",
			"permissions",
			"permissions",
			"plaintext",
		]);
		expect([mode(join(project.root, "coffer.vault")), mode(state)]).toEqual([0o644, 0o700]);
		expect(project.read(".gitignore").split("\n")).toContain(".env");
		expect(project.read(".env")).toBe("A=1");
		const again = await doctor(project, "--fix");
		expect(again.checks.filter((check) => check.fixed !== undefined)).toEqual([]);
	});

	test("the remedies of permissions and of .env files work", async () => {
		await using project = await repository();
		chmodSync(join(project.root, "coffer.vault"), 0o666);
		await mended(project, await doctor(project), "permissions");
		project.writeAll({
			".env.local": "A=1",
			"apps/web/.env.production": "A=1",
			"apps/web/.env.example": "A=",
		});
		const ignored = project.read(".gitignore").trimEnd();
		project.write(".gitignore", ignored);
		const open = await doctor(project);
		expect(textsOf(open, "plaintext")).toHaveLength(2);
		await mended(project, open, "plaintext");
		expect(project.read(".gitignore").startsWith(`${ignored}\n`)).toBe(true);
	});

	test("tracked .env files and private keys are found at any depth; --fix leaves them", async () => {
		await using project = await repository();
		const key = `-----BEGIN OPENSSH PRIVATE KEY-----\n${"A".repeat(60)}\n`;
		project.writeAll({
			"app/.env": "A=1",
			"deep/er/id_rsa": key,
			"cert.pem": "-----BEGIN CERTIFICATE-----",
			".env.sample": "A=",
		});
		await commit(project, "Leak");
		const found = await doctor(project, "--fix");
		expect(textsOf(found, "plaintext")).toEqual([
			expect.stringMatching(/^warning Git tracks app\/\.env, which has values/),
			expect.stringMatching(/^warning Git tracks deep\/er\/id_rsa, which has a private key/),
		]);
		expect(await project.git("ls-files", "app")).toBe("app/.env\n");
		project.write("deep/er/id_rsa", "");
		await mended(project, await doctor(project), "plaintext");
	});
});

describe("the installation", () => {
	test("Deno that is missing, or not the one that COFFER_DENO names", async () => {
		await using project = await newProject();
		expect(textsOf(await doctor(project), "deno")).toEqual([expect.stringMatching(/^ok Deno \d/)]);
		project.variables["COFFER_DENO"] = "/nowhere/deno";
		const found = await doctor(project);
		expect(textsOf(found, "deno")).toEqual([expect.stringMatching(/^warning .*\/nowhere\/deno/)]);
		await mended(project, found, "deno");
	});

	test.each(["bash", "zsh", "fish"])("completion in %s", async (shell) => {
		await using project = await newProject({ env: { SHELL: `/bin/${shell}` } });
		await mended(project, await doctor(project), "completion");
	});

	test("an unknown shell is not checked, and outside a project the device is", async () => {
		await using project = new Project({ env: { SHELL: "/bin/other" } });
		const found = await doctor(project);
		expect(found).toMatchObject({ status: 0, project: null, failures: 0 });
		const kinds = found.checks.map(({ check }) => check);
		expect(kinds).toEqual(["keychain", "identity", "git", "packages", "deno"]);
		const { stdout, status } = await project.coffer(["doctor"]);
		expect([status, stdout]).toEqual([
			0,
			expect.stringMatching(/✓ Git is there[\s\S]*0 failures, 1 warning\n$/),
		]);
	});
});
