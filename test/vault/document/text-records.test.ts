/**
 * A text that this device has parsed before: its records are not parsed, and are the same as for the strict
 * reader.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withRecords } from "../../../src/vault/document/document.ts";
import { parseVault, printVault } from "../../../src/vault/document/format.ts";
import { TextRecords } from "../../../src/vault/document/text-records.ts";
import type { SealedRecord } from "../../../src/vault/records/record.ts";
import { PRODUCTION, VaultMaker } from "../maker.ts";

const NAME = fc.string({ unit: fc.constantFrom(..."AB_z0"), minLength: 1, maxLength: 4 });
const NAMES = fc.uniqueArray(NAME, { maxLength: 40 });

/** Two environments whose names surround the records of the first. */
function vaultOf(names: readonly string[]): VaultMaker {
	const maker = new VaultMaker().environment("staging");
	for (const environment of [PRODUCTION, "staging"]) {
		const records = names.map((name) => maker.seal(name, `value of ${name}`, environment));
		maker.document = withRecords(maker.document, environment, records);
	}
	return maker;
}

function recordsOf(text: string, order: "sorted" | "known", environment = PRODUCTION) {
	const records = parseVault(text, undefined, order === "known" ? { digest: order } : order).environments.get(
		environment,
	)?.records;
	if (records === undefined) throw new Error("The vault has no such environment.");
	return records;
}

const plain = (records: ReadonlyMap<string, SealedRecord>) =>
	[...records].map(([name, record]) => [name, record]);

describe("a known text", () => {
	test("has the records that a strict reader finds, with their lines", () => {
		fc.assert(
			fc.property(NAMES, NAMES, (names, asked) => {
				const { text } = vaultOf(names);
				for (const environment of [PRODUCTION, "staging"]) {
					const strict = recordsOf(text, "sorted", environment);
					const known = recordsOf(text, "known", environment);
					expect(known).toBeInstanceOf(TextRecords);
					for (const name of [...asked, ...names]) {
						expect(known.get(name)).toEqual(strict.get(name));
						expect(known.has(name)).toBe(strict.has(name));
					}
					expect(known.size).toBe(strict.size);
					expect(plain(known)).toEqual(plain(strict));
				}
				expect(printVault(parseVault(text, undefined, { digest: "known" }))).toBe(text);
			}),
			{ numRuns: 20 },
		);
	});

	test("has the text after an edit that a strict reader's document has", () => {
		fc.assert(
			fc.property(NAMES, fc.array(NAMES, { maxLength: 3 }), (names, edits) => {
				const maker = vaultOf(names);
				let strict = parseVault(maker.text);
				let known = parseVault(maker.text, undefined, { digest: "known" });
				for (const [index, edited] of edits.entries()) {
					const written = edited.map((name) => maker.seal(name, `edit ${index}`));
					strict = withRecords(strict, PRODUCTION, written);
					known = withRecords(known, PRODUCTION, written);
					const [expected, records] = [strict, known].map(
						({ environments }) => environments.get(PRODUCTION)?.records,
					);
					expect(records?.size).toBe(expected?.size);
					for (const record of written) expect(records?.get(record.name)).toBe(record);
					expect(printVault(known)).toBe(printVault(strict));
					expect(recordsOf(printVault(known), "sorted").size).toBe(expected?.size);
					expect(new Map(records)).toEqual(
						new Map([...(expected ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))),
					);
				}
			}),
			{ numRuns: 20 },
		);
	});

	test("gives the same object for a record each time, whether it is asked for alone or among all", () => {
		const names = Array.from({ length: 40 }, (_, index) => `NAME_${index}`);
		const known = recordsOf(vaultOf(names).text, "known");
		const first = known.get("NAME_7");
		expect([...known.values()]).toContain(first);
		expect(known.get("NAME_7")).toBe(first);
		for (const name of names) expect(known.get(name)).toBe(known.get(name));
	});

	test("says which records an edit has changed, and only of the same text", () => {
		const maker = vaultOf(["A", "B", "C"]);
		const document = parseVault(maker.text, undefined, { digest: "known" });
		const before = document.environments.get(PRODUCTION)?.records as TextRecords;
		const written = [maker.seal("B", "new"), maker.seal("D", "added")];
		const after = withRecords(document, PRODUCTION, written).environments.get(PRODUCTION)
			?.records as TextRecords;
		expect(after.changedSince(before)).toEqual(written);
		expect(before.changedSince(after)).toEqual([before.get("B")]);
		expect(before.changedSince(before)).toEqual([]);
		expect(after.changedSince(recordsOf(maker.text, "known"))).toBeUndefined();
		expect(after.changedSince(new Map(before))).toBeUndefined();
	});
});
