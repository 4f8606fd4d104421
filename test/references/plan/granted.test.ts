import { describe, expect, test } from "vitest";
import type { Reads, Reference } from "../../../src/references/evidence/reference.ts";
import { Granted } from "../../../src/references/plan/granted.ts";
import { environmentFor, plan } from "../../../src/references/plan/plan.ts";

const ANY = [{ file: "pay.ts", line: 7, why: "name from a parameter" }];
const SECRETS = ["A", "STRIPE_ID", "STRIPE_KEY", "STRIPE_TEST_KEY", "Z"];

function reads(
	names: string[],
	declared: { include?: string[]; exclude?: string[] },
	dynamic = false,
): Reads {
	const references: Reference[] = [
		...names.map((name) => ({ name, file: "pay.ts", line: 1, how: "static" as const })),
		...(declared.include ?? []).map((name) => ({
			name,
			file: "function.jsonc",
			line: 2,
			how: "declared" as const,
		})),
	];
	return { references, dynamic: dynamic ? ANY : [], excluded: declared.exclude };
}

function granted(of: Reads): string[] {
	const all = new Granted(of);
	return SECRETS.filter((name) => all.has(name));
}

describe("a function gets", () => {
	test.each<[string, Reads, string[]]>([
		["what it reads", reads(["A"], {}), ["A"]],
		["everything where it is dynamic", reads([], {}, true), SECRETS],
		["what is included beside what it reads", reads(["A"], { include: ["Z"] }), ["A", "Z"]],
		["what is included by its beginning", reads([], { include: ["STRIPE_T*"] }), ["STRIPE_TEST_KEY"]],
		["nothing that is excluded", reads(["A", "Z"], { exclude: ["Z"] }), ["A"]],
		[
			"no part of a prefix that is excluded",
			reads(["STRIPE_*"], { exclude: ["STRIPE_TEST_*"] }),
			["STRIPE_ID", "STRIPE_KEY"],
		],
		["of a dynamic one all but what is excluded", reads([], { exclude: ["STRIPE_*"] }, true), ["A", "Z"]],
		["of a dynamic one what is included alone", reads([], { include: ["A"], exclude: ["*"] }, true), ["A"]],
		[
			"an included name although its beginning is excluded",
			reads([], { include: ["STRIPE_ID"], exclude: ["STRIPE_*"] }),
			["STRIPE_ID"],
		],
		[
			"no excluded name although its beginning is included",
			reads([], { include: ["STRIPE_*"], exclude: ["STRIPE_ID"] }),
			["STRIPE_KEY", "STRIPE_TEST_KEY"],
		],
		[
			"the longer of two beginnings",
			reads([], { include: ["STRIPE_TEST_*"], exclude: ["STRIPE_*"] }),
			["STRIPE_TEST_KEY"],
		],
		["nothing where all is excluded", reads(["A"], { exclude: ["*"] }), []],
	])("%s", (_, of, expected) => {
		expect(granted(of)).toEqual(expected);
		expect([...environmentFor(of, new Map(SECRETS.map((name) => [name, name]))).keys()]).toEqual(expected);
	});
});

test("a change redeploys the functions that get the secret, also by declaration, and none that exclude it", () => {
	const functions = [
		{ name: "declared", ...reads([], { include: ["Z"] }) },
		{ name: "dynamic", ...reads([], { exclude: ["Z"] }, true) },
		{ name: "excluded", ...reads(["Z"], { exclude: ["Z"] }) },
	];
	expect(plan({ changes: [{ name: "Z", kind: "set" }], functions })).toEqual({
		redeploy: [
			{ function: "declared", reasons: [{ name: "Z", file: "function.jsonc", line: 2, how: "declared" }] },
		],
		untouched: ["dynamic", "excluded"],
	});
});
