/** The signs in a drawing of secrets and functions, with their meanings. */
import type { Cell } from "../../references/plan/coverage.ts";

export const SIGNS: Readonly<Record<Cell, { readonly sign: string; readonly meaning: string }>> = {
	static: { sign: "●", meaning: "reads it" },
	declared: { sign: "◆", meaning: "declared in its function.jsonc" },
	observed: { sign: "◐", meaning: "was observed to read it" },
	package: { sign: "◌", meaning: "one of its packages reads it" },
	dynamic: { sign: "○", meaning: "may read any secret" },
	excluded: { sign: "✗", meaning: "excluded in its function.jsonc" },
};

/** The signs that a drawing contains, in the order above. */
export function signsOf(cells: Iterable<Cell>): Cell[] {
	const there = new Set(cells);
	return (Object.keys(SIGNS) as Cell[]).filter((cell) => there.has(cell));
}
