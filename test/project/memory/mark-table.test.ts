/** Version marks that are kept as text: every operation has the same result as on a plain map. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { marksOf } from "../../../src/project/memory/environment-memory.ts";
import { copyMarks, MarkTable, printMarks } from "../../../src/project/memory/mark-table.ts";
import type { VersionMark } from "../../../src/vault/document/version-marks.ts";

const name = fc.string({ unit: fc.constantFrom(..."AB_z0"), minLength: 1, maxLength: 3 });
const own: fc.Arbitrary<VersionMark> = fc.record({
	version: fc.integer({ min: 1, max: 999_999_999 }),
	digest: fc.constantFrom("digest-one", "digest_two"),
	author: fc.constantFrom("alice", "bob", "carol"),
	made: fc.boolean(),
});
const agreed: fc.Arbitrary<VersionMark> = fc.record({ version: fc.nat(), digest: fc.constant("digest") });
const mark = fc.oneof(own, agreed);

type Step = readonly [
	name: string,
	change: VersionMark | "get" | "has" | "delete" | "all" | "size" | "print",
];
const step: fc.Arbitrary<Step> = fc.tuple(
	name,
	fc.oneof(mark, fc.constantFrom("get", "has", "delete", "all", "size", "print", "get", "has", "print")),
);

const sorted = (marks: Iterable<[string, VersionMark]>) => [...marks].sort(([a], [b]) => (a < b ? -1 : 1));

/** The result of a step. A table that is printed is then read again. */
function take(marks: Map<string, VersionMark>, [at, change]: Step): unknown {
	if (change === "get") return marks.get(at);
	if (change === "has") return marks.has(at);
	if (change === "delete") return marks.delete(at);
	if (change === "size") return marks.size;
	if (change === "all") return sorted(marks);
	if (change === "print") return sorted(MarkTable.of(printMarks(marks)));
	marks.set(at, change);
	return marks.get(at);
}

test("each operation on a table has the result of a plain map", () => {
	fc.assert(
		fc.property(
			fc.uniqueArray(fc.tuple(name, mark), { selector: ([at]) => at }),
			fc.array(step),
			(rows, steps) => {
				const plain = new Map(rows);
				const table = MarkTable.of(printMarks(plain));
				for (const each of steps) expect([each, take(table, each)]).toEqual([each, take(plain, each)]);
				expect(sorted(table)).toEqual(sorted(plain));
			},
		),
		{ numRuns: 300 },
	);
});

test("a copy and its original change independently", () => {
	const table = MarkTable.of({ table: "A 1 digest;B 2 digest;", authors: [] });
	const copy = copyMarks(table);
	copy.set("A", { version: 5, digest: "other" });
	table.set("B", { version: 7, digest: "other" });
	expect([table.get("A")?.version, table.get("B")?.version]).toEqual([1, 7]);
	expect([copy.get("A")?.version, copy.get("B")?.version]).toEqual([5, 2]);
});

test("rows of version 0.1.0 can be read", () => {
	const rows = marksOf(
		[
			["A", 3, "digest", 1, 1],
			["B", 1, "digest", 0],
			["C", 2, "digest"],
		],
		["alice", "bob"],
	);
	expect([...rows]).toEqual([
		["A", { version: 3, digest: "digest", author: "bob", made: true }],
		["B", { version: 1, digest: "digest", author: "alice", made: false }],
		["C", { version: 2, digest: "digest" }],
	]);
	expect(sorted(MarkTable.of(printMarks(rows)))).toEqual([...rows]);
});
