/** Merges of two copies of a vault: properties that hold for all changes of both sides. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseVault, printVault } from "../../../src/vault/document/format.ts";
import { printConflicted, splitConflicts } from "../../../src/vault/merge/conflict-text.ts";
import { mergeVaults } from "../../../src/vault/merge/merge-vaults.ts";
import { formatRecord } from "../../../src/vault/records/record.ts";
import { refusal } from "../../support/refusal.ts";
import { alice, bob, carol, openEverything, PRODUCTION, VaultMaker } from "../maker.ts";

const BASE = new VaultMaker().set("A", "a").set("C", "c").set("E", "e").text;

function edited(edits: ReadonlyMap<string, string | undefined>): VaultMaker {
	const maker = new VaultMaker();
	maker.document = parseVault(BASE);
	for (const [name, value] of edits) maker.set(name, value);
	return maker.reread();
}

/** The changes of one side: names with a value, or with undefined for a deletion. */
const edits = (names: readonly string[]) =>
	fc
		.array(
			fc.tuple(fc.constantFrom(...names), fc.option(fc.string({ unit: "grapheme" }), { nil: undefined })),
			{
				maxLength: 4,
			},
		)
		.map((pairs) => new Map(pairs));

test("with different names, the result has every change of both sides, whichever side is ours", () => {
	fc.assert(
		fc.property(edits(["A", "AB", "C", "X"]), edits(["AA", "AC", "E", "Z"]), (first, second) => {
			const [ours, theirs] = [edited(first).document, edited(second).document];
			const base = {
				has: (_: string, record: { body: string }) => BASE.includes(record.body),
				isReencrypted: () => false,
				hasSection: () => false,
			};
			const united = mergeVaults(ours, theirs, { base });
			expect(united.conflicts).toEqual([]);
			expect(printVault(mergeVaults(theirs, ours, { base }).document)).toBe(printVault(united.document));
			const expected = new Map(
				[["A", "a"], ["C", "c"], ["E", "e"], ...first, ...second].map(
					([name, value]) => [`${PRODUCTION}/${name}`, value] as const,
				),
			);
			for (const [name, value] of expected) if (value === undefined) expected.delete(name);
			expect(openEverything(united.document, alice)).toEqual(expected);
			expect(parseVault(printVault(united.document)).environments.size).toBe(1);
		}),
		{ numRuns: 60 },
	);
});

test("with the same names, each is in conflict or equal on both sides, and none is lost", () => {
	const names = ["A", "B", "C", "D"];
	fc.assert(
		fc.property(edits(names), edits(names), (first, second) => {
			const [ours, theirs] = [edited(first).document, edited(second).document];
			const { document, conflicts } = mergeVaults(ours, theirs);
			const open = new Set(conflicts.map(({ name }) => name));
			for (const side of [ours, theirs]) {
				for (const record of side.environments.get(PRODUCTION)?.records.values() ?? []) {
					const kept = document.environments.get(PRODUCTION)?.records.get(record.name);
					expect(open.has(record.name) || kept?.body === record.body).toBe(true);
				}
			}
			const taken = mergeVaults(ours, theirs, { take: () => "theirs" });
			expect(taken.conflicts).toEqual([]);
			expect(taken.decided).toEqual(conflicts);
		}),
		{ numRuns: 60 },
	);
});

test("a text with markers around the conflicts is split into both sides again", () => {
	const names = ["A", "B", "C", "D"];
	fc.assert(
		fc.property(edits(names), edits(names), (first, second) => {
			const [ours, theirs] = [edited(first).document, edited(second).document];
			const { document, conflicts } = mergeVaults(ours, theirs);
			const text = printConflicted(document, conflicts);
			const sides = splitConflicts(text);
			const again = mergeVaults(sides.ours, sides.theirs);
			expect(again.conflicts.map(({ name }) => name)).toEqual(conflicts.map(({ name }) => name));
			for (const { name, ours: left, theirs: right } of again.conflicts) {
				const lines = text.split("\n");
				expect([lines[(left?.line ?? 0) - 1], lines[(right?.line ?? 0) - 1]]).toEqual([name, name]);
			}
			for (const side of ["ours", "theirs"] as const)
				expect(printVault(mergeVaults(sides.ours, sides.theirs, { take: () => side }).document)).toBe(
					printVault(mergeVaults(ours, theirs, { take: () => side }).document),
				);
		}),
		{ numRuns: 60 },
	);
});

describe("refused", () => {
	test("two different vaults", () => {
		const other = new VaultMaker().document;
		expect(refusal(() => mergeVaults(parseVault(BASE), other))).toMatchObject({
			code: "VAULTS_DIFFER",
			exit: 5,
		});
	});

	test("an environment that one side deleted and the other side has", () => {
		const maker = new VaultMaker().environment("preview").set("A", "1", "preview");
		const ours = maker.reread().document;
		maker.link("", ["delete", "preview"]);
		const environments = new Map(maker.document.environments);
		environments.delete("preview");
		const theirs = { ...maker.document, environments };
		for (const [one, other] of [
			[ours, theirs],
			[theirs, ours],
		] as const)
			expect(refusal(() => mergeVaults(one, other))).toMatchObject({ code: "ENVIRONMENT_CONFLICT", exit: 5 });
		const base = { has: () => true, isReencrypted: () => false, hasSection: () => true };
		expect([...mergeVaults(ours, theirs, { base }).document.environments.keys()]).toEqual([PRODUCTION]);
	});

	test("environments that both sides created", () => {
		const [ours, theirs] = [edited(new Map()).environment("one"), edited(new Map()).environment("two")];
		expect(refusal(() => mergeVaults(ours.document, theirs.document)).code).toBe("MEMBERSHIP_CONFLICT");
	});

	test("members that both sides changed, also if git inserted a name twice outside its markers", () => {
		const ours = edited(new Map()).add(carol, "writer", "carol");
		const theirs = edited(new Map()).epoch([]);
		const link = (maker: VaultMaker) => maker.section(PRODUCTION).links.at(-1)?.text ?? "";
		const both = `<<<<<<< ours\n${link(ours)}\n=======\n${link(theirs)}\n>>>>>>> theirs`;
		const record = parseVault(BASE).environments.get(PRODUCTION)?.records.values().next().value;
		const end = `end ${PRODUCTION}`;
		const text = theirs.text
			.replace(link(theirs), () => both)
			.replace(end, () => `${record && formatRecord(record)}\n\n${end}`);
		expect(refusal(() => splitConflicts(text))).toMatchObject({ code: "MEMBERSHIP_CONFLICT", exit: 5 });
		const same = text
			.replace(both, () => link(theirs))
			.replace(end, () => `<<<<<<< ours\n=======\n>>>>>>> theirs\n${end}`);
		expect(refusal(() => splitConflicts(same))).toMatchObject({ code: "VAULT_CONFLICT_UNREADABLE", exit: 5 });
	});

	test("a chain with a link that is not allowed", () => {
		const theirs = edited(new Map()).link(PRODUCTION, ["add", "writer", bob.publicKeys.sign], bob);
		expect(refusal(() => mergeVaults(parseVault(BASE), theirs.document)).exit).toBe(7);
	});
});

test("an environment that one side created comes with its records", () => {
	const ours = edited(new Map()).environment("preview").set("P", "p", "preview");
	const { document } = mergeVaults(edited(new Map([["B", "b"]])).document, ours.document);
	expect([...openEverything(document, alice).keys()]).toEqual([
		"preview/P",
		...["A", "B", "C", "E"].map((name) => `${PRODUCTION}/${name}`),
	]);
});
