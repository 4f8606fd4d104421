import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cryptoReady } from "../../src/crypto.ts";
import { type SentMark, sentMark } from "../../src/project/memory/target-memory.ts";
import { diffTarget, pendingOf, type TargetDiff } from "../../src/targets/diff.ts";
import type { RecordKind, SealedRecord } from "../../src/vault/records/record.ts";

await cryptoReady;

/** The parts of a record that the diff uses. @param text stands for the sealed value */
function record(
	name: string,
	version: number,
	text = "a",
	kind: RecordKind = "live",
	epoch = 1,
): SealedRecord {
	const body = `v${version} ${kind} ${epoch} ${text}`;
	const id = `${epoch}.${"A".repeat(11)}`;
	return { name, version, kind, epoch: id, since: 1, author: "", sealed: text, signature: "", body, line: 0 };
}

const recordsOf = (...list: SealedRecord[]) => new Map(list.map((each) => [each.name, each]));
const marksOf = (...list: SealedRecord[]) => new Map(list.map((each) => [each.name, sentMark(each)]));
const NOTHING: TargetDiff = { set: [], deleted: [], dropped: [], rolledBack: [], missing: [], foreign: [] };

describe("the comparison of a record with what was sent", () => {
	const tombstone = record("A", 2, "t", "deleted");
	test.each<[string, SealedRecord[], SealedRecord[], Partial<TargetDiff>]>([
		["never sent", [record("A", 1)], [], { set: [record("A", 1)] }],
		["sent", [record("A", 1)], [record("A", 1)], {}],
		["newer", [record("A", 2)], [record("A", 1)], { set: [record("A", 2)] }],
		["older", [record("A", 1)], [record("A", 2)], { rolledBack: ["A"] }],
		["sealed anew", [record("A", 1, "b", "live", 2)], [record("A", 1)], {}],
		["from before it was sealed anew", [record("A", 1)], [record("A", 1, "b", "live", 2)], {}],
		["another of the same version", [record("A", 1, "b")], [record("A", 1)], { set: [record("A", 1, "b")] }],
		["gone without a tombstone", [], [record("A", 1)], { rolledBack: ["A"] }],
		["deleted", [tombstone], [record("A", 1)], { deleted: [tombstone] }],
		["deleted, and never noted as sent", [tombstone], [], { deleted: [tombstone] }],
		["deleted there already", [tombstone], [tombstone], {}],
		["back from before it was deleted", [record("A", 1)], [tombstone], { rolledBack: ["A"] }],
		["set anew after it was deleted", [record("A", 3)], [tombstone], { set: [record("A", 3)] }],
		["a tombstone that is gone", [], [tombstone], {}],
	])("%s", (_, here, sent, expected) => {
		const diff = diffTarget({ records: recordsOf(...here), marks: marksOf(...sent) });
		expect(diff).toEqual({ ...NOTHING, ...expected });
	});

	test("sends an older record only by a decision for its name; the target deletes a record that is gone", () => {
		const sides = {
			records: recordsOf(record("A", 1), record("B", 1)),
			marks: marksOf(record("A", 2), record("B", 2), record("GONE", 1)),
		};
		const some = diffTarget({ ...sides, takeLocal: (name) => name === "A" });
		expect(some).toEqual({ ...NOTHING, set: [record("A", 1)], rolledBack: ["B", "GONE"] });
		const all = diffTarget({ ...sides, takeLocal: () => true });
		expect(all).toEqual({ ...NOTHING, set: [record("A", 1), record("B", 1)], dropped: ["GONE"] });
	});
});

describe("the comparison with the names at the target", () => {
	test("sends a secret again that is missing there, and only reports names that this device does not know", () => {
		const diff = diffTarget({
			records: recordsOf(record("A", 1), record("B", 1), record("NEW", 1), record("OLD", 2, "t", "deleted")),
			marks: marksOf(record("A", 1), record("B", 1), record("OLD", 2, "t", "deleted")),
			names: ["B", "OLD", "__proto__"],
		});
		expect(diff).toEqual({
			...NOTHING,
			set: [record("A", 1), record("NEW", 1)],
			missing: ["A"],
			foreign: ["OLD", "__proto__"],
		});
	});

	test("does not report a name as unknown that is to be deleted there", () => {
		const deleted = record("A", 2, "t", "deleted");
		const diff = diffTarget({ records: recordsOf(deleted), marks: new Map(), names: ["A"] });
		expect(diff).toEqual({ ...NOTHING, deleted: [deleted] });
	});
});

const names = fc.constantFrom("A", "B", "C", "D", "__proto__");
const records = fc
	.uniqueArray(
		fc.record({
			name: names,
			version: fc.integer({ min: 1, max: 4 }),
			text: fc.constantFrom("a", "b"),
			kind: fc.constantFrom<RecordKind>("live", "deleted"),
			epoch: fc.integer({ min: 1, max: 3 }),
		}),
		{ selector: ({ name }) => name },
	)
	.map((list) =>
		recordsOf(...list.map((one) => record(one.name, one.version, one.text, one.kind, one.epoch))),
	);

/** Applies a diff to a target and to the marks. */
function apply(diff: TargetDiff, marks: ReadonlyMap<string, SentMark>, there: ReadonlySet<string>) {
	const after = { marks: new Map(marks), there: new Set(there) };
	for (const one of diff.set) after.there.add(one.name);
	for (const { name } of diff.deleted) after.there.delete(name);
	for (const one of [...diff.set, ...diff.deleted]) after.marks.set(one.name, sentMark(one));
	for (const name of diff.dropped) {
		after.there.delete(name);
		after.marks.delete(name);
	}
	return after;
}

test("once everything is sent, only undecided names are left, for any state on both sides", () => {
	fc.assert(
		fc.property(records, records, fc.uniqueArray(names), fc.boolean(), (here, sent, there, take) => {
			const marks = new Map([...sent].map(([name, one]) => [name, sentMark(one)]));
			const takeLocal = () => take;
			const diff = diffTarget({ records: here, marks, names: there, takeLocal });
			const older = [...here.values()].filter(
				({ name, version }) => version < (marks.get(name)?.version ?? 0),
			);
			if (!take) for (const one of diff.set) expect(older).not.toContain(one);
			else expect(diff.rolledBack).toEqual([]);
			const after = apply(diff, marks, new Set(there));
			const again = diffTarget({ records: here, marks: after.marks, names: [...after.there], takeLocal });
			expect(pendingOf(again)).toEqual(diff.rolledBack);
			expect(again.foreign).toEqual(diff.foreign);
			if (take)
				for (const one of here.values())
					if (one.kind === "live") expect(after.there.has(one.name)).toBe(true);
		}),
		{ numRuns: 2_000 },
	);
});
