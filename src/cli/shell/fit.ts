/**
 * Lines and tables that fit a narrow terminal. No text is cut: a line wraps at spaces. A cell of a table wraps inside its
 * column, and if that is not enough, each row becomes a block of lines. A word is never broken, because users copy names and addresses. Pure.
 */
import { columnsOf, completeStyles, isStyled, styled, table } from "./render.ts";

type Row = readonly string[];

const GAP = 2;
const INDENT = "  ";

function indentOf(text: string): string {
	return /^ */.exec(text)?.[0] ?? "";
}

/**
 * Breaks a text at spaces into lines of at most `columns`. A longer word has a separate line. Each line keeps
 * the indent of the text.
 */
export function wrapped(text: string, columns: number): string[] {
	if (isStyled(text)) return [text];
	const indent = indentOf(text);
	const lines: string[] = [];
	let line = "";
	for (const word of text.slice(indent.length).split(" ")) {
		const longer = line === "" ? word : `${line} ${word}`;
		if (line === "" || indent.length + columnsOf(longer) <= columns) line = longer;
		else {
			lines.push(line);
			line = word;
		}
	}
	return [...lines, line].map((each) => indent + each);
}

/**
 * Breaks a line, which may have styles, at spaces into lines of at most `columns`. A longer word has a separate line.
 * @param indent begins each line but the first, unless a word fits only without it. A larger indent of the text is kept
 */
export function flowed(text: string, columns: number, indent: string): string[] {
	if (columnsOf(text) <= columns) return [text];
	const own = indentOf(text);
	const further = own.length > indent.length ? own : indent;
	const lines: string[] = [];
	let line: string | undefined;
	for (const word of text.slice(own.length).split(" ")) {
		const before = line === undefined ? own : `${line} `;
		if (line === undefined || columnsOf(before + word) <= columns) line = before + word;
		else {
			lines.push(line);
			line = columnsOf(further + word) > columns && columnsOf(word) <= columns ? word : further + word;
		}
	}
	return completeStyles([...lines, line ?? own]);
}

function widest(texts: readonly string[]): number {
	return texts.reduce((most, text) => Math.max(most, columnsOf(text)), 0);
}

/** The width of the longest word in a column, which is the least width of that column. */
function leastWidth(cells: readonly string[]): number {
	return widest(cells.flatMap((cell) => (isStyled(cell) ? [cell] : wrapped(cell, 0))));
}

/** Column widths that fit; the widest columns shrink first. Undefined if the longest words do not fit. */
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

/** Splits a row into one row for each wrapped line. */
function inLines(row: Row, widths: readonly number[]): Row[] {
	const cells = row.map((cell, index) => wrapped(cell, widths[index] ?? 0));
	const height = Math.max(...cells.map((lines) => lines.length));
	return Array.from({ length: height }, (_, at) => cells.map((lines) => lines[at] ?? ""));
}

/** Prints each row as its first cell, with the other cells below it, each after its heading. */
function stacked(rows: readonly Row[], heading: Row | undefined, columns: number): string[] {
	const labels = (heading ?? []).slice(1).map((title) => title.toLowerCase());
	const labelled = widest(labels);
	return rows.flatMap(([first = "", ...cells]) => {
		const indent = indentOf(first) + INDENT;
		const below = cells.flatMap((cell, index) => {
			if (cell === "") return [];
			const label = labels[index] ?? "";
			const before = heading
				? `${indent}${label}${" ".repeat(labelled - columnsOf(label))}${INDENT}`
				: indent;
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
 * Lays rows out in lines that fit a width, unless a single word is longer.
 * @param heading one title for each column
 * @param columns the width of the terminal; Infinity if the output is not a terminal
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
