/** Merges three versions of a vault like git's merge driver. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { mergeVaultFiles } from "../../../src/project/git/merge.ts";
import { parseVault } from "../../../src/vault/document/format.ts";
import { printConflicted } from "../../../src/vault/merge/conflict-text.ts";
import { mergeVaults } from "../../../src/vault/merge/merge-vaults.ts";
import { refusalOf } from "../../support/refusal.ts";
import { alice, bob, carol, dave, openEverything, PRODUCTION, VaultMaker } from "../../vault/maker.ts";

function from(text: string): VaultMaker {
	const maker = new VaultMaker();
	maker.document = parseVault(text);
	return maker;
}

const BASE = new VaultMaker().set("A", "a").set("B", "b").set("C", "c").text;

/** Merges three texts, and checks that the result is the same with both sides swapped. */
async function merged(base: string, ours: string, theirs: string): Promise<string> {
	const [text, other] = [await mergeOnce(base, ours, theirs), await mergeOnce(base, theirs, ours)];
	expect(other.text).toBe(text.text);
	if (text.error) throw text.error;
	return text.text;
}

async function mergeOnce(
	base: string,
	ours: string,
	theirs: string,
): Promise<{ text: string; error: unknown }> {
	const folder = mkdtempSync(join(tmpdir(), "coffer-merge-"));
	const files = { base: join(folder, "base"), ours: join(folder, "ours"), theirs: join(folder, "theirs") };
	try {
		for (const [name, text] of Object.entries({ base, ours, theirs }))
			writeFileSync(join(folder, name), text);
		const place = { folder, variables: { PATH: process.env["PATH"] ?? "" } };
		const error: unknown = await mergeVaultFiles(place, files).then(
			() => undefined,
			(reason: unknown) => reason,
		);
		return { text: readFileSync(files.ours, "utf8"), error };
	} finally {
		rmSync(folder, { recursive: true });
	}
}

/** The error of a merge, and the text of our file after it. */
async function refused(base: string, ours: string, theirs: string) {
	const { text, error } = await mergeOnce(base, ours, theirs);
	return { text, error: await refusalOf(Promise.reject(error)) };
}

const values = (text: string) =>
	Object.fromEntries(
		[...openEverything(parseVault(text), alice)].map(([key, value]) => [key.split("/")[1], value]),
	);

describe("merges without a question", () => {
	test("names in one gap, edits, deletions and a new environment", async () => {
		const ours = from(BASE)
			.set("AA", "1")
			.set("B", undefined)
			.environment("preview")
			.set("P", "p", "preview").text;
		const theirs = from(BASE).set("AB", "2").set("C", "new").text;
		expect(values(await merged(BASE, ours, theirs))).toEqual({ A: "a", AA: "1", AB: "2", C: "new", P: "p" });
	});

	test("membership that one side changed, and records that the other side changed", async () => {
		const ours = from(BASE).add(bob, "writer", "bob").set("BY_BOB", "1", PRODUCTION, bob).text;
		const text = await merged(BASE, ours, from(BASE).set("A", "new").text);
		expect(values(text)).toEqual({ A: "new", B: "b", BY_BOB: "1", C: "c" });
		expect(parseVault(text).environments.get(PRODUCTION)?.links).toHaveLength(2);
	});

	test("one side re-encrypted everything: edits and new records of the other side are kept, and the rest is of the new epoch", async () => {
		const team = from(BASE).add(dave, "writer", "dave").text;
		const text = await merged(
			team,
			from(team).epoch([dave]).text,
			from(team).set("B", "new").set("D", "d").text,
		);
		expect(values(text)).toEqual({ A: "a", B: "new", C: "c", D: "d" });
		const epochs = [...(parseVault(text).environments.get(PRODUCTION)?.records.values() ?? [])].map(
			(record) => record.epoch.slice(0, 1),
		);
		expect(epochs).toEqual(["2", "1", "2", "1"]);
	});

	test("an environment deleted on one side and left alone on the other", async () => {
		const base = from(BASE).environment("preview").set("P", "p", "preview").text;
		const gone = from(base).link("", ["delete", "preview"]);
		const environments = new Map(gone.document.environments);
		environments.delete("preview");
		gone.document = { ...gone.document, environments };
		expect(values(await merged(base, gone.text, from(base).set("A", "1").text))).toMatchObject({ A: "1" });
		const { error } = await refused(base, gone.text, from(base).set("P", "new", "preview").text);
		expect(error.code).toBe("ENVIRONMENT_CONFLICT");
	});

	test("with several merge bases, records on which they agree are the base, and others are a conflict", async () => {
		const [one, two] = [parseVault(from(BASE).set("B", "1").text), parseVault(from(BASE).set("B", "2").text)];
		const { document, conflicts } = mergeVaults(one, two);
		const base = printConflicted(document, conflicts);
		const takeOne = printConflicted(mergeVaults(one, two, { take: () => "ours" }).document, []);
		const takeTwo = printConflicted(mergeVaults(one, two, { take: () => "theirs" }).document, []);
		expect(
			values(await merged(base, from(takeOne).set("A", "x").text, from(takeOne).set("C", "y").text)),
		).toEqual({
			A: "x",
			B: "1",
			C: "y",
		});
		for (const theirs of [takeTwo, from(takeTwo).set("B", "3").text])
			expect((await refused(base, takeOne, theirs)).error.message).toBe("Both sides changed B (production).");
	});

	test("two files without a merge base", async () => {
		const text = await merged("", from(BASE).set("X", "x").text, from(BASE).set("Y", "y").text);
		expect(values(text)).toEqual({ A: "a", B: "b", C: "c", X: "x", Y: "y" });
	});
});

describe("stops with all data in the file", () => {
	test.each<[string, string | undefined, string | undefined]>([
		["two values", "ours-value", "theirs-value"],
		["a deletion and a value", undefined, "theirs-value"],
	])("%s of one name", async (_, one, two) => {
		const { text, error } = await refused(
			BASE,
			from(BASE).set("B", one).set("AA", "1").text,
			from(BASE).set("B", two).set("AB", "2").text,
		);
		expect(error).toMatchObject({
			code: "MERGE_CONFLICT",
			exit: 5,
			message: "Both sides changed B (production).",
		});
		expect(text.match(/^<<<<<<< ours\nB\n[^\n]+\n\n=======\nB\n[^\n]+\n\n>>>>>>> theirs$/gm)).toHaveLength(1);
		expect(text).toMatch(/^AA\n[^\n]+\n\nAB\n/m);
	});

	test("both sides changed the membership: the file has git's markers, and the error gives the reason", async () => {
		const ours = from(BASE).add(bob, "writer", "bob").text;
		const { text, error } = await refused(BASE, ours, from(BASE).add(carol, "reader", "carol").text);
		expect(error).toMatchObject({ code: "MEMBERSHIP_CONFLICT", exit: 5 });
		expect(text).toMatch(/^<<<<<<< ours\nlink 1 .* bob /m);
	});

	test("one side is forged", async () => {
		const forged = from(BASE).set("AA", "1").text.replace("\nAA\n", "\nAB\n");
		expect((await refused(BASE, BASE, forged)).error).toMatchObject({ code: "RECORD_FORGED", exit: 7 });
	});

	test("a value of each side, and an edit by a member that the other side removed", async () => {
		const team = from(BASE).add(dave, "writer", "dave").text;
		const theirs = from(team).set("A", "dave", PRODUCTION, dave).set("B", "theirs").text;
		const { error } = await refused(team, from(team).epoch([dave]).set("B", "ours").text, theirs);
		expect(error.message).toBe(
			"Both sides changed B (production). The author of A (production) on one side is no longer a writer: only the other side can be taken.",
		);
	});

	test("one side has an edit by a member that the other side removed", async () => {
		const team = from(BASE).add(dave, "writer", "dave").text;
		const theirs = from(team).set("B", "dave", PRODUCTION, dave).text;
		const { error } = await refused(team, from(team).epoch([dave]).text, theirs);
		expect(error.message).toBe(
			"The author of B (production) on one side is no longer a writer: only the other side can be taken.",
		);
	});
});
