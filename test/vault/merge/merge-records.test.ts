import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { VersionMark } from "../../../src/vault/document/version-marks.ts";
import { type MergeSides, mergeRecords } from "../../../src/vault/merge/merge-records.ts";
import { recordDigest, type SealedRecord } from "../../../src/vault/records/record.ts";

/** A record with the parts that a merge uses. Its body consists of version, value and author. */
function record(name: string, version: number, value: string, by: string): SealedRecord {
	const body = `v${version} ${value} ${by}`;
	const rest = { kind: "live", epoch: "", since: 1, author: by, sealed: "", signature: "", line: 0 } as const;
	return { name, version, body, ...rest };
}

const sealedValue = (sealed: SealedRecord) => sealed.body.split(" ")[1];
const sameValue = (ours: SealedRecord, theirs: SealedRecord) => sealedValue(ours) === sealedValue(theirs);

type Side = "untouched" | "x" | "y";

/** The history of one name: its base, and the value that each side set. */
interface Story {
	readonly base: "absent" | "x" | "y";
	readonly ours: Side;
	readonly theirs: Side;
}

const NAMES = ["A", "B", "C", "D", "E"];
const side = fc.constantFrom<Side>("untouched", "x", "y");
const story = fc.record<Story>({ base: fc.constantFrom("absent", "x", "y"), ours: side, theirs: side });
const stories = fc.array(story, { minLength: NAMES.length, maxLength: NAMES.length });

type Records = Map<string, SealedRecord>;

/** The sides of a merge, and all records of theirs. The merge gets only the changes of theirs. */
function sidesOf(drawn: readonly Story[]): { base: Records; ours: Records; theirs: Records } {
	const sides = { base: new Map(), ours: new Map(), theirs: new Map() };
	for (const [index, { base, ours, theirs }] of drawn.entries()) {
		const name = NAMES[index] ?? "";
		const before = base === "absent" ? undefined : record(name, 3, base, "before");
		const after = (changed: Side, by: string) =>
			changed === "untouched" ? before : record(name, before ? 4 : 1, changed, by);
		for (const [map, sealed] of [
			[sides.base, before],
			[sides.ours, after(ours, "ours")],
			[sides.theirs, after(theirs, "theirs")],
		] as const) {
			if (sealed) map.set(name, sealed);
		}
	}
	return sides;
}

/** The sides as `mergeRecords` takes them, seen from `ours`. */
function seen(ours: Records, theirs: Records, base: Records): MergeSides {
	const changed = [...theirs].filter(([name, sealed]) => base.get(name)?.body !== sealed.body);
	const marks = new Map<string, VersionMark>();
	for (const [name, sealed] of base)
		marks.set(name, { version: sealed.version, digest: recordDigest(sealed) });
	return { ours, theirs: new Map(changed), base: marks, sameValue, isReencrypted: () => false };
}

const namesOf = (records: readonly SealedRecord[]) => records.map(({ name }) => name);

describe("mergeRecords", () => {
	test("conflicts exactly where both sides changed to different values", () => {
		fc.assert(
			fc.property(stories, (drawn) => {
				const { base, ours, theirs } = sidesOf(drawn);
				const both = NAMES.filter((_, index) => {
					const history = drawn[index];
					return (
						history &&
						history.ours !== "untouched" &&
						history.theirs !== "untouched" &&
						history.ours !== history.theirs
					);
				});
				expect(mergeRecords(seen(ours, theirs, base)).conflicts).toEqual(both);
			}),
		);
	});

	test("takes their changes, sends ours, loses no name and rolls no record back", () => {
		fc.assert(
			fc.property(stories, (drawn) => {
				const { base, ours, theirs } = sidesOf(drawn);
				const merge = mergeRecords(seen(ours, theirs, base));
				expect(merge.rolledBack).toEqual([]);
				const mine = NAMES.filter(
					(_, at) => drawn[at]?.ours !== "untouched" && drawn[at]?.theirs === "untouched",
				);
				const notMine = NAMES.filter(
					(_, at) => drawn[at]?.ours === "untouched" && drawn[at]?.theirs !== "untouched",
				);
				expect(namesOf(merge.send)).toEqual(mine);
				expect(namesOf(merge.take)).toEqual(expect.arrayContaining(notMine));
				const after = new Map([...ours, ...merge.take.map((sealed) => [sealed.name, sealed] as const)]);
				expect([...after.keys()].sort()).toEqual([...new Set([...ours.keys(), ...theirs.keys()])].sort());
			}),
		);
	});

	test("gives the mirrored result for the other side, so that both end with the same values", () => {
		fc.assert(
			fc.property(stories, (drawn) => {
				const { base, ours, theirs } = sidesOf(drawn);
				const here = mergeRecords(seen(ours, theirs, base));
				const there = mergeRecords(seen(theirs, ours, base));
				expect(there.conflicts).toEqual(here.conflicts);
				expect(namesOf(there.take)).toEqual(expect.arrayContaining(namesOf(here.send)));
				const ends = ([whose, merge]: [Records, typeof here]) => {
					const after = new Map([...whose, ...merge.take.map((sealed) => [sealed.name, sealed] as const)]);
					return [...after]
						.filter(([name]) => !here.conflicts.includes(name))
						.map(([name, sealed]) => `${name} ${sealedValue(sealed)}`)
						.sort();
				};
				expect(ends([ours, here])).toEqual(ends([theirs, there]));
			}),
		);
	});

	test("does nothing if no side has changes", () => {
		fc.assert(
			fc.property(stories, (drawn) => {
				const { ours } = sidesOf(drawn);
				expect(mergeRecords(seen(ours, ours, ours))).toEqual({
					take: [],
					send: [],
					conflicts: [],
					rolledBack: [],
				});
			}),
		);
	});

	test("records that are older than the base, or missing, are reported and never sent", () => {
		const base = new Map([
			["A", record("A", 3, "x", "before")],
			["B", record("B", 3, "x", "before")],
		]);
		const ours = new Map([["A", record("A", 2, "old", "before")]]);
		const merge = mergeRecords(seen(ours, base, base));
		expect(merge).toEqual({ take: [], send: [], conflicts: [], rolledBack: ["A", "B"] });
	});

	test("sorts its results by name, and compares values only if both sides changed", () => {
		const names = ["b", "_", "a", "B", "A", "0"];
		const theirs = new Map(names.map((name) => [name, record(name, 1, "x", "theirs")]));
		const unreachable = () => expect.unreachable();
		const sides = {
			ours: new Map(),
			theirs,
			base: new Map(),
			sameValue: unreachable,
			isReencrypted: unreachable,
		};
		expect(namesOf(mergeRecords(sides).take)).toEqual(["0", "A", "B", "_", "a", "b"]);
	});
});
