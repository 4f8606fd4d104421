/** A secret's history, read from real git repositories. */
import { execFileSync } from "node:child_process";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findObjects } from "../../../src/project/git/history/objects.ts";
import { readVaultHistory } from "../../../src/project/git/history/vault-commits.ts";
import { listTexts } from "../../../src/project/git/history/vault-texts.ts";
import { readSession } from "../../../src/project/secrets/edit-secrets.ts";
import {
	historyRulesOf,
	lineageOf,
	searchFile,
	searchGit,
} from "../../../src/project/secrets/local-history.ts";
import { historyOf } from "../../../src/vault/records/secret-history.ts";
import { TestProject } from "../project.ts";
import { GIT_ENVIRONMENT, Repository } from "../repository.ts";

let project: TestProject;
beforeEach(async () => {
	project = await TestProject.create();
});
afterEach(() => project[Symbol.dispose]());

const variables = { ...GIT_ENVIRONMENT, PATH: GIT_ENVIRONMENT.PATH ?? "" };
const placeOf = (folder: string) => ({ folder, variables });

async function historyAt(folder = project.root, name = "A") {
	const { session } = await readSession({ ...project.context, root: folder });
	const lineage = lineageOf(session);
	const file = searchFile(session, name);
	const git = await searchGit(placeOf(folder), session, lineage, name);
	const history = historyOf([...file.sightings, ...git.sightings], historyRulesOf(session, lineage));
	const versions = history.versions.map(({ version, kind }) => `v${version} ${kind}`);
	return { history, versions, notes: git.notes, looked: git.looked };
}

async function commitEach(repository: Repository, ...values: (string | undefined)[]): Promise<void> {
	for (const value of values) {
		if (value === undefined) await project.delete("A");
		else await project.set({ A: value });
		repository.commit();
	}
}

describe("git's history", () => {
	test("has every committed version, with its first commit and the author's date", async () => {
		const repository = new Repository(project);
		await commitEach(repository, "one", "two", undefined, "four");
		await project.set({ B: "other" });
		repository.git("commit", "-qam", "B", "--date=2001-02-03T04:05:06Z");
		const { history, versions, looked, notes } = await historyAt();
		expect(versions).toEqual(["v4 live", "v3 deleted", "v2 live", "v1 live"]);
		const ids = repository.git("log", "--reverse", "--format=%h", "--", "coffer.vault").trim().split("\n");
		const commits = history.versions.map(({ sources }) => sources.find((source) => source.in === "git"));
		expect(commits.map((place) => place?.in === "git" && place.commit)).toEqual(
			[4, 3, 2, 1].map((index) => ids[index]),
		);
		expect((await historyAt(project.root, "B")).history.versions[0]?.sources).toContainEqual({
			in: "git",
			commit: ids.at(-1),
			atMs: Date.parse("2001-02-03T04:05:06Z"),
		});
		expect([looked, notes]).toEqual(["git (6 commits of coffer.vault)", []]);
	});

	test("has the losing side of a merge, and only commits of HEAD", async () => {
		const repository = new Repository(project);
		await commitEach(repository, "one");
		repository.git("checkout", "-q", "-b", "side");
		await commitEach(repository, "side");
		repository.git("checkout", "-q", "main");
		expect((await historyAt()).versions).toEqual(["v1 live"]);
		repository.git("merge", "-q", "-s", "ours", "-m", "merge", "side");
		expect((await historyAt()).versions).toEqual(["v2 live", "v1 live"]);
	});

	test("has versions in a subfolder, and versions that were deleted later", async () => {
		const repository = new Repository(project);
		await commitEach(repository, "one", "two");
		repository.git("rm", "-q", "--cached", "coffer.vault");
		repository.git("commit", "-q", "-m", "gone");
		repository.commit();
		const { notes, versions: kept } = await historyAt();
		expect([kept, notes]).toEqual([["v2 live", "v1 live"], [expect.stringContaining("the first without")]]);
		const folder = `${project.folder}/above`;
		execFileSync("mkdir", ["-p", `${folder}/be low`]);
		execFileSync("cp", [project.path, `${folder}/be low/coffer.vault`]);
		for (const words of [
			["init", "-q"],
			["add", "-A"],
			["commit", "-q", "-m", "x"],
		])
			execFileSync("git", words, { cwd: folder, env: GIT_ENVIRONMENT });
		const { looked, versions } = await historyAt(`${folder}/be low`);
		expect([looked, versions]).toEqual(["git (1 commit of coffer.vault)", ["v2 live"]]);
	});

	test("files that are not vaults are skipped with one warning", async () => {
		const repository = new Repository(project);
		await commitEach(repository, "one");
		const good = await project.read();
		for (const bad of [
			"no vault\n",
			`${good}x`,
			new Uint8Array([0xff, 0xfe]),
			good.replace("A\n", "A\n\n"),
			"",
		]) {
			await project.write(bad);
			repository.commit();
		}
		await project.write(good);
		await commitEach(repository, "two");
		const { notes, versions } = await historyAt();
		expect(versions).toEqual(["v2 live", "v1 live"]);
		expect(notes).toEqual([
			expect.stringMatching(
				/^5 texts of coffer\.vault in git cannot be read .* \(first in commit [0-9a-f]{7,}: VAULT_/,
			),
		]);
	});

	test("a record that was altered in a commit is listed separately", async () => {
		const repository = new Repository(project);
		await commitEach(repository, "one");
		const good = await project.read();
		await project.write(good.replace("\nv1 live ", "\nv7 live "));
		repository.commit();
		await project.write(good);
		repository.commit();
		const { history, versions } = await historyAt();
		expect(versions).toEqual(["v1 live"]);
		expect(history.rejected).toMatchObject([{ code: "RECORD_FORGED", record: { version: 7 } }]);
	});
});

describe("if there is little or no history", () => {
	test("without a repository, a commit, a full clone or git, only the file is used, and a message says so", async () => {
		await project.set({ A: "one" });
		const none = await historyAt();
		expect([none.looked, none.versions]).toEqual(["git (no history)", ["v1 live"]]);
		expect(none.notes).toEqual(["Git finds no repository here."]);
		execFileSync("git", ["init", "-q"], { cwd: project.root, env: GIT_ENVIRONMENT });
		expect((await historyAt()).notes).toEqual(["There is no commit in git yet."]);
		const repository = new Repository(project);
		await commitEach(repository, "two", "three");
		repository.git("clone", "-q", "--depth=1", `file://${project.root}`, `${project.folder}/shallow`);
		const shallow = await historyAt(`${project.folder}/shallow`);
		expect(shallow.versions).toEqual(["v3 live"]);
		expect(shallow.notes).toEqual([expect.stringContaining("shallow")]);
		const { notes } = await listTexts(placeOf(`${project.folder}/shallow`));
		expect(notes).toEqual(shallow.notes);
		variables.PATH = "/nowhere";
		try {
			expect(await historyAt()).toMatchObject({ looked: "git (not installed)", versions: ["v3 live"] });
		} finally {
			variables.PATH = GIT_ENVIRONMENT.PATH ?? "";
		}
	});

	test.each([
		["blob:none", { versions: ["v3 live"] }],
		["tree:0", undefined],
	])(
		"a partial clone without %s: what it left out is named, with the command that gets it",
		async (filter, found) => {
			const repository = new Repository(project);
			await commitEach(repository, "one", "two", "three");
			repository.git("config", "uploadpack.allowFilter", "true");
			const clone = `${project.folder}/partial`;
			repository.git("clone", "-q", "--filter", filter, `file://${project.root}`, clone);
			if (found) {
				const history = await historyAt(clone);
				expect(history).toMatchObject(found);
				// The vault without a secret, and two versions.
				const note = "3 texts of coffer.vault of its history are not in it (git fetch --refetch --no-filter)";
				expect(history.notes).toEqual([expect.stringContaining(note)]);
				expect((await listTexts(placeOf(clone))).notes).toEqual(history.notes);
			} else {
				const hint = expect.stringContaining("git fetch --refetch --no-filter");
				await expect(historyAt(clone)).rejects.toMatchObject({ code: "GIT_OBJECT_MISSING", hint });
				await expect(listTexts(placeOf(clone))).rejects.toMatchObject({
					code: "GIT_OBJECT_MISSING",
					hint,
				});
			}
			repository.git("-C", clone, "fetch", "-q", "--refetch", "--no-filter");
			expect(await historyAt(clone)).toMatchObject({
				versions: ["v3 live", "v2 live", "v1 live"],
				notes: [],
			});
			expect((await listTexts(placeOf(clone))).notes).toEqual([]);
		},
	);

	test("who must have an object that a partial clone left out gets an error with the command", async () => {
		const repository = new Repository(project);
		await commitEach(repository, "one", "two");
		repository.git("config", "uploadpack.allowFilter", "true");
		const clone = `${project.folder}/partial`;
		repository.git("clone", "-q", "--filter=blob:none", `file://${project.root}`, clone);
		await expect(
			findObjects(placeOf(clone), ["HEAD:./coffer.vault", "HEAD~1:./coffer.vault"]),
		).rejects.toEqual(expect.objectContaining({ code: "GIT_OBJECT_MISSING", exit: 1 }));
		expect(await findObjects(placeOf(clone), ["HEAD:./coffer.vault", "HEAD:./nothing"])).toEqual([
			expect.objectContaining({ type: "blob" }),
			undefined,
		]);
		const named: string[] = [];
		const texts = Array<string>(102).fill("HEAD~1:./coffer.vault");
		const found = findObjects(placeOf(clone), texts, (name) => named.push(name));
		await expect(found).rejects.toMatchObject({ code: "GIT_OBJECT_MISSING" });
		expect(named).toHaveLength(100);
	});

	test("a blob that is missing in git is named, and a failing git is an error", async () => {
		const repository = new Repository(project);
		await commitEach(repository, "one", "two");
		const [commit = "", blob = ""] = ["HEAD~1", "HEAD~1:coffer.vault"].map((name) =>
			repository.git("rev-parse", "--short=7", name).trim(),
		);
		const path = repository.git("rev-parse", "HEAD~1:coffer.vault").trim().replace(/^../, "$&/");
		expect(path.replace("/", "").startsWith(blob)).toBe(true);
		rmSync(`${project.root}/.git/objects/${path}`);
		const { notes, versions } = await historyAt();
		expect(versions).toEqual(["v2 live"]);
		expect(notes).toEqual([expect.stringContaining(`the first without: ${commit}`)]);
		const tree = repository.git("rev-parse", "HEAD^{tree}").trim().replace(/^../, "$&/");
		chmodSync(`${project.root}/.git/objects/${tree}`, 0o600);
		writeFileSync(`${project.root}/.git/objects/${tree}`, "no tree");
		await expect(readVaultHistory(placeOf(project.root), () => undefined)).rejects.toMatchObject({
			code: "GIT_FAILED",
			exit: 1,
		});
	});
});
