import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EnvironmentKeys } from "../../../src/vault/chains/environment-keys.ts";
import {
	formatRecord,
	MAX_VERSION,
	parseRecord,
	parseRecordText,
	type SealedRecord,
} from "../../../src/vault/records/record.ts";
import { openRecord, sealRecord, verifyRecord } from "../../../src/vault/records/seal.ts";
import { LIMITS } from "../../../src/vault/syntax/syntax.ts";
import { refusal } from "../../support/refusal.ts";
import { anyText } from "../../support/values/any-text.ts";
import { alice, bob, carol, dave, mallory, PRODUCTION, VaultMaker } from "../maker.ts";

const maker = new VaultMaker().environment("preview").add(bob, "writer", "bob").add(carol, "reader", "carol");
const { state } = maker.verified();
const keys = maker.keys();

function sealed(value: string | undefined, name = "NAME", version = 1): SealedRecord {
	return sealRecord(state, keys, alice, { name, version, value });
}

/** The record with some of its words replaced, as a forger without keys would do. */
function forged(
	record: SealedRecord,
	words: Partial<Record<number, string>>,
	name = record.name,
): SealedRecord {
	const all = record.body.split(" ").map((word, index) => words[index] ?? word);
	return parseRecord(name, all.join(" "), 10);
}

describe("sealRecord and openRecord", () => {
	test("return any well-formed text unchanged", () => {
		const texts = fc.oneof(
			anyText({ maxLength: 300 }),
			fc.string({ unit: "grapheme" }),
			fc.integer({ min: 0, max: LIMITS.valueBytes }).map((length) => "v".repeat(length)),
			fc.constantFrom(
				"",
				"\u0000",
				"\uFEFF",
				"\r\n",
				"\u0080",
				"\ud83d\udd11",
				"v".repeat(LIMITS.valueBytes),
			),
		);
		fc.assert(
			fc.property(texts, (value) => {
				fc.pre(value.isWellFormed());
				const record = sealed(value);
				verifyRecord(state, record);
				expect(openRecord(state, keys, record)).toBe(value);
				expect(parseRecordText(formatRecord(record))).toEqual({ ...record, line: 1 });
			}),
			{ numRuns: 200 },
		);
	});

	test("a tombstone opens to nothing, an empty value to the empty text", () => {
		expect(openRecord(state, keys, sealed(undefined))).toBeUndefined();
		expect(openRecord(state, keys, sealed(""))).toBe("");
	});

	test("the limit of a value is 64 KiB, counted in bytes", () => {
		expect(openRecord(state, keys, sealed("é".repeat(32 * 1024)))).toHaveLength(32 * 1024);
		for (const value of ["v".repeat(64 * 1024 + 1), "é".repeat(32 * 1024 + 1)]) {
			const error = refusal(() => sealed(value));
			expect(error).toMatchObject({ code: "VALUE_TOO_LARGE", exit: 2 });
			expect(error.message).toContain("64 KiB");
		}
	});

	test.each(["\ud83d", "a\udd11", "\udd11\ud83d"])("a lone surrogate is refused: %j", (value) => {
		expect(refusal(() => sealed(value))).toMatchObject({ code: "TEXT_NOT_UNICODE", exit: 2 });
	});

	test("the length of a payload reveals only the value's length rounded up to 64 bytes", () => {
		const length = (bytes: number) => sealed("v".repeat(bytes)).sealed.length;
		fc.assert(
			fc.property(fc.nat(2000), (bytes) => {
				expect(length(bytes)).toBe(length(bytes - (bytes % 64)));
				expect(length(bytes + 64)).toBeGreaterThan(length(bytes));
			}),
			{ numRuns: 50 },
		);
		expect(sealed(undefined).sealed.length).toBe(length(0));
	});

	test("two encryptions of one value have nothing in common", () => {
		const [one, two] = [sealed("same"), sealed("same")];
		expect(one.sealed.slice(0, 32)).not.toBe(two.sealed.slice(0, 32));
		expect(one.sealed.slice(32)).not.toBe(two.sealed.slice(32));
	});

	test("refuses a version above the limit", () => {
		expect(sealed("v", "NAME", MAX_VERSION).version).toBe(MAX_VERSION);
		expect(refusal(() => sealed("v", "NAME", MAX_VERSION + 1))).toMatchObject({
			code: "VERSIONS_EXHAUSTED",
			exit: 1,
		});
	});
});

describe("a record that was moved does not open, and its signature is not valid", () => {
	const record = sealed("value", "NAME", 3);
	const moved: [string, SealedRecord][] = [
		["another name", forged(record, {}, "OTHER")],
		["another version", forged(record, { 0: "v4" })],
		["another kind", forged(record, { 1: "deleted" })],
	];
	test.each(moved)("%s", (_, forgery) => {
		expect(refusal(() => verifyRecord(state, forgery))).toMatchObject({
			code: "RECORD_FORGED",
			exit: 7,
			line: 11,
		});
		expect(refusal(() => openRecord(state, keys, forgery))).toMatchObject({
			code: "RECORD_UNREADABLE",
			exit: 7,
			line: 11,
		});
	});

	test("another environment", () => {
		const preview = maker.verified("preview").state;
		const previewKeys = maker.keys("preview");
		expect(refusal(() => verifyRecord(preview, record))).toMatchObject({ code: "RECORD_EPOCH_UNKNOWN" });
		const place = forged(record, { 2: preview.epoch.id });
		expect(refusal(() => verifyRecord(preview, place))).toMatchObject({ code: "RECORD_FORGED" });
		expect(refusal(() => openRecord(preview, previewKeys, place))).toMatchObject({
			code: "RECORD_UNREADABLE",
		});
		// Even under the same key and epoch.
		expect(refusal(() => openRecord({ ...state, name: "preview" }, keys, record))).toMatchObject({ exit: 7 });
		expect(refusal(() => verifyRecord({ ...state, name: "preview" }, record))).toMatchObject({
			code: "RECORD_FORGED",
		});
	});

	test("another vault", () => {
		const other = { ...state, vaultId: new VaultMaker().document.vaultId };
		expect(refusal(() => openRecord(other, keys, record))).toMatchObject({ code: "RECORD_UNREADABLE" });
		expect(refusal(() => verifyRecord(other, record))).toMatchObject({ code: "RECORD_FORGED" });
	});

	test("another epoch", () => {
		const later = new VaultMaker().add(bob, "writer", "bob").set("NAME", "old");
		const old = later.section().records.get("NAME");
		later.epoch([]);
		if (!old) throw new Error("not set");
		const now = later.verified().state;
		const dated = forged(old, { 2: now.epoch.id });
		expect(refusal(() => verifyRecord(now, dated))).toMatchObject({ code: "RECORD_FORGED" });
		expect(refusal(() => openRecord(now, later.keys(), dated))).toMatchObject({ code: "RECORD_UNREADABLE" });
		// In its own epoch, it opens with the previous key, which the new epoch contains.
		expect(openRecord(now, later.keys(), old)).toBe("old");
	});
});

describe("verifyRecord", () => {
	test("accepts any writer, and refuses a reader, who has the key, and a stranger", () => {
		const by = (author: typeof alice) =>
			sealRecord(state, keys, author, { name: "NAME", version: 1, value: "v" });
		verifyRecord(state, by(bob));
		for (const author of [carol, mallory]) {
			expect(refusal(() => verifyRecord(state, by(author)))).toMatchObject({
				code: "RECORD_AUTHOR_UNKNOWN",
				exit: 7,
			});
		}
	});

	test("refuses a signature in another member's name", () => {
		const claimed = forged(sealRecord(state, keys, mallory, { name: "A", version: 1, value: "v" }), {
			4: alice.publicKeys.sign,
		});
		expect(refusal(() => verifyRecord(state, claimed))).toMatchObject({ code: "RECORD_FORGED" });
	});

	test("refuses new records of a removed writer, also for an epoch in which he was a writer", () => {
		const team = new VaultMaker().add(dave, "writer", "dave").set("NAME", "dave's", PRODUCTION, dave);
		const before = team.verified().state;
		const daves: EnvironmentKeys = team.keys(PRODUCTION, dave);
		team.epoch([dave]);
		const now = team.verified().state;
		for (const record of team.section().records.values()) verifyRecord(now, record);
		const backdated = sealRecord(before, daves, dave, { name: "NAME", version: 99, value: "evil" });
		expect(refusal(() => verifyRecord(now, backdated))).toMatchObject({
			code: "RECORD_AUTHOR_REMOVED",
			exit: 7,
		});
		expect(refusal(() => team.keys(PRODUCTION, dave))).toMatchObject({ code: "NOT_A_MEMBER", exit: 3 });
		// He has the old key, which opens nothing of the new epoch.
		const record = team.section().records.get("NAME");
		if (!record) throw new Error("not set");
		const stolen = { ...daves, keyOf: () => daves.key };
		expect(refusal(() => openRecord(now, stolen, record))).toMatchObject({ code: "RECORD_UNREADABLE" });
	});

	test("re-encryption keeps the version and the epoch of the value; a new value has the current epoch", () => {
		const team = new VaultMaker().set("KEPT", "one").set("SET", "one").epoch([]).set("SET", "two");
		const record = (name: string) => team.section().records.get(name);
		expect(record("KEPT")).toMatchObject({ version: 1, since: 1, epoch: team.verified().state.epoch.id });
		expect(record("SET")).toMatchObject({ version: 2, since: 2 });
		const kept = record("KEPT");
		if (!kept) throw new Error("not set");
		const rejuvenated = forged(kept, { 3: "2" });
		expect(refusal(() => verifyRecord(team.verified().state, rejuvenated))).toMatchObject({
			code: "RECORD_FORGED",
		});
	});
});
