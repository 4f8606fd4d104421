/** How the tables of cases are checked. */
import { describe, expect, test } from "vitest";
import { analyzeReferences } from "../../../../src/platform/build/references/analyze.ts";

/** What it shows, the code, the names that it reads, and the lines that make it dynamic. */
export type Case = readonly [label: string, code: string, names?: string, dynamicLines?: readonly number[]];

/** The distinct names, in order, and the lines of dynamic accesses. */
export function found(code: string): { names: string; dynamic: number[] } {
	const { references, dynamic } = analyzeReferences({ code });
	return {
		names: [...new Set(references.map(({ name }) => name))].join(" "),
		dynamic: dynamic.map(({ line }) => line),
	};
}

export function check(title: string, cases: readonly Case[]): void {
	describe(title, () => {
		for (const [label, code, names = "", dynamicLines = []] of cases) {
			test(label, () => expect(found(code)).toEqual({ names, dynamic: [...dynamicLines] }));
		}
	});
}
