/** Which record may replace another one, and whether a record is valid. */
import { expect, test } from "vitest";
import { isNewer, isReencryption, type SealedRecord } from "../../../src/vault/records/record.ts";
import { isValidRecord } from "../../../src/vault/records/seal.ts";
import { PRODUCTION, VaultMaker } from "../maker.ts";

function recordOf(maker: VaultMaker, name = "NAME"): SealedRecord {
	const record = maker.section().records.get(name);
	if (record === undefined) throw new Error(`${name} is not set`);
	return record;
}

test("a record is newer by its version, and of one version by its epoch", () => {
	const maker = new VaultMaker().set("NAME", "one");
	const first = recordOf(maker);
	const again = recordOf(maker.epoch([]));
	const second = recordOf(maker.set("NAME", "two"));
	const gone = recordOf(maker.set("NAME", undefined));
	expect([first, again, second, gone].map(({ version }) => version)).toEqual([1, 1, 2, 3]);
	expect(isNewer(first, undefined)).toBe(true);
	const ascending = [first, again, second, gone];
	for (const [index, record] of ascending.entries())
		for (const [other, before] of ascending.entries()) expect(isNewer(record, before)).toBe(index > other);
	expect(isReencryption(again, first)).toBe(true);
	expect(isReencryption(first, again)).toBe(false);
	expect(isReencryption(second, first)).toBe(false);
	const deleted: SealedRecord = { ...again, kind: "deleted" };
	expect(isReencryption(deleted, first)).toBe(false);
	expect(isNewer(deleted, first)).toBe(false);
});

test("a record is valid in its environment only, and as its author signed it", () => {
	const maker = new VaultMaker().environment("preview").set("NAME", "one").set("OTHER", "two");
	const { state } = maker.verified(PRODUCTION);
	const record = recordOf(maker);
	const other = recordOf(maker, "OTHER");
	expect(isValidRecord(state, record)).toBe(true);
	expect(isValidRecord(maker.verified("preview").state, record)).toBe(false);
	expect(isValidRecord(state, { ...record, signature: other.signature })).toBe(false);
	expect(isValidRecord(state, { ...record, signature: "!" })).toBe(false);
});
