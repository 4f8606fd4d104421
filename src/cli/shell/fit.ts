/**
 * Tables in a terminal that is narrower than they are. Nothing is cut: text is wrapped inside its column, and where that does not
 * help, each row becomes a block of lines. A word is never broken, since names and addresses are copied. Pure.
 */
import { columnsOf, isStyled, styled, table } from "./render.ts";

type Row = readonly string[];

const GAP = 2;
const INDENT = "  ";

/** A text in lines of at most so many columns, cut at spaces; a word that is longer has a line of its own. */
export function wrapped(text: string, columns: number): string[] {
	if (isStyled(text)) return [text];
	const lines: string[] = [];
	let line = "";
	for (const word of text.split(" ")) {
		const longer = line === "" ? word : `${line} ${word}`;
		if (line === "" || columnsOf(longer) <= columns) line = longer;
		else {
			lines.push(line);
			line = word;
		}
	}
	return [...lines, line];
}

function widest(texts: readonly string[]): number {
	return texts.reduce((most, text) => Math.max(most, columnsOf(text)), 0);
}

/** The width of each column's longest word: less it cannot have. */
function leastWidth(cells: readonly string[]): number {
	return widest(cells.flatMap((cell) => (isStyled(cell) ? [cell] : cell.split(" "))));
}

/** Widths that fit, taken from the widest columns first; undefined where the longest words do not fit. */
function widthsFor(all: readonly Row[], columns: number): number[] | undefined {
	const count = Math.max(...all.map((row) => row.length));
	const cellsOf = (index: number) => all.map((row) => row[index] ?? "");
	const widths = Array.from({ length: count }, (_, index) => widest(cellsOf(index)));
	const least = Array.from({ length: count }, (_, index) => leastWidth(cellsOf(index)));
	const room = columns - GAP * (count - 1);
	for (let sum = widths.reduce((a, b) => a + b, 0); sum > room; sum--) {
		const shrinkable = widths.map((width, index) => (width > (least[index] ?? 0) ? width : 0));
		const most = Math.max(...shrinkable);
		if (most === 0) return undefined;
		widths[shrinkable.indexOf(most)] = most - 1;
	}
	return widths;
}

/** One row as rows of a table, each with a line of every cell. */
function inLines(row: Row, widths: readonly number[]): Row[] {
	const cells = row.map((cell, index) => wrapped(cell, widths[index] ?? 0));
	const height = Math.max(...cells.map((lines) => lines.length));
	return Array.from({ length: height }, (_, at) => cells.map((lines) => lines[at] ?? ""));
}

/** Each row as its first cell, and the others below it, each behind its heading. */
function stacked(rows: readonly Row[], heading: Row | undefined, columns: number): string[] {
	const labels = (heading ?? []).slice(1).map((title) => title.toLowerCase());
	const labelled = widest(labels);
	return rows.flatMap(([first = "", ...cells]) => {
		const below = cells.flatMap((cell, index) => {
			if (cell === "") return [];
			const label = labels[index] ?? "";
			const before = heading
				? `${INDENT}${label}${" ".repeat(labelled - columnsOf(label))}${INDENT}`
				: INDENT;
			const lines = wrapped(cell, columns - before.length);
			return lines.map(
				(line, at) =>
					(at === 0 ? (heading ? styled("dim", before) : before) : " ".repeat(before.length)) + line,
			);
		});
		return [...wrapped(first, columns), ...below];
	});
}

/**
 * Rows as lines that fit a width, as far as their words do.
 * @param heading one title a column
 * @param columns the terminal's width; Infinity where the lines go elsewhere
 */
export function fittedTable(rows: readonly Row[], heading: Row | undefined, columns: number): string[] {
	const lines = table(rows, heading);
	if (columns === Number.POSITIVE_INFINITY || lines.every((line) => columnsOf(line) <= columns)) return lines;
	const widths = widthsFor(heading ? [heading, ...rows] : rows, columns);
	if (!widths) return stacked(rows, heading, columns);
	return table(
		rows.flatMap((row) => inLines(row, widths)),
		heading,
	);
}
