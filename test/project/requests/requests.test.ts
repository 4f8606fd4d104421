/** Requests in a project: files, merges in real git, and folders that somebody else has made. */
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { identityOf } from "../../../src/identity/identity.ts";
import { loadVault } from "../../../src/project/files/vault-file.ts";
import { REQUESTS_FOLDER } from "../../../src/project/requests/folder.ts";
import {
	askFor,
	declineRequests,
	removeFilled,
	surveyRequests,
} from "../../../src/project/requests/requests.ts";
import { TestProject } from "../project.ts";
import { Repository } from "../repository.ts";

let project: TestProject;
beforeEach(async () => {
	project = await TestProject.create();
});
afterEach(() => project[Symbol.dispose]());

/** The same for every request, so that only ids and names differ. */
const REASON = "The nightly export needs it, and nobody has set it yet in this environment of the shop.";
const asking = (name: string, by = "bot") =>
	askFor(project.root, { name, environment: "production", reason: REASON, by, identity: undefined });

async function decline(name: string): Promise<void> {
	const { identity } = project.context;
	const { vaultId } = (await loadVault(project.root)).document;
	const question = { name, environment: "production", reason: "No" };
	await declineRequests(project.root, question, {
		identity: identityOf(new Uint8Array(32).fill(1)),
		name: "alice",
		vaultId,
	});
	expect(identity.publicKeys.sign).toBe(identityOf(new Uint8Array(32).fill(1)).publicKeys.sign);
}

async function states(): Promise<string[]> {
	const { requests } = await surveyRequests(project.root);
	return requests.map(({ entry, state }) => `${entry.name} ${entry.by} ${state}`);
}

const folder = () => join(project.root, REQUESTS_FOLDER);

describe("merges in git without the merge driver", () => {
	test("requests of two branches for the same and for other names come together", async () => {
		const repository = new Repository(project);
		const theirs = async () => {
			await asking("SAME", "theirs");
			await asking("THEIRS");
		};
		const ours = async () => {
			await asking("SAME", "ours");
			await asking("OURS");
		};
		expect(await repository.merge(theirs, ours)).toBe(true);
		expect(await states()).toEqual([
			"OURS bot open",
			"SAME theirs open",
			"SAME ours open",
			"THEIRS bot open",
		]);
	});

	test("a request that both branches close stays closed, although both make new ones like it", async () => {
		await asking("OLD");
		await asking("KEPT");
		const repository = new Repository(project);
		const [old = ""] = readdirSync(folder()).filter((file) => file.startsWith("OLD."));
		const side = (name: string) => async () => {
			rmSync(join(folder(), old));
			await asking(name);
		};
		expect(await repository.merge(side("THEIRS"), side("OURS"))).toBe(true);
		expect(await states()).toEqual(["KEPT bot open", "OURS bot open", "THEIRS bot open"]);
	});

	test("a value on one branch closes a request of the other", async () => {
		const repository = new Repository(project);
		const isClean = await repository.merge(
			() => asking("API_KEY"),
			() => project.set({ API_KEY: "value" }),
		);
		expect([isClean, await states()]).toEqual([true, ["API_KEY bot filled"]]);
		expect(await removeFilled(project.root, "production")).toEqual(["API_KEY"]);
		expect(await states()).toEqual([]);
	});

	test("two branches that decline, and one that declines what the other fills", async () => {
		await asking("BOTH");
		await asking("MIXED");
		const repository = new Repository(project);
		const theirs = async () => {
			await decline("BOTH");
			await decline("MIXED");
		};
		const ours = async () => {
			await decline("BOTH");
			await project.set({ MIXED: "value" });
			await removeFilled(project.root, "production");
		};
		expect(await repository.merge(theirs, ours)).toBe(true);
		expect(await states()).toEqual(["BOTH bot declined"]);
		await removeFilled(project.root, "production");
		expect(readdirSync(folder()).filter((file) => file.startsWith("MIXED."))).toEqual([]);
	});
});

describe("asking", () => {
	test("the same again writes nothing, also after a merge; after a refusal it replaces it", async () => {
		const first = await asking("API_KEY");
		expect((await asking("API_KEY")).file).toBeUndefined();
		expect((await asking("API_KEY")).entry.id).toBe(first.entry.id);
		await decline("API_KEY");
		expect(await states()).toEqual(["API_KEY bot declined"]);
		expect((await asking("API_KEY")).file).toMatch(/^coffer\.requests\/API_KEY\./);
		expect(await states()).toEqual(["API_KEY bot open"]);
		expect(readdirSync(folder())).toHaveLength(1);
	});

	test("for a secret that exists is refused; for a deleted one it is open until the next value", async () => {
		await project.set({ API_KEY: "value" });
		await expect(asking("API_KEY")).rejects.toMatchObject({ code: "SECRET_EXISTS", exit: 5 });
		await project.delete("API_KEY");
		await asking("API_KEY");
		expect(await states()).toEqual(["API_KEY bot open"]);
		await project.set({ API_KEY: "other" });
		expect(await states()).toEqual(["API_KEY bot filled"]);
	});

	test("twenty at the same time are twenty requests", async () => {
		const names = Array.from({ length: 20 }, (_, at) => `KEY_${at + 10}`);
		await Promise.all(names.map((name) => asking(name)));
		expect(await states()).toEqual(names.map((name) => `${name} bot open`));
	});
});

describe("a folder from somebody else", () => {
	test("a link in its place is refused, and nothing is written behind it", async () => {
		const outside = join(project.folder, "outside");
		mkdirSync(outside);
		symlinkSync(outside, folder());
		await expect(asking("API_KEY")).rejects.toMatchObject({ code: "REQUESTS_FOLDER_INVALID", exit: 1 });
		await expect(states()).rejects.toMatchObject({ code: "REQUESTS_FOLDER_INVALID" });
		expect(readdirSync(outside)).toEqual([]);
	});

	test("links, folders, large files and copies under other names are left out and counted", async () => {
		const { file = "" } = await asking("API_KEY");
		const text = readFileSync(join(project.root, file), "utf8");
		const id = text.slice(0, 16);
		const path = (name: string) => join(folder(), name);
		symlinkSync(join(project.root, file), path("LINK.0000000000000000.request"));
		mkdirSync(path("FOLDER.0000000000000000.request"));
		writeFileSync(path("LARGE.0000000000000000.request"), "x".repeat(64 * 1024));
		writeFileSync(path(`OTHER.${id}.request`), text);
		writeFileSync(path("README.md"), "Nothing to read here.");
		const survey = await surveyRequests(project.root);
		expect([survey.requests.length, survey.unread]).toEqual([1, 4]);
	});

	test("more files than the limit are counted and not read, and no more is written", async () => {
		mkdirSync(folder());
		const file = (at: number) => join(folder(), `A.${String(at).padStart(16, "0")}.request`);
		for (let at = 0; at < 1_000; at++) writeFileSync(file(at), "");
		await expect(asking("API_KEY")).rejects.toMatchObject({ code: "REQUESTS_TOO_MANY", exit: 2 });
	});
});
