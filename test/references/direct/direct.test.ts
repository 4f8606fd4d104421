/** Where the syntax alone decides what a bundle reads, the engine finds exactly the same. */
import { describe, expect, test } from "vitest";
import { analyzeReferences } from "../../../src/references/analyze.ts";
import { readCases } from "../read-cases.ts";
import { readCorpus } from "../read-corpus.ts";
import { decided, found, isParsable } from "./compare.ts";
import { PLANTS, planted } from "./plants.ts";
import { directPrograms } from "./programs.ts";

const programs = directPrograms().filter(isParsable);

/** The codes that are decided, and of these the ones that the engine finds something else in. */
function compared(codes: readonly string[], isPackage = false) {
	const all = codes.flatMap((code) => {
		const result = decided(code, isPackage);
		return result === undefined ? [] : [{ code, decided: result, found: found(code, isPackage) }];
	});
	return { count: all.length, different: all.filter((one) => one.decided !== one.found) };
}

test("there are as many programs as expected", () => {
	expect(programs.length).toBeGreaterThan(3500);
});

test.each([
	{ whose: "own code", isPackage: false, least: 2000 },
	{ whose: "packages", isPackage: true, least: 3000 },
])("programs of $whose have equal results", ({ isPackage, least }) => {
	const { count, different } = compared(programs, isPackage);
	expect(different).toEqual([]);
	expect(count).toBeGreaterThan(least);
});

test("labelled cases and functions of the corpus have equal results", () => {
	const codes = [
		...readCases().flatMap(({ cases }) => cases.map(({ code }) => code)),
		...readCorpus().flatMap(({ files }) => [...files.values()]),
	].filter(isParsable);
	const { count, different } = compared(codes);
	expect(different).toEqual([]);
	expect(count).toBeGreaterThan(50);
});

test("long programs that are not decided have equal results", () => {
	const long = `"${"-".repeat(70_000)}";\n`;
	const undecided = programs.filter((code) => decided(code) === undefined);
	const codes = undecided.filter((_, index) => index % 5 === 0).map((code) => code + long);
	expect(codes.map((code) => JSON.stringify(analyzeReferences({ code })))).toEqual(
		codes.map((code) => found(code)),
	);
});

describe("a broken rule is noticed", () => {
	const undecided = programs.filter((code) => decided(code) === undefined);

	test.each(PLANTS)("$what", async (plant) => {
		const broken = await planted(plant);
		const isNoticed = undecided.some((code) => {
			const result = broken.decided(code);
			return result !== undefined && result !== found(code);
		});
		expect(isNoticed).toBe(true);
	});
});
