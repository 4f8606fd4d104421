/** Repairs conflicts that real git has left. */
import { describe, expect, test } from "vitest";
import { resolveVault, type SideChooser } from "../../src/project/resolve.ts";
import { getSecret, readSession } from "../../src/project/secrets/edit-secrets.ts";
import { parseVault } from "../../src/vault/document/format.ts";
import { refusalOf } from "../support/refusal.ts";
import { alice, bob, carol, dave, PRODUCTION, VaultMaker } from "../vault/maker.ts";
import { TestProject } from "./project.ts";
import { apply, type Edit, Repository } from "./repository.ts";

const STYLES = ["merge", "diff3", "zdiff3"];

async function conflicted(style: string, theirs: Edit, ours: Edit): Promise<Repository> {
	const project = await TestProject.create();
	await project.set({ B: "b", D: "d", F: "f", H: "h" });
	const repo = new Repository(project);
	repo.git("config", "merge.conflictStyle", style);
	const clean = await repo.merge(
		() => apply(project, theirs),
		() => apply(project, ours),
	);
	expect(clean).toBe(false);
	return repo;
}

/** The values of all names, without deleted ones. */
async function values(project: TestProject): Promise<Record<string, string>> {
	const { session } = await readSession(project.context);
	const { secrets } = await project.list();
	return Object.fromEntries(Object.keys(secrets).map((name) => [name, getSecret(session, name).value]));
}

const everything =
	(side: "ours" | "theirs"): SideChooser =>
	() =>
		side;

describe.each(STYLES)("a conflict in git's style %s", (style) => {
	test.each<[string, Edit, Edit, Record<string, string>]>([
		["two names in one gap", { DA: "1" }, { DB: "2" }, { DA: "1", DB: "2" }],
		[
			"several in one gap",
			{ DA: "1", DC: "3" },
			{ DB: "2", DD: "4" },
			{ DA: "1", DB: "2", DC: "3", DD: "4" },
		],
		["gaps at both ends", { A: "1", Z: "3" }, { AA: "2", ZZ: "4" }, { A: "1", AA: "2", Z: "3", ZZ: "4" }],
	])("of %s is merged without a key", async (_, theirs, ours, expected) => {
		const repo = await conflicted(style, theirs, ours);
		using project = repo.project;
		const resolution = await resolveVault(project.root, {});
		expect(resolution).toMatchObject({ conflicted: true, open: [], remade: [], leftOut: [] });
		expect(await values(project)).toEqual({ B: "b", D: "d", F: "f", H: "h", ...expected });
		repo.commit();
		expect(repo.git("status", "--porcelain")).toBe("");
	});

	test("of one name set on both sides is named, and nothing is written", async () => {
		const repo = await conflicted(style, { D: "theirs-secret", DA: "1" }, { D: "ours-secret", DB: "2" });
		using project = repo.project;
		const text = await project.read();
		const refused = await refusalOf(resolveVault(project.root, { identity: project.context.identity }));
		expect(refused).toMatchObject({ code: "MERGE_CONFLICT", exit: 5 });
		expect(refused.message).toBe("Both sides changed D (production).");
		expect(await project.read()).toBe(text);
		await resolveVault(project.root, { take: everything("theirs") });
		expect(await values(project)).toMatchObject({ D: "theirs-secret", DA: "1", DB: "2" });
	});

	test("of a deletion and an edit can be decided for either side", async () => {
		const repo = await conflicted(style, { D: "edited" }, { D: undefined });
		using project = repo.project;
		const text = await project.read();
		expect((await refusalOf(resolveVault(project.root, {}))).message).toMatch(/changed D \(/);
		await resolveVault(project.root, { take: everything("ours") });
		expect(await values(project)).toEqual({ B: "b", F: "f", H: "h" });
		await project.write(text);
		await resolveVault(project.root, { take: everything("theirs") });
		expect(await values(project)).toMatchObject({ D: "edited" });
	});

	test("that is decided by name keeps markers around the undecided names only", async () => {
		const repo = await conflicted(style, { D: "t", E: "t", A: "1" }, { D: "o", E: "o", AA: "2" });
		using project = repo.project;
		const take: SideChooser = (_, name) => (name === "D" ? "theirs" : undefined);
		const refused = await refusalOf(resolveVault(project.root, { take }));
		expect(refused.message).toBe("Both sides changed E (production).");
		expect(
			(await project.read()).match(/^<<<<<<< ours\nE\n[^\n]+\n\n=======\nE\n[^\n]+\n\n>>>>>>> theirs$/m),
		).not.toBe(null);
		expect((await project.read()).match(/^<<<<<<< /gm)).toHaveLength(1);
		await resolveVault(project.root, { take: everything("ours") });
		expect(await values(project)).toMatchObject({ A: "1", AA: "2", D: "t", E: "o" });
	});

	test("of the same value on both sides is resolved by a member", async () => {
		const repo = await conflicted(style, { D: "same" }, { D: "same" });
		using project = repo.project;
		await resolveVault(project.root, { identity: project.context.identity });
		expect(await values(project)).toMatchObject({ D: "same" });
	});
});

test("a name that only one side changed is no conflict if the markers contain the merge base", async () => {
	using project = await TestProject.create();
	await project.set({ B: "b", D: "d" });
	const base = await project.read();
	await project.set({ B: "ours" });
	const ours = await project.read();
	await project.write(base);
	await project.set({ D: "theirs" });
	const theirs = await project.read();
	const whole = (ancestor: string) =>
		`<<<<<<< HEAD\n${ours}||||||| base\n${ancestor}=======\n${theirs}>>>>>>> branch\n`;
	const nested = whole(`<<<<<<<<< one\n${base}=========\n${base}>>>>>>>>> two\n`);
	await project.write(nested);
	expect((await refusalOf(resolveVault(project.root, {}))).message).toMatch(/changed B .*, D /);
	await project.write(whole(base));
	await resolveVault(project.root, {});
	expect(await values(project)).toEqual({ B: "ours", D: "theirs" });
});

/** Lets git merge three texts of a vault, and leaves the result in the project's file. */
async function mergedByGit(
	project: TestProject,
	base: string,
	ours: string,
	theirs: string,
): Promise<boolean> {
	await project.write(base);
	const repo = new Repository(project);
	return repo.merge(
		() => project.write(theirs),
		() => project.write(ours),
	);
}

describe("membership", () => {
	function from(text: string): VaultMaker {
		const maker = new VaultMaker();
		maker.document = parseVault(text);
		return maker;
	}
	const base = new VaultMaker().environment("preview").set("A", "a").set("B", "b").text;

	test("of one side is taken, with the names of the other side", async () => {
		using project = await TestProject.create();
		const ours = from(base).add(bob, "writer", "bob").set("AA", "1").set("BY_BOB", "2", PRODUCTION, bob);
		const clean = await mergedByGit(project, base, ours.text, from(base).set("AB", "3").set("C", "4").text);
		expect(clean).toBe(false);
		await resolveVault(project.root, {});
		const { environments } = parseVault(await project.read());
		expect([...(environments.get(PRODUCTION)?.records.keys() ?? [])]).toEqual([
			"A",
			"AA",
			"AB",
			"B",
			"BY_BOB",
			"C",
		]);
		expect(environments.get(PRODUCTION)?.links).toHaveLength(2);
	});

	test("that both sides changed is refused with instructions", async () => {
		using project = await TestProject.create();
		const ours = from(base).add(bob, "writer", "bob").text;
		await mergedByGit(project, base, ours, from(base).add(carol, "reader", "carol").text);
		const text = await project.read();
		const refused = await refusalOf(resolveVault(project.root, { take: everything("ours") }));
		expect(refused).toMatchObject({ code: "MEMBERSHIP_CONFLICT", exit: 5 });
		expect(refused.message).toContain("members of environment 'production'");
		expect(text.split("\n")[(refused.line ?? 0) - 1]).toMatch(/^link 1 .* carol /);
		expect(await project.read()).toBe(text);
	});

	test.each([
		["without a key", undefined],
		["with the key", alice],
	])("that removes a writer whose records remain, %s: their side cannot be taken", async (_, identity) => {
		using project = await TestProject.create();
		const team = from(base).add(dave, "writer", "dave").text;
		const theirs = from(team).set("A", "from dave", PRODUCTION, dave).set("AA", "new", PRODUCTION, dave).text;
		await mergedByGit(project, team, from(team).epoch([dave]).text, theirs);
		const open = await refusalOf(resolveVault(project.root, { identity }));
		expect(open).toMatchObject({
			message:
				"The author of A (production), AA (production) on one side is no longer a writer: only the other side can be taken.",
			hint: expect.stringMatching(/--take ours\n.* coffer secrets set A$/),
			data: { open: [{ refused: "theirs" }, { name: "AA", refused: "theirs" }] },
		});
		const refused = await refusalOf(resolveVault(project.root, { identity, take: everything("theirs") }));
		expect(refused).toMatchObject({ code: "RECORD_AUTHOR_REMOVED", exit: 7 });
		const { decided } = await resolveVault(project.root, { identity, take: everything("ours") });
		expect(decided).toMatchObject([{ name: "A", refused: "theirs" }, { refused: "theirs" }]);
		const records = parseVault(await project.read()).environments.get(PRODUCTION)?.records;
		expect([...(records?.keys() ?? [])]).toEqual(["A", "B"]);
	});
});

describe("a malformed conflict is refused with its line, and the file is not changed", () => {
	test.each<[string, (text: string) => string]>([
		["no end", (text) => text.replace(/^>>>>>>> .*\n/m, "")],
		["no middle", (text) => text.replace(/^=======\n/m, "")],
		["no beginning", (text) => text.replace(/^<<<<<<< .*\n/m, "")],
	])("%s", async (_, damage) => {
		const repo = await conflicted("merge", { DA: "1" }, { DB: "2" });
		using project = repo.project;
		const text = damage(await project.read());
		await project.write(text);
		const refused = await refusalOf(resolveVault(project.root, {}));
		expect(refused).toMatchObject({ code: "VAULT_CONFLICT_UNREADABLE", exit: 5 });
		expect(text.split("\n")[(refused.line ?? 0) - 1]).toMatch(/^[<=>]{7}/);
		expect(await project.read()).toBe(text);
	});

	test("a side that is not a vault is refused with the line of the file", async () => {
		const repo = await conflicted("merge", { DA: "1" }, { DB: "2" });
		using project = repo.project;
		const text = (await project.read()).replace("\nDA\n", "\nD A\n");
		await project.write(text);
		const line = text.split("\n").indexOf("D A") + 1;
		expect(await refusalOf(resolveVault(project.root, {}))).toMatchObject({
			code: "VAULT_NAME_INVALID",
			line,
		});
	});

	test("a forged record on one side", async () => {
		const repo = await conflicted("merge", { DA: "1" }, { DB: "2" });
		using project = repo.project;
		await project.write((await project.read()).replace("\nDA\n", "\nDX\n"));
		expect(await refusalOf(resolveVault(project.root, {}))).toMatchObject({ code: "RECORD_FORGED", exit: 7 });
	});
});

test("a vault without a conflict is not changed", async () => {
	using project = await TestProject.create();
	const text = await project.read();
	expect(await resolveVault(project.root, {})).toMatchObject({
		conflicted: false,
		open: [],
		remade: [],
		leftOut: [],
	});
	expect(await project.read()).toBe(text);
});
