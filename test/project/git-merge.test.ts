/** Merges of vaults by real git: clean ones, conflicts, and their messages. */
import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { resolveVault } from "../../src/project/resolve.ts";
import { getSecret, readSession } from "../../src/project/secrets/edit-secrets.ts";
import { refusalOf } from "../support/refusal.ts";
import { TestProject } from "./project.ts";
import { apply, type Edit, Repository } from "./repository.ts";

async function repository(): Promise<Repository> {
	const project = await TestProject.create();
	await project.set({ B: "b", D: "d", F: "f", H: "h" });
	return new Repository(project);
}

beforeAll(() => {
	execFileSync("git", ["--version"]);
});

describe("two branches that set different names merge cleanly", () => {
	const cases: [string, Edit, Edit][] = [
		["neighbouring edits", { D: "1" }, { F: "2" }],
		["edits of first and last", { B: "1" }, { H: "2" }],
		["an insert before an edited record", { C: "1" }, { D: "2" }],
		["an insert after an edited record", { E: "1" }, { D: "2" }],
		["an insert before an edited first record", { A: "1" }, { B: "2" }],
		["an append after an edited last record", { I: "1" }, { H: "2" }],
		["inserts around a record", { C: "1" }, { E: "2" }],
		["a deletion beside an edit", { D: undefined }, { F: "2" }],
		["a deletion beside an insert", { D: undefined }, { E: "2" }],
		["many at once", { A: "1", D: "1", G: "1" }, { B: "2", E: "2", H: "2" }],
	];
	test.each(cases)("%s", async (_, theirs, ours) => {
		const repo = await repository();
		using project = repo.project;
		expect(
			await repo.merge(
				() => apply(project, theirs),
				() => apply(project, ours),
			),
		).toBe(true);
		const { secrets, warnings } = await project.list();
		const expected = new Map<string, string | undefined>(["B", "D", "F", "H"].map((name) => [name, ""]));
		for (const [name, value] of Object.entries({ ...theirs, ...ours })) expected.set(name, value);
		const live = [...expected]
			.filter(([, value]) => value !== undefined)
			.map(([name]) => name)
			.sort();
		expect(Object.keys(secrets)).toEqual(live);
		expect(warnings).toEqual([]);
	});
});

describe("what git cannot merge is a conflict, and the error names its line", () => {
	const cases: [string, Edit, Edit][] = [
		["the same name, edited", { D: "1" }, { D: "2" }],
		["the same name, added", { E: "1" }, { E: "2" }],
		["the same name, edited and deleted", { D: "1" }, { D: undefined }],
		["two names in one gap", { DA: "1" }, { DB: "2" }],
	];
	test.each(cases)("%s", async (_, theirs, ours) => {
		const repo = await repository();
		using project = repo.project;
		expect(
			await repo.merge(
				() => apply(project, theirs),
				() => apply(project, ours),
			),
		).toBe(false);
		const text = await project.read();
		const line = text.split("\n").findIndex((each) => each.startsWith("<<<<<<<")) + 1;
		expect(line).toBeGreaterThan(1);
		for (const action of [() => project.list(), () => project.set({ Z: "z" })]) {
			expect(await refusalOf(action())).toMatchObject({ code: "VAULT_CONFLICTED", exit: 5, line });
		}
		expect(await project.read()).toBe(text);
	});
});

test("records that git merged in the wrong order are refused with the line, and resolved without a key", async () => {
	const repo = await repository();
	using project = repo.project;
	const clean = await repo.merge(
		() => apply(project, { IB: "1", J: "3" }),
		() => apply(project, { H: "2", IA: "2", IC: "2" }),
	);
	expect(clean).toBe(true);
	expect(await refusalOf(project.list())).toMatchObject({ code: "VAULT_UNSORTED", exit: 7 });
	expect(await resolveVault(project.root, {})).toEqual({
		conflicted: true,
		laidOut: false,
		open: [],
		decided: [],
		unmerged: false,
		remade: [],
		leftOut: [],
	});
	const { secrets } = await project.list();
	expect(Object.keys(secrets)).toEqual(["B", "D", "F", "H", "IA", "IB", "IC", "J"]);
});

/** Which of two records of a name git puts first depends on the records around it. */
describe.each([
	["ours first", { theirs: { I: "theirs" }, ours: { H: "2", I: "ours" } }],
	["theirs first", { theirs: { H: "2", I: "theirs" }, ours: { I: "ours" } }],
])("one name that git inserted twice, %s,", (_, edits) => {
	test.each(["ours", "theirs"] as const)("is a conflict with that name, and %s is taken", async (side) => {
		const repo = await repository();
		using project = repo.project;
		const { theirs, ours } = edits;
		expect(
			await repo.merge(
				() => apply(project, theirs),
				() => apply(project, ours),
			),
		).toBe(true);
		expect(await refusalOf(project.list())).toMatchObject({ code: "VAULT_NAME_DUPLICATE", exit: 7 });
		const variables = { PATH: process.env.PATH ?? "" };
		expect(await refusalOf(resolveVault(project.root, { variables }))).toMatchObject({
			code: "MERGE_CONFLICT",
			message: "Both sides changed I (production).",
		});
		await resolveVault(project.root, { variables, take: () => side });
		const { session } = await readSession(project.context);
		expect(getSecret(session, "I").value).toBe(side);
	});
});

test("after a switch to an older branch the command warns by name, and after a switch back it does not", async () => {
	const repo = await repository();
	using project = repo.project;
	repo.git("checkout", "-q", "-b", "branch");
	await project.set({ D: "new", NEW: "new" });
	repo.commit();
	repo.git("checkout", "-q", "main");
	const { warnings } = await project.list();
	expect(warnings.join(" ")).toMatch(/seen: D\..*absent now: NEW\./);
	repo.git("checkout", "-q", "branch");
	expect((await project.list()).warnings).toEqual([]);
});

test("line endings survive a checkout that would convert them", async () => {
	const repo = await repository();
	using project = repo.project;
	repo.git("config", "core.autocrlf", "true");
	const text = await project.read();
	repo.git("rm", "-q", "--cached", "coffer.vault");
	repo.git("reset", "-q", "--hard");
	expect(await project.read()).toBe(text);
});
