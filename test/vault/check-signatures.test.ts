import { expect, test } from "vitest";
import type { VaultDocument } from "../../src/vault/document/document.ts";
import { checkMergeSignatures } from "../../src/vault/merge/merge-signatures.ts";
import { mergeVaults } from "../../src/vault/merge/merge-vaults.ts";
import { parseRecord, type SealedRecord } from "../../src/vault/records/record.ts";
import { checkSignatures, sealRecord, verifyRecord } from "../../src/vault/records/seal.ts";
import { refusal } from "../support/refusal.ts";
import { alice, PRODUCTION, VaultMaker } from "./maker.ts";

const MANY = 50;

/** A vault with enough records that their signatures are checked on all cores. */
function large(): VaultMaker {
	const maker = new VaultMaker().environment("preview");
	for (const environment of [PRODUCTION, "preview"])
		put(maker, environment, sealed(maker, environment, "value"));
	return maker.reread();
}

function sealed(maker: VaultMaker, environment: string, value: string, version = 1): SealedRecord[] {
	const { state } = maker.verified(environment);
	const keys = maker.keys(environment);
	return Array.from({ length: MANY }, (_, index) =>
		sealRecord(state, keys, alice, { name: `NAME_${100 + index}`, version, value }),
	);
}

function put(maker: VaultMaker, environment: string, records: readonly SealedRecord[]): void {
	const section = maker.section(environment);
	const all = new Map(section.records);
	for (const record of records) all.set(record.name, record);
	const environments = new Map(maker.document.environments).set(environment, { ...section, records: all });
	maker.document = { ...maker.document, environments };
}

/** The record with the signature of another record. */
function forged(record: SealedRecord, other: SealedRecord): SealedRecord {
	return parseRecord(record.name, record.body.replace(record.signature, other.signature), record.line);
}

function recordsOf(document: VaultDocument, environment = PRODUCTION): SealedRecord[] {
	return [...(document.environments.get(environment)?.records.values() ?? [])];
}

test("finds the one record among many with an invalid signature", async () => {
	const maker = large();
	const records = recordsOf(maker.document);
	const [first, second] = records;
	if (!first || !second) throw new Error("no records");
	const withForged = [...records.slice(0, 20), forged(second, first), ...records.slice(21)];
	const { state } = maker.verified();
	const validSignatures = await checkSignatures(state, withForged);
	expect(withForged.map((record) => validSignatures.has(state, record))).toEqual(
		withForged.map((_, index) => index !== 20),
	);
	for (const [index, record] of withForged.entries()) {
		if (index !== 20) verifyRecord(state, record, validSignatures);
		else
			expect(refusal(() => verifyRecord(state, record, validSignatures))).toMatchObject({
				code: "RECORD_FORGED",
			});
	}
});

test("the result applies to the checked record objects in their environment only, and to nothing but their signatures", async () => {
	const maker = large();
	const { state } = maker.verified();
	const records = recordsOf(maker.document);
	const validSignatures = await checkSignatures(state, records);
	const [first, second] = records;
	if (!first || !second) throw new Error("no records");
	expect(validSignatures.has(state, { ...first })).toBe(false);
	expect(validSignatures.has(maker.verified("preview").state, first)).toBe(false);
	expect(refusal(() => verifyRecord(state, forged(first, second), validSignatures))).toMatchObject({
		code: "RECORD_FORGED",
	});
	const elsewhere = await checkSignatures(maker.verified("preview").state, records);
	expect(records.some((record) => elsewhere.has(maker.verified("preview").state, record))).toBe(false);
	const removed = { ...state, epoch: { ...state.epoch, writers: new Set<string>() } };
	expect(refusal(() => verifyRecord(removed, first, validSignatures))).toMatchObject({
		code: "RECORD_AUTHOR_REMOVED",
	});
});

test("a merge has the same result and the same errors if its signatures were checked beforehand", async () => {
	const ours = large();
	const theirs = new VaultMaker();
	theirs.document = ours.document;
	const baseDocument = ours.document;
	put(theirs, PRODUCTION, sealed(theirs, PRODUCTION, "new", 2));
	const base = {
		has: (environment: string, { name, body }: SealedRecord) =>
			baseDocument.environments.get(environment)?.records.get(name)?.body === body,
		isReencrypted: () => false,
		hasSection: () => false,
	};
	const validSignatures = await checkMergeSignatures(ours.document, theirs.document, base);
	const { state } = ours.verified();
	expect(
		recordsOf(theirs.document).every((record) => validSignatures.get(PRODUCTION)?.has(state, record)),
	).toBe(true);
	expect(recordsOf(ours.document).some((record) => validSignatures.get(PRODUCTION)?.has(state, record))).toBe(
		false,
	);
	const united = mergeVaults(ours.document, theirs.document, { base, validSignatures });
	expect(united).toEqual(mergeVaults(ours.document, theirs.document, { base }));
	expect(recordsOf(united.document).every(({ version }) => version === 2)).toBe(true);

	const [first, second] = recordsOf(theirs.document);
	if (!first || !second) throw new Error("no records");
	put(theirs, PRODUCTION, [forged(first, second)]);
	const withForged = await checkMergeSignatures(ours.document, theirs.document, base);
	expect(
		refusal(() => mergeVaults(ours.document, theirs.document, { base, validSignatures: withForged })),
	).toMatchObject({ code: "RECORD_FORGED" });
});
