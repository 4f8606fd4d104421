/** The signs of the drawing of secrets × functions, with what each means. */
import type { Cell } from "../../references/plan/coverage.ts";

export const SIGNS: Readonly<Record<Cell, { readonly sign: string; readonly meaning: string }>> = {
	static: { sign: "●", meaning: "reads it" },
	declared: { sign: "◆", meaning: "declared in its function.jsonc" },
	observed: { sign: "◐", meaning: "was seen to read it" },
	package: { sign: "◌", meaning: "a package of it reads it" },
	dynamic: { sign: "○", meaning: "could read any" },
	excluded: { sign: "✗", meaning: "excluded in its function.jsonc" },
};

/** The signs that a drawing has, in the order above. */
export function signsOf(cells: Iterable<Cell>): Cell[] {
	const there = new Set(cells);
	return (Object.keys(SIGNS) as Cell[]).filter((cell) => there.has(cell));
}
