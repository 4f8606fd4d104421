/** One project on two machines: what merges automatically, what the user is asked, and what is never sent. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cloneOf, commit } from "../support/clone.ts";
import { link, type PlatformAccess, sharedPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";

let platform: PlatformAccess;
let ours: Project;
let theirs: Project;

beforeAll(async () => {
	[ours, platform] = await Promise.all([newProject(), sharedPlatform()]);
	await ours.ok(["secrets", "set", "A=a0", "B=b0", "C=c0"]);
	await link(ours, platform);
	await ours.git("init", "--quiet");
	await commit(ours, "Start");
	theirs = await cloneOf(ours);
	const first = await theirs.data(["sync"]);
	expect(first).toMatchObject({ revision: 1, sent: [], taken: [], pending: [] });
	expect(first.warnings.join("\n")).toMatch(/First use of this vault here/);
});
afterAll(async () => {
	await ours?.[Symbol.asyncDispose]();
	await theirs?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});
const valuesOf = async (project: Project, names: readonly string[]) =>
	await Promise.all(names.map((name) => project.reveal(name)));

describe("both sides change secrets", () => {
	test("merges changes of different names", async () => {
		await ours.ok(["secrets", "set", "A=a1", "--no-sync"]);
		await theirs.ok(["secrets", "set", "B=b1", "NEW=n1"]);
		expect(await ours.data(["status"])).toMatchObject({ pending: ["A"] });
		expect(await ours.data(["sync"])).toMatchObject({ sent: ["A"], taken: ["B", "NEW"], pending: [] });
		expect(await theirs.data(["sync"])).toMatchObject({ sent: [], taken: ["A"], pending: [] });
		for (const project of [ours, theirs])
			expect(await valuesOf(project, ["A", "B", "C", "NEW"])).toEqual(["a1", "b1", "c0", "n1"]);
		expect(ours.vault).toBe(theirs.vault);
	});

	test("takes a deletion from the other side", async () => {
		await theirs.ok(["secrets", "set", "GONE=1"]);
		await ours.ok(["sync"]);
		await theirs.ok(["secrets", "delete", "GONE"]);
		expect(await ours.data(["sync"])).toMatchObject({ taken: ["GONE"] });
		expect((await ours.coffer(["secrets", "get", "GONE"])).status).toBe(4);
	});

	test("accepts the same value for one name on both sides", async () => {
		await ours.ok(["secrets", "set", "A=same", "--no-sync"]);
		await theirs.ok(["secrets", "set", "A=same"]);
		const { revision } = await theirs.data(["status"]);
		expect(await ours.data(["sync"])).toMatchObject({ revision, pending: [] });
		expect(ours.vault).toBe(theirs.vault);
	});

	test.each([
		{ side: "local", wins: "ours" },
		{ side: "platform", wins: "theirs" },
	])(
		"refuses different values for one name with exit 5 and the name, and loses nothing; --take $side decides",
		async ({ side, wins }) => {
			await ours.ok(["secrets", "set", `A=ours-${side}`, `B=quiet-${side}`, "--no-sync"]);
			await theirs.ok(["secrets", "set", `A=theirs-${side}`]);
			const [vault, { revision }] = [ours.vault, await theirs.data(["status"])];
			const stopped = await ours.coffer(["sync", "--json"]);
			expect(stopped.status).toBe(5);
			expect(stopped.error()).toMatchObject({ code: "SYNC_CONFLICT", exit: 5 });
			expect(stopped.error().message).toMatch(/: A\.$/);
			expect(stopped.json().pending).toEqual(["A"]);
			expect(stopped.stdout + stopped.stderr).not.toMatch(/ours-|theirs-/);
			expect(await ours.reveal("A")).toBe(`ours-${side}`);
			expect((await theirs.data(["status"])).platformRevision).toBe(revision);
			expect(ours.vault).toBe(vault);

			const edited = await ours.coffer(["secrets", "set", `C=still-${side}`, "--json"]);
			expect(edited.status).toBe(5);
			expect(edited.json()).toMatchObject({ set: ["C"], revision: null });
			expect(await ours.reveal("C")).toBe(`still-${side}`);

			const decided = await ours.data(["sync", "--take", side, "A"]);
			expect(decided.pending).toEqual([]);
			expect(decided.sent).toContain("B");
			await theirs.ok(["sync"]);
			expect(await valuesOf(ours, ["A", "B"])).toEqual([`${wins}-${side}`, `quiet-${side}`]);
			expect(ours.vault).toBe(theirs.vault);
		},
	);

	test("decides by name; names that --take does not list stay undecided and unchanged", async () => {
		await ours.ok(["secrets", "set", "A=o", "B=o", "--no-sync"]);
		await theirs.ok(["secrets", "set", "A=t", "B=t"]);
		const half = await ours.coffer(["sync", "--take", "local", "A", "--json"]);
		expect(half.status).toBe(5);
		expect(half.error().message).toMatch(/: B\.$/);
		expect(await valuesOf(ours, ["A", "B"])).toEqual(["o", "o"]);
		expect(await ours.data(["sync", "--take", "platform", "B"])).toMatchObject({ sent: ["A"], taken: ["B"] });
		await theirs.ok(["sync"]);
		expect(await valuesOf(theirs, ["A", "B"])).toEqual(["o", "t"]);
		expect(ours.vault).toBe(theirs.vault);
	});
});

test("sync sends nothing again if git brings changes that are synced already, and the log does not fork", async () => {
	for (const project of [ours, theirs]) await project.ok(["sync"]);
	await theirs.ok(["secrets", "set", "BY_GIT=1", "--no-sync"]);
	const { revision } = await ours.data(["secrets", "set", "BESIDE=1"]);
	expect(await theirs.data(["sync"])).toMatchObject({ revision: revision + 1, taken: ["BESIDE"] });
	ours.vault = theirs.vault;
	expect(await ours.data(["sync"])).toMatchObject({ revision: revision + 1, pending: [] });
	expect(await ours.data(["status"])).toMatchObject({ platformRevision: revision + 1, pending: [] });
});

describe("both sides change the members", () => {
	const membersOf = async (project: Project): Promise<string[]> => {
		const { members } = await project.data(["members", "list"]);
		return members.map(({ name }: { name: string }) => name);
	};
	const newKey = async (): Promise<string> => (await ours.data(["identity", "new", "--ci"])).publicKey;

	test("reports the conflict to the later side and sends nothing; --take platform makes its change again", async () => {
		for (const project of [ours, theirs]) await project.ok(["sync"]);
		await theirs.ok(["members", "add", await newKey(), "--name", "of-theirs"]);
		const { revision } = await theirs.data(["status"]);
		const added = await ours.coffer(["members", "add", await newKey(), "--name", "of-ours", "--json"]);
		expect(added.error()).toMatchObject({ code: "MEMBERSHIP_DIVERGED", exit: 5 });
		expect(added.error().hint).toContain("coffer sync --take platform");
		const again = await ours.coffer(["sync", "--take", "local", "--json"]);
		expect(again.error()).toMatchObject({ code: "MEMBERSHIP_DIVERGED", exit: 5 });
		expect(await theirs.data(["status"])).toMatchObject({ revision, platformRevision: revision });
		const merged = await ours.ok(["sync", "--take", "platform"]);
		expect(merged.stderr).toMatch(/Applied again: .* added of-ours/);
		await theirs.ok(["sync"]);
		for (const project of [ours, theirs]) {
			expect(await membersOf(project)).toEqual(expect.arrayContaining(["of-ours", "of-theirs"]));
			await project.ok(["vault", "verify"]);
		}
		expect(ours.vault).toBe(theirs.vault);
	});

	test("refuses to undo what the platform has, and the error says so", async () => {
		await commit(ours, "Before an undo");
		await ours.ok(["members", "add", await newKey(), "--name", "undone"]);
		await ours.git("checkout", "--", "coffer.vault");
		for (const all of [[], ["--all"]]) {
			const refused = await ours.coffer(["vault", "accept", ...all, "--json"]);
			expect(refused.error()).toMatchObject({ code: "NOTHING_UNDONE", exit: 7 });
			expect(refused.error().message).toContain("the linked platform has each of them");
			expect(refused.error().hint).toContain("coffer sync");
		}
		await ours.ok(["sync"]);
		expect(await membersOf(ours)).toContain("undone");
		await ours.ok(["vault", "verify"]);
	});
});

describe("a new clone", () => {
	test("of an older commit takes the newer changes without a conflict", async () => {
		await ours.ok(["secrets", "set", "A=after the commit", "LATER=1"]);
		await using third = await cloneOf(ours);
		expect(third.vault).not.toBe(ours.vault);
		const before = await ours.data(["sync"]);
		await third.ok(["secrets", "set", "THIRD=3", "--no-sync"]);
		const first = await third.data(["sync"]);
		expect(first).toMatchObject({ revision: before.revision + 1, sent: ["THIRD"], pending: [] });
		expect(await valuesOf(third, ["A", "LATER"])).toEqual(["after the commit", "1"]);
		for (const project of [ours, theirs]) await project.ok(["sync"]);
		expect(third.vault).toBe(ours.vault);
	});
});

describe("an older vault file replaces the current one", () => {
	test("warns once and names the secrets; sync sends nothing old and exits with 5; --take decides", async () => {
		await commit(ours, "Before");
		await ours.ok(["secrets", "set", "A=newer-1", "B=newer-2"]);
		const { revision } = await ours.data(["status"]);
		await ours.git("checkout", "--", "coffer.vault");
		const vault = ours.vault;
		const [warned, quiet] = [await ours.data(["secrets", "list"]), await ours.data(["secrets", "list"])];
		expect(warned.warnings).toEqual([expect.stringMatching(/^Older than this device has seen: A, B\./)]);
		expect(quiet.warnings).toBeUndefined();

		const refused = await ours.coffer(["sync", "--json"]);
		expect(refused.status).toBe(5);
		expect(refused.error()).toMatchObject({ code: "SYNC_ROLLED_BACK", exit: 5 });
		expect(refused.json()).toMatchObject({ pending: ["A", "B"], sent: [], taken: [], revision });
		expect(ours.vault).toBe(vault);
		const edited = await ours.data(["secrets", "set", "C=beside"]);
		expect(edited).toMatchObject({ set: ["C"], pending: 2, revision: revision + 1 });

		await ours.ok(["sync", "--take", "platform", "A"]).catch(() => undefined);
		expect(await ours.reveal("A")).toBe("newer-1");
		const local = await ours.data(["sync", "--take", "local", "B"]);
		expect(local).toMatchObject({ sent: ["B"], pending: [] });
		await theirs.ok(["sync"]);
		expect(ours.vault).toBe(theirs.vault);
		expect(await theirs.reveal("B")).not.toBe("newer-2");
	});

	test("names a record that was dropped, and restores it with --take platform", async () => {
		await ours.ok(["secrets", "set", "DROPPED=here"]);
		ours.vault = ours.vault.replace(/^DROPPED\n[^\n]+\n\n/m, "");
		expect(ours.vault).not.toContain("DROPPED");
		const { warnings } = await ours.data(["secrets", "list"]);
		expect(warnings).toEqual([expect.stringMatching(/absent now: DROPPED\./)]);
		const refused = await ours.coffer(["sync", "--json"]);
		expect(refused).toMatchObject({ status: 5, stdout: expect.stringContaining('"pending":["DROPPED"]') });
		await ours.ok(["sync", "--take", "platform"]);
		expect(await ours.reveal("DROPPED")).toBe("here");
	});
});

describe("a clone that has never synced", () => {
	test("changes and deletes values that are the same in git and on the platform without a question", async () => {
		await ours.ok(["sync"]);
		await ours.ok(["secrets", "set", "KEPT=1", "DROPPED=1"]);
		await commit(ours, "For a new clone");
		const fresh = await cloneOf(ours);
		try {
			await fresh.ok(["secrets", "set", "KEPT=2", "--no-sync"]);
			await fresh.ok(["secrets", "set", "KEPT=3", "--no-sync"]);
			const deleted = await fresh.data(["secrets", "delete", "DROPPED"]);
			expect(deleted).toMatchObject({ deleted: ["DROPPED"], pending: 0 });
			expect(await ours.data(["sync"])).toMatchObject({ taken: ["DROPPED", "KEPT"], pending: [] });
			expect(await ours.reveal("KEPT")).toBe("3");
		} finally {
			await fresh[Symbol.asyncDispose]();
		}
	});

	test("is asked about values that have changed on the platform since", async () => {
		await commit(ours, "For another clone");
		const fresh = await cloneOf(ours);
		try {
			await ours.ok(["secrets", "set", "KEPT=platform"]);
			const result = await fresh.coffer(["secrets", "set", "KEPT=fresh", "--json"]);
			expect(result.error()).toMatchObject({ code: "SYNC_CONFLICT", exit: 5 });
			expect(await fresh.reveal("KEPT")).toBe("fresh");
			const COFFER_IDENTITY = `coffer-identity-1.${Buffer.alloc(32, "ben").toString("base64url")}`;
			const { publicKey } = await fresh.data(["identity", "show"], { env: { COFFER_IDENTITY } });
			await fresh.ok(["members", "add", publicKey, "--name", "ben", "--no-sync"]);
			const removal = await fresh.coffer(["members", "remove", "ben", "--json"]);
			expect(removal.error()).toMatchObject({ code: "SYNC_CONFLICT", exit: 5, names: ["KEPT"] });
			expect(await ours.data(["sync"])).toMatchObject({ taken: [] });
		} finally {
			await fresh[Symbol.asyncDispose]();
		}
	});
});
