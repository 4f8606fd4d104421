/** Versions of a secret, with the real program: listed, and restored, also if the vault has lost the record. */
import { expect, test } from "vitest";
import { cloneOf, commit } from "../support/clone.ts";
import { link, sharedPlatform, startPlatform } from "../support/platform.ts";
import { newProject, Project } from "../support/project.ts";

/** Each test runs about twenty commands. */
const LONG = { timeout: 180_000 };

/** The lines of A in the vault's text. */
const BLOCK = /\nA\nv[^\n]*\n/;

async function committed(values: readonly string[]): Promise<Project> {
	const project = await newProject();
	await project.git("init", "--quiet");
	for (const value of values) {
		await project.ok(["secrets", "set", `A=${value}`]);
		await commit(project, value);
	}
	return project;
}

test("history lists versions from git, newest first, and rollback restores one of them", LONG, async () => {
	await using ana = await committed(["value-one", "value-two"]);
	await ana.ok(["secrets", "delete", "A"]);
	await commit(ana, "Delete");
	await ana.ok(["secrets", "set", "A=value-four"]);
	const { versions, refused, missing, looked } = await ana.data(["secrets", "history", "A"]);
	expect(versions).toMatchObject([
		{ version: 4, kind: "set", committedAt: null, found: { file: true, commit: null, revision: null } },
		{ version: 3, kind: "deleted", found: { file: false } },
		{ version: 2, kind: "set", by: { member: true }, receivedAt: null },
		{ version: 1, kind: "set", resealed: false },
	]);
	const ids = (await ana.git("log", "--format=%h")).trim().split("\n");
	expect(versions.slice(1).map(({ found }: { found: { commit: string } }) => found.commit)).toEqual(ids);
	expect([refused, missing, looked]).toEqual([[], [], ["coffer.vault", "git (3 commits of coffer.vault)"]]);
	const shown = await ana.ok(["secrets", "history", "A"]);
	expect(shown.stdout).toMatch(/^VERSION +KIND +WHEN +BY +FOUND IN\nv4 +set +- /);
	expect(shown.stdout + shown.stderr).not.toContain("value-");

	const back = await ana.data(["secrets", "rollback", "A", "--to", "1"]);
	expect(back).toMatchObject({
		environment: "production",
		from: 1,
		version: 5,
		set: ["A"],
		unchanged: [],
		revision: null,
	});
	expect(await ana.reveal("A")).toBe("value-one");
	const vault = ana.vault;
	expect(await ana.data(["secrets", "rollback", "A", "--to", "1"])).toMatchObject({ unchanged: ["A"] });
	for (const [args, code, exit] of [
		[["secrets", "rollback", "A", "--to", "3"], "VERSION_DELETED", 2],
		[["secrets", "rollback", "A", "--to", "9"], "VERSION_NOT_FOUND", 4],
		[["secrets", "rollback", "A", "--to", "0"], "USAGE", 2],
		[["secrets", "rollback", "A"], "USAGE", 2],
		[["secrets", "history", "B"], "SECRET_NOT_FOUND", 4],
		[["vault", "restore", "B"], "SECRET_NOT_FOUND", 4],
	] as const)
		expect((await ana.coffer([...args, "--json"])).error()).toMatchObject({ code, exit });
	const typed = await ana.coffer(["secrets", "history", "pass word!", "--json"]);
	expect(typed.error()).toMatchObject({ code: "NAME_INVALID", exit: 2 });
	expect(typed.stderr).not.toContain("pass");
	expect(ana.vault).toBe(vault);
});

test("vault restore takes a record that the file has lost from a commit", LONG, async () => {
	await using ana = await committed(["one", "two"]);
	const whole = ana.vault;
	const LOSSES = [
		whole.replace(BLOCK, "\n").replace("\n\n\n", "\n\n"),
		whole.replace("\nv2 live ", "\nv999999999 live "),
		whole.replace("\nv2 live ", "\nv2 deleted "),
	];
	for (const lost of LOSSES) {
		ana.vault = lost;
		const restored = await ana.data(["vault", "restore", "A"]);
		expect(restored).toMatchObject({ outcome: "put-back", from: 2, version: 2, missing: [] });
		expect(restored.found.commit).toMatch(/^[0-9a-f]{7,}$/);
		expect(ana.vault).toBe(whole);
	}
	await ana.ok(["vault", "verify"]);
	ana.vault = LOSSES[1] ?? "";
	const refused = await ana.coffer(["secrets", "rollback", "A", "--to", "1", "--json"]);
	expect(refused.error()).toMatchObject({ code: "RECORD_FORGED", exit: 7 });
	expect(refused.error().hint).toContain("coffer vault restore A");
	expect((await ana.ok(["vault", "restore", "A", "--version", "1"])).stdout).toMatch(
		/Set A in production to the value of version 1 \(found in commit [0-9a-f]+\), as version 3/,
	);
	expect(await ana.reveal("A")).toBe("one");

	await ana.ok(["secrets", "delete", "A"]);
	const deleted = await ana.ok(["vault", "restore", "A"]);
	expect(deleted.stdout).toContain("as version 5");
	expect(deleted.stdout).toContain("Later versions were not found: v3");
	ana.vault = "no vault\n";
	const broken = await ana.coffer(["vault", "restore", "A", "--json"]);
	expect(broken.error()).toMatchObject({ code: "VAULT_MALFORMED", exit: 7 });
	expect(broken.error().hint).toMatch(/git log -- coffer\.vault.*git checkout/);
});

test(
	"history names versions of a removed member, refuses those that only git has, and a restored one needs rotation",
	LONG,
	async () => {
		await using ana = await newProject();
		await ana.git("init", "--quiet");
		await ana.ok(["secrets", "set", "A=from-ana"]);
		await commit(ana, "Start");
		await using ben = new Project();
		await ben.git("clone", "--quiet", ana.root, ".");
		await ana.ok(["members", "add", (await ben.data(["identity", "show"])).publicKey, "--name", "ben"]);
		await commit(ana, "Add ben");
		await ben.git("pull", "--quiet");
		for (const value of ["from-ben", "later-from-ben"]) {
			await ben.ok(["secrets", "set", `A=${value}`]);
			await commit(ben, value);
		}
		await ana.git("pull", "--quiet", ben.root, "HEAD");
		await ana.ok(["members", "remove", "ben"]);
		await commit(ana, "Remove ben");
		await ana.ok(["secrets", "set", "A=rotated"]);
		expect((await ana.data(["status"])).debt).toEqual([]);

		const { versions, refused } = await ana.data(["secrets", "history", "A"]);
		// Ana sealed version 3 again when ben was removed. Only ben's own signature confirms version 2.
		expect(versions.map(({ by, version }: { by: object; version: number }) => [version, by])).toMatchObject([
			[4, { member: true }],
			[3, { name: "ben", member: false }],
			[1, { member: true }],
		]);
		expect(refused.map(({ version }: { version: number }) => version)).toEqual([2]);
		expect(refused[0]).toMatchObject({ by: { name: "ben", member: false }, code: "RECORD_AUTHOR_REMOVED" });
		for (const args of [
			["secrets", "rollback", "A", "--to", "2"],
			["vault", "restore", "A", "--version", "2"],
		])
			expect((await ana.coffer([...args, "--json"])).error()).toMatchObject({
				code: "VERSION_REFUSED",
				exit: 7,
				hint: expect.stringMatching(/: coffer secrets set A$/),
			});
		const back = await ana.data(["secrets", "rollback", "A", "--to", "1"]);
		expect(back).toMatchObject({ version: 5 });
		expect((await ana.data(["status"])).debt).toMatchObject([{ member: "ben", names: ["A"] }]);
	},
);

test(
	"records that a removed member wrote before the removal are valid if the log has them",
	LONG,
	async () => {
		await using ana = await newProject();
		await using platform = await sharedPlatform();
		await ana.ok(["secrets", "set", "A=from-ana"]);
		await link(ana, platform);
		await ana.git("init", "--quiet");
		await using ben = new Project();
		await ana.ok(["members", "add", (await ben.data(["identity", "show"])).publicKey, "--name", "ben"]);
		await commit(ana, "Start");
		await ben.git("clone", "--quiet", ana.root, ".");
		ben.variables["COFFER_TOKEN"] = platform.token;
		ben.variables["COFFER_ORIGIN"] = platform.control;
		for (const value of ["from-ben", "later-from-ben"]) await ben.ok(["secrets", "set", `A=${value}`]);
		await ana.ok(["members", "remove", "ben"]);
		await ana.ok(["secrets", "set", "A=rotated"]);
		await using fresh = await cloneOf(ana);
		fresh.vault = ana.vault;
		const { versions, refused } = await fresh.data(["secrets", "history", "A"]);
		expect(refused).toEqual([]);
		expect(versions.map(({ by, version }: { by: object; version: number }) => [version, by])).toMatchObject([
			[4, { member: true }],
			[3, { name: "ben", member: false }],
			[2, { name: "ben", member: false }],
			[1, { member: true }],
		]);
		expect(await ana.data(["secrets", "rollback", "A", "--to", "2"])).toMatchObject({
			version: 5,
			pending: 0,
		});
		expect(await ana.reveal("A")).toBe("from-ben");
		expect((await ana.data(["status"])).debt).toMatchObject([{ member: "ben", names: ["A"] }]);
	},
);

test(
	"history of a linked vault shows the log's versions with times and redeploys, and what a clone lacks",
	LONG,
	async () => {
		await using ana = await newProject();
		await using platform = await sharedPlatform();
		await ana.ok(["secrets", "set", "A=one"]);
		ana.write("functions/hello.ts", `export default () => new Response(Deno.env.get("A"));\n`);
		await link(ana, platform);
		await ana.ok(["functions", "deploy"]);
		await ana.git("init", "--quiet");
		await commit(ana, "Start");
		await ana.ok(["secrets", "set", "A=two"]);
		const before = Date.now();
		await ana.ok(["secrets", "set", "A=three"]);
		const { versions } = await ana.data(["secrets", "history", "A"]);
		expect(versions).toMatchObject([
			{ version: 3, committedAt: null, found: { file: true, revision: 3 } },
			{ version: 2, committedAt: null, found: { file: false, commit: null, revision: 2 } },
			{ version: 1, found: { revision: 1 } },
		]);
		expect(Math.abs(Date.parse(versions[0].receivedAt) - before)).toBeLessThan(60_000);
		expect((await ana.ok(["secrets", "history", "A"])).stdout).toContain("UTC (by the platform's clock)");
		const back = await ana.data(["secrets", "rollback", "A", "--to", "2"]);
		expect(back).toMatchObject({ version: 4, revision: 4, pending: 0, redeployed: [{ function: "hello" }] });
		expect((await platform.call("hello")).text).toBe("two");

		// A clone of the first commit, which can get later changes only from the platform.
		await using clone = await cloneOf(ana);
		expect(await clone.data(["vault", "restore", "A"])).toMatchObject({ outcome: "put-back", version: 4 });
		expect(clone.vault).toBe(ana.vault);
		const whole = ana.vault;
		ana.vault = whole.replace(BLOCK, "\n").replace("\n\n\n", "\n\n");
		const restored = await ana.data(["vault", "restore", "A"]);
		expect(restored).toMatchObject({
			outcome: "put-back",
			version: 4,
			found: { revision: 4 },
			redeployed: [],
		});
		expect(ana.vault).toBe(whole);
	},
);

test("history reports an unreachable platform, and uses git and the file", LONG, async () => {
	await using ana = await committed(["one"]);
	await using platform = await startPlatform();
	await link(ana, platform);
	await ana.ok(["secrets", "set", "A=two"]);
	await platform.stop();
	const away = await ana.coffer(["secrets", "history", "A", "--json"]);
	expect(away.status).toBe(0);
	expect(away.json().notes).toEqual([expect.stringContaining("The platform's log was not searched")]);
	const shown = await ana.ok(["secrets", "history", "A"]);
	expect(shown.stderr).toContain("Warning: The platform's log was not searched");
	expect(away.json().versions).toHaveLength(2);
	const offline = await ana.data(["secrets", "rollback", "A", "--to", "1"]);
	expect(offline).toMatchObject({ version: 3, revision: null, pending: 1 });
	await platform.start();
	expect(await ana.data(["sync"])).toMatchObject({ sent: ["A"], pending: [] });
});
