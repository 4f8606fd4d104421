/** Two people and one vault, on the real binary: a public key is handed over, a member comes in. */
import { expect, test } from "vitest";
import { commit } from "./support/clone.ts";
import { newProject, Project } from "./support/project.ts";

/** The same repository on the machine of somebody else. */
async function joined(project: Project): Promise<Project> {
	const other = new Project();
	await other.git("clone", "--quiet", project.root, ".");
	return other;
}

test("a teammate hands a key over, is added, and both write", async () => {
	await using ana = await newProject();
	await ana.ok(["secrets", "set", "A=from-ana"]);
	await ana.git("init", "--quiet");
	await commit(ana, "Start");
	await using ben = await joined(ana);
	expect((await ben.coffer(["secrets", "list", "--json"])).error()).toMatchObject({
		code: "NOT_A_MEMBER",
		exit: 3,
	});
	const { publicKey, fingerprint } = await ben.data(["identity", "show"]);

	const added = await ana.ok(["members", "add", publicKey, "--name", "ben@desk"]);
	expect(added.stdout).toMatch(/ben@desk is a writer of environment 'production', owner of the vault/);
	expect(added.stdout).toContain(fingerprint);
	await commit(ana, "Add ben");
	await ben.git("pull", "--quiet");
	expect(await ben.reveal("A")).toBe("from-ana");
	await ben.ok(["secrets", "set", "B=from-ben"]);
	await commit(ben, "Set B");
	await ana.git("pull", "--quiet", ben.root, "HEAD");
	expect(await ana.reveal("B")).toBe("from-ben");

	const { members } = await ben.data(["members", "list"]);
	expect(members).toHaveLength(2);
	expect(members.find(({ self }: { self: boolean }) => self)).toMatchObject({
		name: "ben@desk",
		role: "writer",
		owner: true,
		fingerprint,
	});
	expect((await ben.ok(["members", "list"])).stdout).toMatch(/ben@desk \(you\) +writer, owner/);
});

test("a CI job's identity is a reader: it opens, and writes nothing", async () => {
	await using ana = await newProject();
	await ana.ok(["secrets", "set", "A=for-the-job"]);
	const { publicKey, secret } = await ana.data(["identity", "new", "--ci"]);
	await ana.ok(["members", "add", publicKey, "--name", "ci", "--role", "reader"]);
	const ci = { env: { COFFER_IDENTITY: secret } };
	expect((await ana.data(["secrets", "get", "A", "--reveal"], ci)).value).toBe("for-the-job");
	const vault = ana.vault;
	for (const command of [
		["secrets", "set", "A=x"],
		["members", "add", publicKey, "--name", "me"],
	])
		expect((await ana.coffer([...command, "--json"], ci)).error()).toMatchObject({
			code: "NOT_A_WRITER",
			exit: 3,
		});
	expect(ana.vault).toBe(vault);
});

test("what is no public key is refused, and a secret in its place is not repeated", async () => {
	await using ana = await newProject();
	const vault = ana.vault;
	for (const key of ["nonsense", "coffer-member-1.AAAA.BBBB", ana.identity ?? ""]) {
		const refused = await ana.coffer(["members", "add", key, "--name", "x", "--json"]);
		expect(refused.error()).toMatchObject({ code: "MEMBER_KEY_INVALID", exit: 2 });
		expect(refused.stdout + refused.stderr).not.toContain(key.slice(-20));
	}
	const { publicKey } = await ana.data(["identity", "new", "--ci"]);
	const named = await ana.coffer(["members", "add", publicKey, "--name", "a b", "--json"]);
	expect(named.error()).toMatchObject({ code: "MEMBER_NAME_INVALID", exit: 2 });
	expect(ana.vault).toBe(vault);
});
