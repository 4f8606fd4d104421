/** Draws secrets and functions as SVG: a row for each secret, a column for each function. */
import type { Cell, Coverage, CoverageRow } from "../../references/plan/coverage.ts";
import { SIGNS, signsOf } from "./signs.ts";

const CELL = 22;
const FONT = 13;
/** The width of the widest letters in a sans-serif font of that size. */
const CHARACTER = 8.2;
const MARGIN = 16;
const COLOURS: Readonly<Record<Cell, string>> = {
	static: "#1a7f37",
	declared: "#0969da",
	observed: "#8250df",
	package: "#6e7781",
	dynamic: "#bf8700",
	excluded: "#cf222e",
};

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const text = (raw: string) => raw.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");

const widthOf = (names: readonly string[]) =>
	Math.ceil(Math.max(0, ...names.map(({ length }) => length)) * CHARACTER);

/** The edges of the grid of cells, in units of the drawing. */
interface Layout {
	readonly left: number;
	readonly top: number;
	readonly right: number;
	readonly bottom: number;
}

const baselineOf = (y: number) => y + CELL / 2 + FONT / 3;

export function graphSvg(coverage: Coverage): string {
	const { functions, rows, missing, unused } = coverage;
	const left = MARGIN + widthOf(rows.map(({ name }) => name)) + 12;
	// The names of functions are rotated by 45 degrees.
	const top = MARGIN + Math.ceil(widthOf(functions) * Math.SQRT1_2) + 12;
	const layout = { left, top, right: left + functions.length * CELL, bottom: top + rows.length * CELL };
	const notes = new Map([
		...missing.map(({ name }): [string, string] => [name, "not in the vault"]),
		...unused.map((name): [string, string] => [name, "no function reads it by name"]),
	]);
	const signs = signsOf(rows.flatMap(({ cells }) => [...cells.values()]));
	const width = layout.right + Math.max(widthOf([...notes.values()]), top) + MARGIN;
	const height = layout.bottom + signs.length * CELL + 2 * MARGIN;
	const parts = [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="${FONT}">`,
		"<title>Which functions read which secrets</title>",
		`<rect width="${width}" height="${height}" fill="#fff"/>`,
		...functions.map((name, index) => columnTitle(name, index, layout)),
		...rows.flatMap((row, index) => rowParts(row, index, functions, layout, notes.get(row.name))),
		...signs.flatMap((cell, index) => legendParts(cell, layout.bottom + MARGIN + (index + 0.5) * CELL)),
	];
	return `${parts.join("\n")}\n</svg>\n`;
}

function columnTitle(name: string, index: number, { left, top }: Layout): string {
	const x = left + (index + 0.5) * CELL + 4;
	return `<text transform="translate(${x} ${top - 8}) rotate(-45)" fill="#1f2328">${text(name)}</text>`;
}

function rowParts(
	{ name, cells, isSecret }: CoverageRow,
	index: number,
	functions: readonly string[],
	{ left, top, right }: Layout,
	note: string | undefined,
): string[] {
	const y = top + index * CELL;
	const baseline = baselineOf(y);
	const colour = isSecret ? "#1f2328" : "#6e7781";
	const parts = [
		`<text x="${left - 10}" y="${baseline}" text-anchor="end" fill="${colour}">${text(name)}</text>`,
	];
	if (index % 2 === 0)
		parts.unshift(`<rect x="${MARGIN}" y="${y}" width="${right - MARGIN}" height="${CELL}" fill="#f6f8fa"/>`);
	for (const [column, reader] of functions.entries()) {
		const cell = cells.get(reader);
		if (cell === undefined) continue;
		const x = left + (column + 0.5) * CELL;
		const title = text(`${reader}: ${SIGNS[cell].meaning} (${name})`);
		parts.push(
			`<text x="${x}" y="${baseline}" text-anchor="middle" fill="${COLOURS[cell]}">${SIGNS[cell].sign}<title>${title}</title></text>`,
		);
	}
	if (note !== undefined) parts.push(`<text x="${right + 10}" y="${baseline}" fill="#9a6700">${note}</text>`);
	return parts;
}

function legendParts(cell: Cell, y: number): string[] {
	return [
		`<text x="${MARGIN}" y="${y}" fill="${COLOURS[cell]}">${SIGNS[cell].sign}</text>`,
		`<text x="${MARGIN + CELL}" y="${y}" fill="#57606a">${SIGNS[cell].meaning}</text>`,
	];
}
