/** Git undoes changes of a vault, with the real program: each hint leads to a vault that `vault verify` accepts. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commit } from "../support/clone.ts";
import { type PlatformAccess, sharedPlatform } from "../support/platform.ts";
import { Project } from "../support/project.ts";

const keyOf = async (project: Project, seed: string): Promise<string> => {
	const env = { COFFER_IDENTITY: `coffer-identity-1.${Buffer.alloc(32, seed).toString("base64url")}` };
	return (await project.data(["identity", "show"], { env })).publicKey;
};

/** A project in a repository, with one commit. */
async function begun(): Promise<Project> {
	const project = new Project();
	await project.ok(["init", "--name", "alice"]);
	await project.git("init", "--quiet", "--initial-branch", "main");
	await project.ok(["secrets", "set", "A=first"]);
	await commit(project, "Start");
	return project;
}

const undo = (project: Project) => project.git("checkout", "--quiet", "--", "coffer.vault");

test("undo removes the addition of a member, and another member can then be added", async () => {
	await using project = await begun();
	await project.ok(["members", "add", await keyOf(project, "typo"), "--name", "typo"]);
	await undo(project);
	const ben = ["members", "add", await keyOf(project, "ben"), "--name", "ben"];
	const refused = await project.coffer(ben);
	expect(refused).toMatchObject({ status: 7, stderr: expect.stringContaining(": coffer vault accept\n") });
	const asked = await project.coffer(["vault", "accept"]);
	expect(asked).toMatchObject({
		status: 2,
		stderr: expect.stringContaining(": coffer vault accept --yes\n"),
	});
	expect(asked.stdout).toMatch(/alice added typo as a writer/);
	await project.ok(["vault", "accept", "--yes"]);
	await project.ok(ben);
	await project.ok(["vault", "verify"]);
});

test("undo of a removal first names the member who gets access again", async () => {
	await using project = await begun();
	await project.ok(["members", "add", await keyOf(project, "ben"), "--name", "ben"]);
	await commit(project, "Ben");
	await project.ok(["members", "remove", "ben"]);
	await undo(project);
	expect((await project.coffer(["secrets", "set", "Z=1"])).status).toBe(7);
	const asked = await project.coffer(["vault", "accept", "--json"]);
	expect(asked.json().letIn).toMatchObject([
		{ name: "ben", as: "owner", removedBy: "alice" },
		{ name: "ben", as: "member", removedBy: "alice", environment: "production" },
	]);
	const accepted = await project.ok(["vault", "accept", "--yes"]);
	expect(accepted.stdout.indexOf("ben was removed by alice")).toBeLessThan(
		accepted.stdout.indexOf("epoch 2"),
	);
	await project.ok(["secrets", "set", "Z=1"]);
	await project.ok(["vault", "verify"]);
});

test("--yes does not undo committed changes: the command names their branch, and --all asks for a code", async () => {
	await using project = await begun();
	await project.git("checkout", "--quiet", "-b", "feat");
	await project.ok(["members", "add", await keyOf(project, "bob"), "--name", "bob"]);
	await commit(project, "Bob");
	await project.git("checkout", "--quiet", "main");
	const carol = ["members", "add", await keyOf(project, "carol"), "--name", "carol"];
	const refused = await project.coffer(["vault", "accept", "--yes"]);
	expect(refused).toMatchObject({
		status: 7,
		stderr: expect.stringContaining("git checkout feat -- coffer.vault"),
	});
	const code = /--confirm (\w{8})/.exec(
		(await project.coffer(["vault", "accept", "--all", "--yes"])).stderr,
	)?.[1];
	expect((await project.coffer(["vault", "accept", "--all", "--confirm", "wrongone"])).status).toBe(1);
	await project.ok(["vault", "accept", "--all", "--confirm", code ?? ""]);
	await project.ok(carol);
	await commit(project, "Carol");
	await expect(project.git("merge", "--quiet", "feat")).rejects.toThrow();
	const apart = await project.coffer(["vault", "resolve"]);
	expect(apart).toMatchObject({
		status: 5,
		stderr: expect.stringContaining("coffer vault resolve --take ours"),
	});
	const resolved = await project.ok(["vault", "resolve", "--take", "ours"]);
	expect(resolved.stdout).toMatch(/Applied again: alice added bob as a writer in 'production'/);
	await project.ok(["vault", "verify"]);
	const { members } = await project.data(["members", "list"]);
	expect(members.map(({ name }: { name: string }) => name)).toEqual(["alice", "bob", "carol"]);
});

test("undo of a part lists what the vault still lacks, and the command that remains for it", async () => {
	await using project = await begun();
	await project.git("checkout", "--quiet", "-b", "feat");
	await project.ok(["secrets", "set", "A=on the branch"]);
	await commit(project, "Feat");
	await project.git("checkout", "--quiet", "main");
	await project.ok(["secrets", "set", "UNDONE=1"]);
	await undo(project);
	const { stdout } = await project.ok(["vault", "accept", "--yes"]);
	expect(stdout).toMatch(/Forgot 1 change /);
	expect(stdout).toMatch(/still lacks 1 change .*\n.*\n.*found elsewhere:\n +A, version 2 .* in branch feat/);
	expect(stdout).toMatch(/git checkout feat -- coffer\.vault/);
	expect(stdout).not.toMatch(/: coffer vault accept\n/);
	const { kept, ways } = (await project.coffer(["vault", "accept", "--json"])).json();
	expect(kept).toMatchObject([{ name: "A", kind: "elsewhere" }]);
	expect(ways.at(-1).commands).toEqual(["coffer vault accept --all"]);
	await project.git("checkout", "feat", "--", "coffer.vault");
	await project.ok(["vault", "verify"]);
});

test("undo forgets a secret that was set and deleted, and its versions are not used again", async () => {
	await using project = await begun();
	await project.ok(["secrets", "set", "NEW=1"]);
	await project.ok(["secrets", "delete", "NEW"]);
	await undo(project);
	const restored = await project.coffer(["vault", "restore", "NEW"]);
	expect(restored).toMatchObject({ status: 4, stderr: expect.stringContaining(": coffer vault accept\n") });
	await project.ok(["vault", "accept", "--yes"]);
	await project.ok(["vault", "verify"]);
	await project.ok(["secrets", "set", "NEW=2"]);
	expect((await project.data(["secrets", "get", "NEW"])).version).toBe(3);
});

test("an environment whose creation was undone can be created again", async () => {
	await using project = await begun();
	await project.ok(["environments", "create", "staging"]);
	await undo(project);
	const refused = await project.coffer(["environments", "create", "staging"]);
	expect(refused).toMatchObject({ status: 7, stderr: expect.stringContaining(": coffer vault accept\n") });
	await project.ok(["vault", "accept", "--yes"]);
	await project.ok(["environments", "create", "staging"]);
	await project.ok(["vault", "verify"]);
});

test("the result of 'vault resolve --take ours' does not count as a rollback", async () => {
	await using project = await begun();
	await project.ok(["secrets", "set", "A=ours"]);
	await project.git("checkout", "--quiet", "-b", "feat");
	await project.git("checkout", "--quiet", "HEAD", "--", "coffer.vault");
	await project.ok(["secrets", "set", "A=theirs"]);
	await commit(project, "Theirs");
	await project.git("checkout", "--quiet", "main");
	const state = join(project.machine, "another-device");
	await project.ok(["secrets", "set", "A=ours"], { env: { XDG_STATE_HOME: state } });
	await commit(project, "Ours");
	await expect(project.git("merge", "--quiet", "feat")).rejects.toThrow();
	await project.ok(["vault", "resolve", "--take", "ours"]);
	await project.ok(["vault", "verify"]);
	expect(await project.reveal("A")).toBe("ours");
});

test("another vault in the folder is accepted only with a code", async () => {
	await using project = await begun();
	await using another = await begun();
	project.vault = another.vault;
	const env = { COFFER_IDENTITY: another.identity };
	expect((await project.coffer(["secrets", "list"], { env })).status).toBe(0);
	project.vault = await project.git("show", "HEAD:coffer.vault");
	await project.ok(["vault", "verify"]);
	const refused = await project.coffer(["secrets", "list"], { env });
	expect(refused).toMatchObject({
		status: 7,
		stderr: expect.stringContaining(": coffer vault accept\n"),
	});
	const unconfirmed = await project.coffer(["vault", "accept", "--yes"], { env });
	const code = /accept --confirm (\w{8})/.exec(unconfirmed.stderr)?.[1] ?? "";
	expect(unconfirmed).toMatchObject({
		status: 2,
		stderr: expect.stringContaining("To accept the current vault for this folder"),
	});
	await project.ok(["vault", "accept", "--confirm", code], { env });
	// The next error is about a member that this vault does not contain.
	expect((await project.coffer(["secrets", "list"], { env })).status).toBe(3);
});

let platform: PlatformAccess;
beforeAll(async () => {
	platform = await sharedPlatform();
});
afterAll(async () => {
	await platform?.[Symbol.asyncDispose]();
});

const linkWith = (app: string) => ["link", platform.control, "--app", app, "--token", platform.token];

test("branches that were both linked with the platform can be merged", async () => {
	await using project = await begun();
	await project.git("checkout", "--quiet", "-b", "feat");
	project.variables["COFFER_TOKEN"] = platform.token;
	await project.ok(linkWith("two-branches"));
	await commit(project, "Link");
	await project.git("checkout", "--quiet", "main");
	await project.ok(linkWith("two-branches"));
	await project.ok(["secrets", "list"]);
	await project.ok(["vault", "verify"]);
	await commit(project, "Link, too");
	await project.git("merge", "--quiet", "feat");
	await project.ok(["vault", "verify"]);
});

test("a refused link changes neither of the two files", async () => {
	await using project = await begun();
	await project.ok(["members", "add", await keyOf(project, "typo"), "--name", "typo"]);
	await undo(project);
	const before = project.vault;
	project.variables["COFFER_TOKEN"] = platform.token;
	const refused = await project.coffer(linkWith("refused"));
	expect(refused).toMatchObject({ status: 7, stderr: expect.stringContaining(": coffer vault accept\n") });
	expect(project.vault).toBe(before);
	expect(existsSync(join(project.root, "coffer.json"))).toBe(false);
	await project.ok(["vault", "accept", "--yes"]);
	await project.ok(linkWith("refused"));
	await project.ok(["vault", "verify"]);
});

test("undo --all without the platform forgets changes that only the platform has, says so, and offers a sync", async () => {
	await using project = await begun();
	project.variables["COFFER_TOKEN"] = platform.token;
	await project.ok(linkWith("offline"));
	await commit(project, "Link");
	await project.ok(["secrets", "set", "SENT=1"]);
	await undo(project);
	const online = await project.coffer(["vault", "accept", "--all", "--yes"]);
	expect(online).toMatchObject({
		status: 7,
		stderr: expect.stringContaining("the linked platform has each of them"),
	});
	const asked = await project.coffer(["vault", "accept", "--all", "--offline"]);
	expect(asked.stderr).toMatch(
		/platform of 'production' was not asked.*the next sync brings them back, or asks/,
	);
	const code = /--all --confirm (\w{8})/.exec(asked.stderr)?.[1] ?? "";
	await project.ok(["vault", "accept", "--all", "--offline", "--confirm", code]);
	await project.ok(["vault", "verify", "--offline"]);
	expect((await project.coffer(["sync", "--json"])).error()).toMatchObject({
		code: "SYNC_ROLLED_BACK",
		names: ["SENT"],
	});
	const taken = await project.data(["sync", "--take", "platform"]);
	expect(taken).toMatchObject({ taken: ["SENT"], pending: [] });
	await project.ok(["vault", "verify"]);
	expect(await project.reveal("SENT")).toBe("1");
});
