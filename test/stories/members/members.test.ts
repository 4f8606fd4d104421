/**
 * Two people and one vault, with the real program: one sends a public key, and the other adds it as a member.
 */
import { describe, expect, test } from "vitest";
import { verifyHeader } from "../../../src/platform/apps/environment-header.ts";
import { changesPageSchema } from "../../../src/protocol/messages.ts";
import { logContextOf } from "../../../src/sync/client/link-target.ts";
import { recordsOf } from "../../../src/sync/log/check-log.ts";
import { cloneOf, commit } from "../support/clone.ts";
import { link, type PlatformAccess, pidsOf, sharedPlatform, startPlatform } from "../support/platform.ts";
import { APP, newProject, Project } from "../support/project.ts";

/** The same repository on another person's machine. */
async function joined(project: Project): Promise<Project> {
	const other = new Project();
	await other.git("clone", "--quiet", project.root, ".");
	return other;
}

test("a teammate sends a public key and is added, and both can write", async () => {
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

test("a CI job whose identity is a reader can read and cannot write", async () => {
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

test("an invalid public key is refused, and a secret key in its place is not repeated in the output", async () => {
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

describe("a removal of a member on a linked vault", () => {
	/** The versions of the log that a client can read, from the first one on. */
	async function everyPrefixHolds(project: Project, platform: PlatformAccess): Promise<number> {
		const vaultId = project.vault.split(/[ \n]/, 3)[2] ?? "";
		const answer = await fetch(`${platform.control}/v1/apps/${APP}/changes?after=0`, {
			headers: { authorization: `Bearer ${platform.token}` },
		});
		const { entries } = changesPageSchema.parse(await answer.json());
		const info = JSON.parse(project.read("coffer.json")).links.production;
		const context = logContextOf(info, vaultId, "production");
		for (let length = 1; length <= entries.length; length++) {
			const prefix = entries.slice(0, length);
			const header = prefix.findLast(({ change }) => change.header !== null)?.change.header;
			if (!header) throw new Error("the log begins without a header");
			recordsOf(context, prefix, verifyHeader({ vaultId, environment: "production" }, header).environment);
		}
		return entries.length;
	}

	test("keeps functions running and values in place, and reports the removal debt until the values are rotated", async () => {
		await using ana = await newProject();
		await using platform = await startPlatform();
		await ana.ok(["secrets", "set", "GREETING=hello-1", "OTHER=o"]);
		ana.write("functions/hello.ts", `export default () => new Response(Deno.env.get("GREETING"));\n`);
		await link(ana, platform);
		await ana.ok(["functions", "deploy"]);
		await ana.git("init", "--quiet");
		await commit(ana, "Start");
		await using ben = await joined(ana);
		await ana.ok(["members", "add", (await ben.data(["identity", "show"])).publicKey, "--name", "ben"]);
		await commit(ana, "Add ben");
		await ben.git("pull", "--quiet");
		ben.variables["COFFER_TOKEN"] = platform.token;
		ben.variables["COFFER_ORIGIN"] = platform.control;
		await ben.ok(["sync"]);
		// Changes by ben that only the platform has are merged before ben is removed.
		await ben.ok(["secrets", "set", "GREETING=hello-2"]);
		const pids = await pidsOf(ana);

		const removed = await ana.data(["members", "remove", "ben"]);
		expect(removed).toMatchObject({ removed: ["ben"], epoch: 2, pending: 0, redeployed: [], elsewhere: [] });
		// The platform knows no member for a token, so ben may hold any token that opens the app.
		expect(removed.tokens).toMatchObject([{ scopes: ["admin"], app: null, expires: null }]);
		expect(await pidsOf(ana)).toEqual(pids);
		expect((await platform.call("hello")).text).toBe("hello-2");
		const owed = (names: string[]) => [{ member: "ben", epoch: 2, names }];
		expect(removed.debt).toEqual(owed(["GREETING", "OTHER"]));
		expect((await ana.data(["status"])).debt).toEqual(removed.debt);
		expect((await ana.data(["members", "list"])).debt).toEqual(removed.debt);
		expect((await ana.ok(["status"])).stdout).toMatch(
			/To replace: 2 values that ben could read.*\n {2}GREETING\n/,
		);

		const late = await ben.coffer(["secrets", "set", "GREETING=hello-3", "--json"]);
		expect(late.error().code).toMatch(/AUTHOR_NOT_A_WRITER|NOT_A_MEMBER/);
		await ana.ok(["secrets", "set", "GREETING=hello-4", "OTHER=o2"]);
		expect((await platform.call("hello")).text).toBe("hello-4");
		expect((await ana.data(["status"])).debt).toEqual([]);
		expect((await ana.ok(["members", "list"])).stdout).not.toContain("To replace");
		await platform.restart();
		expect((await platform.call("hello")).text).toBe("hello-4");
		expect(await everyPrefixHolds(ana, platform)).toBeGreaterThan(3);
		await using fresh = await cloneOf(ana);
		fresh.vault = ana.vault;
		expect(await fresh.data(["sync"])).toMatchObject({ pending: [], sent: [] });
	});

	test("never puts an invalid record into the log, also with more records than one change may contain", async () => {
		await using ana = await newProject();
		await using platform = await sharedPlatform();
		await ana.git("init", "--quiet");
		await commit(ana, "Start");
		await using ben = await joined(ana);
		await ana.ok(["members", "add", (await ben.data(["identity", "show"])).publicKey, "--name", "ben"]);
		await commit(ana, "Add ben");
		await ben.git("pull", "--quiet");
		const lines = Array.from({ length: 1_001 }, (_, index) => `NAME_${index}=value-${index}`);
		ben.write(".env", `${lines.join("\n")}\n`);
		await ben.ok(["secrets", "set", "--env-file", ".env"]);
		ana.vault = ben.vault;
		await link(ana, platform);
		const removed = await ana.data(["members", "remove", "ben"]);
		expect(removed).toMatchObject({ removed: ["ben"], epoch: 3, resealed: 1_001, pending: 0 });
		expect(removed.debt[0].names).toHaveLength(1_001);
		expect(await everyPrefixHolds(ana, platform)).toBe(6);
		expect(await ana.reveal("NAME_1000")).toBe("value-1000");
	});

	test("removes nobody while the platform is unreachable, unless a flag limits it to the vault; the platform stays a member", async () => {
		await using ana = await newProject();
		await using platform = await startPlatform();
		await ana.ok(["secrets", "set", "A=1"]);
		const { publicKey } = await ana.data(["identity", "new", "--ci"]);
		await ana.ok(["members", "add", publicKey, "--name", "ci", "--role", "reader"]);
		await link(ana, platform);
		const { members } = await ana.data(["members", "list"]);
		const { name } = members.find((member: { name: string }) => member.name.startsWith("platform-"));
		const refused = await ana.coffer(["members", "remove", name, "--json"]);
		expect(refused.error()).toMatchObject({ code: "MEMBER_IS_PLATFORM", exit: 2 });
		await platform.stop();
		const vault = ana.vault;
		const away = await ana.coffer(["members", "remove", "ci", "--json"]);
		expect(away.error()).toMatchObject({ code: "PLATFORM_UNREACHABLE", exit: 6 });
		expect(ana.vault).toBe(vault);
		expect(await ana.data(["members", "remove", "ci", "--no-sync"])).toMatchObject({ epoch: 2, pending: 1 });
		await platform.start();
		expect(await ana.data(["sync"])).toMatchObject({ sent: ["A"], redeployed: [], pending: [] });
	});
});
