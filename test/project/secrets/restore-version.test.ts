/**
 * Restores earlier values into real files: the written record, its version, and the removal debts that
 * remain.
 */
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addMember } from "../../../src/project/members/members.ts";
import { removeMembers } from "../../../src/project/members/remove-members.ts";
import { getSecret, readSession, setSecrets } from "../../../src/project/secrets/edit-secrets.ts";
import { historyRulesOf, lineageOf, searchFile } from "../../../src/project/secrets/local-history.ts";
import {
	type RestoredVersion,
	type RestoreRequest,
	restore,
	rollBack,
} from "../../../src/project/secrets/restore-version.ts";
import { parseVault, printVault } from "../../../src/vault/document/format.ts";
import { removalDebt } from "../../../src/vault/document/removal-debt.ts";
import { chooseVersion, newestLive } from "../../../src/vault/records/choose-version.ts";
import { sealRecord } from "../../../src/vault/records/seal.ts";
import { type FoundRecord, historyOf } from "../../../src/vault/records/secret-history.ts";
import { bob, PRODUCTION } from "../../vault/maker.ts";
import { contextOf, TestProject } from "../project.ts";

let project: TestProject;
/** Texts of the vault, as in a history. */
let commits: string[];
beforeEach(async () => {
	project = await TestProject.create();
	commits = [];
});
afterEach(() => project[Symbol.dispose]());

async function set(value: string | undefined, context = project.context): Promise<void> {
	if (value === undefined) await project.delete("A");
	else await setSecrets(context, new Map([["A", value]]));
	commits.push(await project.read());
}

/** The history of A, and its version with this number; by default, the newest version with a value. */
async function past(number?: number): Promise<RestoreRequest> {
	const { session } = await readSession(project.context);
	const lineage = lineageOf(session);
	const sightings: FoundRecord[] = [...searchFile(session, "A").sightings];
	for (const [index, text] of commits.entries()) {
		const { environments, links: vault, vaultId } = parseVault(text);
		const section = environments.get(PRODUCTION);
		const record = section?.records.get("A");
		const place = { in: "git", commit: `c${index}`, atMs: null } as const;
		if (section && record)
			sightings.push({
				record,
				source: place,
				state: lineage.stateOf({ vaultId, vault, environment: section.links }),
			});
	}
	const judge = historyRulesOf(session, lineage);
	const history = historyOf(sightings, judge);
	const choice = {
		name: "A",
		environment: "production",
		history,
		searched: ["c"],
		hasVersionMark: judge.hasVersionMark,
	};
	const marked = session.memory.marks.get("A")?.version ?? 0;
	return {
		name: "A",
		chosen: number === undefined ? newestLive(choice) : chooseVersion(choice, number),
		highest: Math.max(history.versions[0]?.version ?? 0, marked),
		before: session.verified.section.records.get("A"),
	};
}

const back = async (number?: number): Promise<RestoredVersion> =>
	restore(project.context, await past(number));
const roll = async (number: number): Promise<RestoredVersion> =>
	rollBack(project.context, await past(number));

async function valueNow(): Promise<string> {
	return getSecret((await readSession(project.context)).session, "A").value;
}

/** The file without A, or with other lines for it. */
async function change(edit: (body: string) => string | undefined): Promise<void> {
	const document = parseVault(await project.read());
	const section = document.environments.get(PRODUCTION);
	const record = section?.records.get("A");
	if (!section || !record) throw new Error("no A");
	const records = new Map(section.records);
	const body = edit(record.body);
	if (body === undefined) records.delete("A");
	else records.set("A", { ...record, body });
	await project.write(
		printVault({ ...document, environments: new Map([[PRODUCTION, { ...section, records }]]) }),
	);
}

const forge = (body: string) => body.replace(/^v\d+/, "v999999999");

async function debtNames(): Promise<string[]> {
	const { session } = await readSession(project.context);
	return removalDebt(session.verified).flatMap(({ names }) => names);
}

async function bobJoins(): Promise<void> {
	await addMember(project.context, { ...bob.publicKeys, name: "bob", role: "writer" });
}

describe("secrets rollback", () => {
	test("the value becomes a new version, and the present value changes nothing", async () => {
		for (const value of ["one", "two", "three"]) await set(value);
		expect(await roll(1)).toEqual({ outcome: "sealed-anew", version: 4 });
		expect(await valueNow()).toBe("one");
		const text = await project.read();
		expect(await roll(1)).toEqual({ outcome: "unchanged", version: 4 });
		expect(await project.read()).toBe(text);
	});

	test("a value that a removed member has read is still a removal debt", async () => {
		await bobJoins();
		await set("read-by-bob");
		await set("two");
		await removeMembers(project.context, ["bob"]);
		await set("three");
		expect(await debtNames()).toEqual([]);
		expect(await roll(1)).toEqual({ outcome: "sealed-anew", version: 4 });
		expect(await debtNames()).toEqual(["A"]);
		expect(await valueNow()).toBe("read-by-bob");
		await set("five");
		expect(await debtNames()).toEqual([]);
	});

	test("an invalid record, a missing record and a newer version are refused", async () => {
		for (const value of ["one", "two"]) await set(value);
		const good = await project.read();
		await change(forge);
		await expect(roll(1)).rejects.toMatchObject({ code: "RECORD_FORGED", exit: 7 });
		await expect(roll(1)).rejects.toMatchObject({ hint: expect.stringContaining("vault restore A") });
		await project.write(good);
		await change(() => undefined);
		await expect(roll(1)).rejects.toMatchObject({ code: "SECRET_NOT_FOUND", exit: 4 });
		await project.write(commits[0] ?? "");
		await expect(roll(2)).rejects.toMatchObject({ code: "VERSION_NOT_OLDER", exit: 2 });
		await expect(roll(7)).rejects.toMatchObject({ code: "VERSION_NOT_FOUND", exit: 4 });
		expect(await project.read()).toBe(commits[0]);
	});
});

describe("secrets restore", () => {
	test.each<[string, () => Promise<void>]>([
		["dropped", () => change(() => undefined)],
		["altered", () => change((body) => body.replace(/ live /, " deleted "))],
		["forged, with the highest version that there is", () => change(forge)],
		["rolled back", () => project.write(commits[0] ?? "")],
	])("%s: the same record is put back byte for byte", async (_, lose) => {
		for (const value of ["one", "two"]) await set(value);
		const whole = await project.read();
		await lose();
		expect(await project.read()).not.toBe(whole);
		expect(await back()).toEqual({ outcome: "put-back", version: 2 });
		expect(await project.read()).toBe(whole);
		expect(await back()).toEqual({ outcome: "unchanged", version: 2 });
	});

	test("deleted: the last value becomes a new version, and a lost tombstone can be put back", async () => {
		await set("one");
		await set(undefined);
		expect(await back()).toEqual({ outcome: "sealed-anew", version: 3 });
		expect(await valueNow()).toBe("one");
		await expect(back(2)).rejects.toMatchObject({ code: "VERSION_DELETED", exit: 2 });
		await set(undefined);
		await change(() => undefined);
		expect(await back(4)).toEqual({ outcome: "put-back", version: 4 });
		expect(await project.read()).toBe(commits[2]);
	});

	test("if the version that this device has seen is lost, the value gets a higher version", async () => {
		await set("one");
		await project.set({ A: "two" });
		await change(() => undefined);
		expect(await back()).toEqual({ outcome: "sealed-anew", version: 3 });
		expect(await valueNow()).toBe("one");
	});

	test("an earlier version by its number, as a new one", async () => {
		for (const value of ["one", "two", "three"]) await set(value);
		await change(forge);
		expect(await back(1)).toEqual({ outcome: "sealed-anew", version: 4 });
		expect(await valueNow()).toBe("one");
	});

	test("a record by a removed author that this device has seen is re-encrypted, and is still a removal debt", async () => {
		await bobJoins();
		const withBob = contextOf(project.root, join(project.folder, "state-bob"), 2);
		await set("bobs", withBob);
		await project.list();
		await change(() => undefined);
		await removeMembers(project.context, ["bob"]);
		expect(await back()).toEqual({ outcome: "sealed-anew", version: 2 });
		expect(await valueNow()).toBe("bobs");
		expect(await debtNames()).toEqual(["A"]);
	});

	test("a backdated record by a removed author is not found", async () => {
		await bobJoins();
		await set("one");
		const old = await readSession(contextOf(project.root, join(project.folder, "state-bob"), 2));
		const { keys, verified } = old.session;
		const planted = sealRecord(verified.state, keys, bob, { name: "A", version: 9, value: "planted" });
		await removeMembers(project.context, ["bob"]);
		const before = await project.read();
		const section = verified.section;
		const environments = new Map([[PRODUCTION, { ...section, records: new Map([["A", planted]]) }]]);
		commits.push(printVault({ vaultId: verified.root.vaultId, links: old.session.vaultLinks, environments }));
		expect(await back()).toEqual({ outcome: "unchanged", version: 1 });
		await expect(back(9)).rejects.toMatchObject({ code: "VERSION_REFUSED", exit: 7 });
		expect(await project.read()).toBe(before);
	});

	test("an unknown secret and a concurrently changed file are refused", async () => {
		await project.set({ B: "other" });
		await expect(back()).rejects.toMatchObject({ code: "SECRET_NOT_FOUND", exit: 4, hint: "Searched: c." });
		for (const value of ["one", "two"]) await set(value);
		const chosen = await past(1);
		await set("three");
		const three = await project.read();
		await expect(restore(project.context, chosen)).rejects.toMatchObject({ code: "VAULT_CHANGED_MEANWHILE" });
		await expect(rollBack(project.context, chosen)).rejects.toMatchObject({ exit: 5 });
		expect(await project.read()).toBe(three);
	});
});
