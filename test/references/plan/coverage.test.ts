import { describe, expect, test } from "vitest";
import type { Known } from "../../../src/references/evidence/reference.ts";
import { type CoveredFunction, coverageOf } from "../../../src/references/plan/coverage.ts";

function reads(
	name: string,
	references: [name: string, how?: Known, file?: string][],
	more: Partial<CoveredFunction> = {},
): CoveredFunction {
	return {
		name,
		references: references.map(([read, how = "static", file = `functions/${name}.ts`], index) => ({
			name: read,
			how,
			file,
			line: index + 1,
		})),
		dynamic: [],
		...more,
	};
}

const DYNAMIC = { dynamic: [{ file: "functions/any.ts", line: 1, why: "name from a parameter" }] };

function cellsOf(functions: CoveredFunction[], ...secrets: string[]) {
	const { rows } = coverageOf(functions, new Set(secrets));
	return Object.fromEntries(rows.map(({ name, cells }) => [name, Object.fromEntries(cells)]));
}

describe("how a function reads a secret", () => {
	test("is the strongest evidence", () => {
		const functions = [
			reads("pay", [
				["KEY", "observed"],
				["KEY", "static"],
				["DB_URL", "declared"],
				["SEEN", "observed"],
				["OPENAI_API_KEY", "static", "npm:openai@4.2.0/core.js"],
			]),
			reads("any", [["KEY"]], DYNAMIC),
			reads("kept", [["KEY"]], { excluded: ["KEY"] }),
		];
		expect(cellsOf(functions, "KEY", "DB_URL", "SEEN", "OPENAI_API_KEY", "ALONE")).toEqual({
			ALONE: { any: "dynamic" },
			DB_URL: { any: "dynamic", pay: "declared" },
			KEY: { any: "static", kept: "excluded", pay: "static" },
			OPENAI_API_KEY: { any: "dynamic", pay: "package" },
			SEEN: { any: "dynamic", pay: "observed" },
		});
	});

	test("by a prefix in its code counts as read by its code", () => {
		expect(cellsOf([reads("pay", [["STRIPE_*"]])], "STRIPE_KEY", "OTHER")).toEqual({
			OTHER: {},
			STRIPE_KEY: { pay: "static" },
		});
	});
});

describe("a name that is read and is not a secret", () => {
	test("is missing if the function's own code or declaration asks for it, with every place", () => {
		const functions = [
			reads("pay", [["KEY"], ["GONE"], ["GONE"], ["STRIPE_*", "declared"]]),
			reads("mail", [["GONE"]]),
		];
		expect(coverageOf(functions, new Set(["KEY"])).missing).toEqual([
			{
				name: "GONE",
				places: [
					{ function: "mail", file: "functions/mail.ts", line: 1 },
					{ function: "pay", file: "functions/pay.ts", line: 2 },
					{ function: "pay", file: "functions/pay.ts", line: 3 },
				],
			},
			{ name: "STRIPE_*", places: [{ function: "pay", file: "functions/pay.ts", line: 4 }] },
		]);
	});

	test("is not missing if a package reads it, if it was only observed, or if it is excluded", () => {
		const functions = [
			reads("pay", [
				["DEBUG", "static", "npm:debug@4.0.0/node.js"],
				["LOG_LEVEL", "observed", ""],
			]),
			reads("kept", [["NODE_PATH"]], { excluded: ["NODE_*"] }),
		];
		const { missing, rows } = coverageOf(functions, new Set());
		expect(missing).toEqual([]);
		expect(rows.map(({ name, isSecret }) => [name, isSecret])).toEqual([
			["DEBUG", false],
			["LOG_LEVEL", false],
		]);
	});
});

test("NODE_ENV is not missing, because functions have a value without a secret of this name", () => {
	const { missing, rows } = coverageOf([reads("pay", [["NODE_ENV"]])], new Set());
	expect(missing).toEqual([]);
	expect(rows.map(({ name }) => name)).toEqual(["NODE_ENV"]);
});

test("a secret is unused if no function gets it, or only functions that may read any", () => {
	const functions = [
		reads("pay", [["A"], ["B_*"]]),
		reads("any", [], DYNAMIC),
		reads("kept", [["C"]], { excluded: ["C"] }),
	];
	expect(coverageOf(functions, new Set(["A", "B_1", "C", "D"])).unused).toEqual(["C", "D"]);
	expect(coverageOf([], new Set(["A"])).unused).toEqual(["A"]);
	expect(coverageOf([], new Set()).rows).toEqual([]);
});
