/** Records that are read directly from the text: which are accepted, and their words. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRecord } from "../../../src/vault/records/record.ts";
import { scanRecord } from "../../../src/vault/records/record-scanner.ts";
import { VaultMaker } from "../maker.ts";

const record = new VaultMaker().seal("NAME_1", "a value");
const TEXT = `${record.name}\n${record.body}\n\n`;

function strictly(text: string) {
	const [name = "", body = "", blank, rest] = text.split("\n");
	if (blank !== "" || rest === undefined) return undefined;
	try {
		return parseRecord(name, body, 7);
	} catch {
		return undefined;
	}
}

test("an unchanged record is read as parseRecord reads it", () => {
	expect(scanRecord(`before\n${TEXT}after`, "before\n".length, 7)).toEqual({
		record: strictly(TEXT),
		end: "before\n".length + TEXT.length,
	});
});

test("a record with one change is accepted exactly if parseRecord accepts it", () => {
	const characters = [..."0 1vAZz_-=.\n\t", "\u00e9", ""];
	for (let at = 0; at < TEXT.length; at++) {
		for (const character of characters) {
			for (const text of [
				TEXT.slice(0, at) + character + TEXT.slice(at + 1),
				TEXT.slice(0, at) + character + TEXT.slice(at),
			])
				expect([text, scanRecord(text, 0, 7)?.record]).toEqual([text, strictly(text)]);
		}
	}
});

test("a record with any words is accepted exactly if parseRecord accepts it", () => {
	const words = record.body.split(" ");
	const other = fc.constantFrom(
		"v0",
		"v1",
		"v999999999",
		"v1000000000",
		"deleted",
		"dead",
		"1",
		"2",
		"02",
		"",
		...words,
	);
	const anyEpoch = fc.constantFrom("1", "2", "999999", "1000000").map((number) => `${number}.AAAAAAAAAAA`);
	const shortened = fc.nat({ max: 200 }).map((length) => record.sealed.slice(0, length));
	fc.assert(
		fc.property(fc.nat({ max: 6 }), fc.oneof(other, anyEpoch, shortened), (at, word) => {
			const text = `NAME\n${words.with(at, word).join(" ")}\n\n`;
			expect(scanRecord(text, 0, 7)?.record).toEqual(strictly(text));
		}),
		{ numRuns: 2000 },
	);
});
