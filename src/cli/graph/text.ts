/**
 * Draws secrets and functions as text: a row for each secret, a column for each function, with its name
 * above.
 */
import type { Coverage, CoverageRow } from "../../references/plan/coverage.ts";
import { columnsOf, styled } from "../shell/render.ts";
import { SIGNS, signsOf } from "./signs.ts";

const NAME_COLUMNS_MAX = 48;
const COLUMN = 2;

/**
 * Draws the text.
 * @param columns the width of the terminal. Functions that do not fit are drawn in further blocks below, each
 *   with the names of the secrets
 */
export function graphText(coverage: Coverage, columns: number): string[] {
	const { rows, functions } = coverage;
	if (rows.length === 0) return ["There are no secrets, and no function reads any."];
	const nameColumns = Math.min(NAME_COLUMNS_MAX, Math.max(...rows.map(({ name }) => columnsOf(name))));
	// A name hangs over to the right of its column.
	const perBlock = Math.max(4, Math.floor((columns - nameColumns - 2) / COLUMN / 2));
	const blocks: string[][] = [];
	for (let start = 0; start === 0 || start < functions.length; start += perBlock)
		blocks.push(block(coverage, functions.slice(start, start + perBlock), nameColumns));
	return [...blocks.flatMap((lines, index) => (index === 0 ? lines : ["", ...lines])), "", ...legend(rows)];
}

function block(coverage: Coverage, functions: readonly string[], nameColumns: number): string[] {
	const indent = " ".repeat(nameColumns + 2);
	const names = functions.map(
		(name, index) => indent + styled("dim", `${"│ ".repeat(index)}┌ `) + styled("bold", name),
	);
	const missing = new Set(coverage.missing.map(({ name }) => name));
	const unused = new Set(coverage.unused);
	const lines = coverage.rows.map((row) => {
		const cells = functions.map((name) => signOf(row, name)).join(" ");
		const shown = row.name.length > nameColumns ? `${row.name.slice(0, nameColumns - 1)}…` : row.name;
		const padded = shown + " ".repeat(Math.max(0, nameColumns - columnsOf(shown)));
		return `${row.isSecret ? padded : styled("dim", padded)}  ${cells}  ${noteOf(row, missing, unused)}`.trimEnd();
	});
	return [...names, ...lines];
}

function signOf({ cells }: CoverageRow, name: string): string {
	const cell = cells.get(name);
	if (cell === undefined) return styled("dim", "·");
	return styled(cell === "excluded" ? "red" : cell === "dynamic" ? "yellow" : "green", SIGNS[cell].sign);
}

function noteOf(
	{ name, isSecret }: CoverageRow,
	missing: ReadonlySet<string>,
	unused: ReadonlySet<string>,
): string {
	if (missing.has(name)) return styled("yellow", "not in the vault");
	if (!isSecret) return styled("dim", "not a secret");
	return unused.has(name) ? styled("yellow", "no function reads it by name") : "";
}

function legend(rows: readonly CoverageRow[]): string[] {
	const cells = rows.flatMap((row) => [...row.cells.values()]);
	return signsOf(cells).map((cell) => styled("dim", `${SIGNS[cell].sign} ${SIGNS[cell].meaning}`));
}
