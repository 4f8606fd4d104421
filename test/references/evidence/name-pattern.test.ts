import { describe, expect, test } from "vitest";
import { isPrefix, Matcher, matches, prefixPattern } from "../../../src/references/evidence/name-pattern.ts";
import type { Reference } from "../../../src/references/evidence/reference.ts";
import { environmentFor, plan } from "../../../src/references/plan/plan.ts";

const reference = (name: string, line: number): Reference => ({ name, file: "pay.ts", line, how: "static" });

describe("a reference", () => {
	test("by name matches that secret alone", () => {
		expect(isPrefix("STRIPE")).toBe(false);
		expect(matches("STRIPE", "STRIPE")).toBe(true);
		expect(matches("STRIPE", "STRIPE_KEY")).toBe(false);
	});

	test("by prefix matches all secrets that begin with it", () => {
		expect(prefixPattern("STRIPE_")).toBe("STRIPE_*");
		expect(isPrefix("STRIPE_*")).toBe(true);
		expect(matches("STRIPE_*", "STRIPE_KEY")).toBe(true);
		expect(matches("STRIPE_*", "STRIPE_")).toBe(true);
		expect(matches("STRIPE_*", "STRIPE")).toBe(false);
		expect(matches("STRIPE_*", "MY_STRIPE_KEY")).toBe(false);
	});
});

test("many references match what any one of them matches", () => {
	const matcher = new Matcher(["A", "B_*"]);
	const exactness = ["A", "AB", "B", "B_", "B_X"].map((name) => matcher.exactness(name));
	expect(exactness).toEqual([Number.POSITIVE_INFINITY, undefined, undefined, 2, 2]);
	expect(new Matcher([]).exactness("A")).toBeUndefined();
	expect(new Matcher(["*", "A_*", "A_B_*"]).exactness("A_B_C")).toBe(4);
});

describe("a function with a prefix", () => {
	const pay = {
		name: "pay",
		references: [reference("STRIPE_*", 4), reference("STRIPE_KEY", 9)],
		dynamic: [],
	};

	test("is redeployed for each changed secret with the prefix, and the reason is the first place", () => {
		const changes = ["STRIPE_KEY", "STRIPE_ID", "OTHER"].map((name) => ({ name, kind: "set" as const }));
		expect(plan({ changes, functions: [pay] }).redeploy).toEqual([
			{
				function: "pay",
				reasons: [
					{ name: "STRIPE_ID", file: "pay.ts", line: 4, how: "static" },
					{ name: "STRIPE_KEY", file: "pay.ts", line: 4, how: "static" },
				],
			},
		]);
	});

	test("gets exactly the secrets with the prefix", () => {
		const secrets = new Map(["STRIPE_KEY", "STRIPE_ID", "STRIPE", "OTHER"].map((name) => [name, name]));
		expect([...environmentFor(pay, secrets).keys()]).toEqual(["STRIPE_KEY", "STRIPE_ID"]);
	});
});
