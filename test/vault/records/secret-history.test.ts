/** The history of a secret, from honest and from forged records. */
import { describe, expect, test } from "vitest";
import { linkHash } from "../../../src/vault/chains/chain.ts";
import { openKeys } from "../../../src/vault/chains/environment-keys.ts";
import { type VaultDocument, withRecords } from "../../../src/vault/document/document.ts";
import { advanceVersionMarks, type VersionMark } from "../../../src/vault/document/version-marks.ts";
import { parseRecord, type SealedRecord } from "../../../src/vault/records/record.ts";
import { sealRecord } from "../../../src/vault/records/seal.ts";
import { authorName, historyOf, missingVersions } from "../../../src/vault/records/secret-history.ts";
import { codesOf, historyIn, inShort, lineageOf } from "../history-fixture.ts";
import { alice, bob, carol, dave, mallory, PRODUCTION, VaultMaker } from "../maker.ts";

function team(): VaultMaker {
	return new VaultMaker().add(bob, "writer", "bob").add(carol, "reader", "carol").add(dave, "writer", "dave");
}

function recordIn(document: VaultDocument): SealedRecord {
	const record = document.environments.get(PRODUCTION)?.records.get("A");
	if (!record) throw new Error("no A");
	return record;
}

/** The states of a vault after each of several steps. */
function states(maker: VaultMaker, ...steps: readonly ((maker: VaultMaker) => unknown)[]): VaultDocument[] {
	return steps.map((step) => {
		step(maker);
		return maker.document;
	});
}

describe("an honest history", () => {
	const maker = team();
	const commits = states(
		maker,
		(vault) => vault.set("A", "one"),
		(vault) => vault.set("A", "two", PRODUCTION, bob),
		(vault) => vault.set("A", undefined),
		(vault) => vault.set("A", "four", PRODUCTION, dave),
		(vault) => vault.epoch([dave]),
		(vault) => vault.set("A", "five"),
	);
	const history = historyIn(maker.document, { commits });

	test("lists each version once, newest first; a re-encryption is not a version", () => {
		expect(inShort(history)).toEqual(["v5 live", "v4 live", "v3 deleted", "v2 live", "v1 live"]);
		expect(history.rejected).toEqual([]);
	});

	test("names the author, also a removed one whose record was re-encrypted", () => {
		const { lineage } = lineageOf(maker.document);
		const names = history.versions.map(({ author }) => authorName(lineage.newest, author));
		expect(names.map((each) => each?.name)).toEqual(["alice", "dave", "alice", "bob", "alice"]);
		expect(names.map((each) => each?.isMember)).toEqual([true, false, true, true, true]);
		expect(authorName(lineage.newest, mallory.publicKeys.sign)).toBeUndefined();
	});

	test("says where each version was first found, and whether it is in the file", () => {
		expect(history.versions.map(({ sources }) => sources.map((source) => source.in).join())).toEqual([
			"file,git",
			...["git", "git", "git", "git"],
		]);
		expect(history.versions[1]?.sources).toEqual([{ in: "git", commit: "c3", atMs: 3000 }]);
	});

	test("marks a version of which only a re-encryption was found, and keeps its first epoch", () => {
		const late = historyIn(maker.document, { commits: commits.slice(4) });
		expect(late.versions[1]).toMatchObject({ version: 4, isReencrypted: true, since: 1 });
		expect(late.versions[1]?.author).toBe(alice.publicKeys.sign);
		expect(history.versions[1]).toMatchObject({ version: 4, isReencrypted: false, since: 1 });
		expect(history.versions[0]).toMatchObject({ version: 5, isReencrypted: false, since: 2 });
	});

	test("lists missing versions", () => {
		const gaps = historyIn(maker.document, { commits: commits.slice(0, 1) });
		expect(missingVersions(gaps, 0, 5)).toEqual([4, 3, 2]);
		expect(missingVersions(gaps, 1, 7)).toEqual([7, 6, 4, 3, 2]);
		expect(missingVersions(gaps, 0, 999_999_999)).toHaveLength(100);
	});

	test("two values with the same version number are two versions", () => {
		const base = team().set("A", "one");
		const [ours, theirs] = ["ours", "theirs"].map((value) =>
			withRecords(base.document, PRODUCTION, [base.seal("A", value)]),
		) as [VaultDocument, VaultDocument];
		expect(inShort(historyIn(ours, { commits: [base.document, ours, theirs] }))).toEqual([
			"v2 live",
			"v2 live",
			"v1 live",
		]);
	});
});

describe("records of somebody who was removed", () => {
	const maker = team();
	const commits = states(
		maker,
		(vault) => vault.set("A", "daves", PRODUCTION, dave),
		(vault) => vault.set("A", "alices"),
		(vault) => vault.epoch([dave]),
	);
	const [first] = commits as [VaultDocument];

	test("do not count because git contains them", () => {
		const history = historyIn(maker.document, { commits });
		expect(inShort(history)).toEqual(["v2 live"]);
		expect(codesOf(history)).toEqual(["v1 RECORD_AUTHOR_REMOVED"]);
		expect(history.rejected[0]?.sources).toEqual([{ in: "git", commit: "c0", atMs: 0 }]);
	});

	test("count if this device verified them before, or if a log contained them before the removal", () => {
		const marks = new Map<string, VersionMark>();
		advanceVersionMarks(marks, [recordIn(first)]);
		for (const seen of [{ marks }, { logged: [first] }])
			expect(inShort(historyIn(maker.document, { commits, ...seen }))).toEqual(["v2 live", "v1 live"]);
	});

	test("do not count if they are made for an old epoch, in a commit with the membership of that time", () => {
		const { state } = lineageOf(first).verified;
		for (const [version, value] of [
			[1, "planted"],
			[2, "planted"],
			[9, "planted"],
		] as const) {
			const planted = sealRecord(state, openKeys(state, dave), dave, { name: "A", version, value });
			const commit = withRecords(first, PRODUCTION, [planted]);
			const history = historyIn(maker.document, { commits: [commit, ...commits.slice(1)] });
			expect(inShort(history)).toEqual(["v2 live"]);
			expect(codesOf(history)).toEqual([`v${version} RECORD_AUTHOR_REMOVED`]);
		}
	});

	test("do not count if they come with links of their own, which diverge from the vault's chain", () => {
		const fork = team();
		fork.document = first;
		fork.add(mallory, "writer", "mallory", PRODUCTION, dave).set("A", "planted", PRODUCTION, mallory);
		const history = historyIn(maker.document, { commits: [...commits, fork.document] });
		expect(inShort(history)).toEqual(["v2 live"]);
		expect(codesOf(history)).toContain("v2 MEMBERSHIP_DIVERGED");
	});

	test("do not count if the file is older: the pin shows a fork, and git shows who was removed", () => {
		const { links } = maker.section();
		const pin = { vault: maker.document.links.map(linkHash), environment: links.map(linkHash), epoch: 2 };
		const fork = team();
		fork.document = first;
		fork.add(mallory, "writer", "mallory", PRODUCTION, dave).set("A", "planted", PRODUCTION, mallory);
		const forked = historyIn(first, { commits: [fork.document], pin });
		expect(codesOf(forked)).toEqual(["v2 MEMBERSHIP_DIVERGED"]);
		expect(codesOf(historyIn(first, { commits }))).toContain("v1 RECORD_AUTHOR_REMOVED");
	});
});

describe("records that no writer signed", () => {
	const maker = team();
	const [good] = states(maker, (vault) => vault.set("A", "one")) as [VaultDocument];
	const { state } = lineageOf(good).verified;
	const keys = openKeys(state, alice);
	const change = (edit: (words: string[]) => void): SealedRecord => {
		const words = recordIn(good).body.split(" ");
		edit(words);
		return parseRecord("A", words.join(" "), 1);
	};
	const PLANTED: [string, SealedRecord, string][] = [
		["by a reader", sealRecord(state, keys, carol, { name: "A", version: 9, value: "x" }), "AUTHOR_UNKNOWN"],
		[
			"by a stranger",
			sealRecord(state, keys, mallory, { name: "A", version: 9, value: "x" }),
			"AUTHOR_UNKNOWN",
		],
		["under another version", change((words) => words.splice(0, 1, "v9")), "FORGED"],
		["as another kind", change((words) => words.splice(1, 1, "deleted")), "FORGED"],
		["by another author", change((words) => words.splice(4, 1, bob.publicKeys.sign)), "FORGED"],
		["of an epoch that never was", change((words) => words.splice(2, 1, "1.AAAAAAAAAAA")), "EPOCH_UNKNOWN"],
		[
			"of another name",
			parseRecord("A", sealRecord(state, keys, alice, { name: "B", version: 9, value: "x" }).body, 1),
			"FORGED",
		],
		[
			"sealed with another key",
			sealRecord(state, { ...keys, key: new Uint8Array(32) }, alice, { name: "A", version: 9, value: "x" }),
			"UNREADABLE",
		],
	];

	test.each(PLANTED)("%s: are listed separately, from the file and from git", (_, record, code) => {
		const planted = withRecords(good, PRODUCTION, [record]);
		const inGit = historyIn(good, { commits: [planted, good] });
		expect(inShort(inGit)).toEqual(["v1 live"]);
		expect(codesOf(inGit)).toEqual([`v${record.version} RECORD_${code}`]);
		expect(inGit.rejected[0]?.reason).not.toBe("");
		const inFile = historyIn(planted, { commits: [good] });
		expect(inShort(inFile)).toEqual(["v1 live"]);
		expect(inFile.rejected[0]?.sources).toEqual([{ in: "file" }]);
	});

	test("do not count if the author was not yet a writer in the membership of the commit", () => {
		const late = new VaultMaker();
		const before = late.document;
		const after = late.add(bob, "writer", "bob").set("A", "bobs", PRODUCTION, bob).document;
		const early = withRecords(before, PRODUCTION, [recordIn(after)]);
		expect(codesOf(historyIn(after, { commits: [early] }))).toEqual([]);
		const without = withRecords(after, PRODUCTION, [late.seal("A", "next")]);
		expect(codesOf(historyIn(without, { commits: [early] }))).toEqual(["v1 RECORD_AUTHOR_UNKNOWN"]);
	});

	test("do not count if the commit has another vault", () => {
		const other = new VaultMaker().set("A", "theirs");
		expect(codesOf(historyIn(good, { commits: [other.document] }))).toEqual(["v1 MEMBERSHIP_DIVERGED"]);
	});

	test("an unexpected error is thrown, and not reported as a fault of the record", () => {
		const broken = () => {
			throw new TypeError("a bug");
		};
		const sightings = [{ record: recordIn(good), source: { in: "file" }, state } as const];
		expect(() => historyOf(sightings, { newest: state, hasVersionMark: () => false, open: broken })).toThrow(
			"a bug",
		);
	});
});
