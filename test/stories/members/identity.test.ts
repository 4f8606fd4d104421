/** Identities with the real program: shown, and created for a CI job. */
import { expect, test } from "vitest";
import { filesBelow } from "../../support/files-below.ts";
import { newProject, Project } from "../support/project.ts";

test("identity show prints the public key and never the secret key", async () => {
	await using project = await newProject();
	const shown = await project.ok(["identity", "show"]);
	const data = await project.data(["identity", "show"]);
	expect(data).toMatchObject({ source: "environment", vault: null });
	expect(data.publicKey).toMatch(/^coffer-member-1\.[\w-]{43}\.[\w-]{43}$/);
	expect(shown.stdout).toContain(data.publicKey);
	expect(shown.stdout).toContain(data.fingerprint);
	expect(shown.stdout).not.toContain(project.identity?.slice(-43));
});

test("a command without an identity exits with 3 and names the command that creates one", async () => {
	await using project = new Project({ identity: "none" });
	const shown = await project.coffer(["identity", "show", "--json"]);
	expect(shown.status).toBe(3);
	const line = 'add "globalPassThroughEnv": ["COFFER_*"] to turbo.json.';
	expect(shown.error().hint).not.toContain(line);
	const task = await project.coffer(["identity", "show", "--json"], { env: { TURBO_HASH: "0f" } });
	expect(task.error().hint.split("\n")[1]).toContain(line);
	const inner = await project.coffer(["identity", "show", "--json"], {
		env: { COFFER_IDENTITY_WITHHELD: "1" },
	});
	expect(inner.error().hint.split("\n")[1]).toContain("another 'coffer run'");
});

test("a device that has an identity does not create a second one", async () => {
	await using project = await newProject();
	const again = await project.coffer(["identity", "new", "--json"]);
	expect(again.error()).toMatchObject({ code: "IDENTITY_EXISTS", exit: 5 });
});

test("a CI identity is bound to the vault, printed once and stored nowhere", async () => {
	await using project = await newProject();
	await using other = await newProject();
	const vault = project.vault;
	const made = await project.data(["identity", "new", "--ci"]);
	expect(made.secret).toBe(`${made.secret.slice(0, 61)}.${made.vault}`);
	expect(vault.split("\n")[0]).toContain(made.vault);
	expect(project.vault).toBe(vault);
	for (const { bytes } of filesBelow(project.machine))
		expect(bytes.includes(made.secret.slice(18, 61))).toBe(false);
	const ci = { env: { COFFER_IDENTITY: made.secret } };
	expect(await project.data(["identity", "show"], ci)).toMatchObject({
		publicKey: made.publicKey,
		vault: made.vault,
	});
	expect((await project.coffer(["secrets", "list", "--json"], ci)).error().code).toBe("NOT_A_MEMBER");
	expect((await other.coffer(["secrets", "list", "--json"], ci)).error().code).toBe("VAULT_REPLACED");
	expect((await project.data(["identity", "new", "--ci"])).publicKey).not.toBe(made.publicKey);
});
