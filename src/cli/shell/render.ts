/**
 * Styles, marks and tables, as plain text. `terminal.ts` prints them.
 *
 * A style is written with Unicode noncharacters, which terminals ignore. `paint` replaces them with colours after it
 * has escaped every control character. So no text from outside can send an escape sequence to the terminal.
 */
const END = "\ufdd0";
const STYLES = {
	bold: { mark: "\ufdd1", open: "\u001b[1m" },
	dim: { mark: "\ufdd2", open: "\u001b[2m" },
	red: { mark: "\ufdd3", open: "\u001b[31m" },
	green: { mark: "\ufdd4", open: "\u001b[32m" },
	yellow: { mark: "\ufdd5", open: "\u001b[33m" },
	cyan: { mark: "\ufdd6", open: "\u001b[36m" },
} as const;

export type StyleName = keyof typeof STYLES;

const MARK = /[\ufdd0-\ufdd6]/g;
const SEQUENCES = new Map([
	[END, "\u001b[0m"],
	...Object.values(STYLES).map(({ mark, open }): [string, string] => [mark, open]),
]);

/** Puts the text into a style. Styles do not nest. */
export function styled(style: StyleName, text: string): string {
	return `${STYLES[style].mark}${text.replace(MARK, "")}${END}`;
}

/** The lines, with each style that continues in a later line ended and begun again, so that each line is complete. */
export function completeStyles(lines: readonly string[]): string[] {
	let open = "";
	return lines.map((line) => {
		const begun = open;
		for (const [mark] of line.matchAll(MARK)) open = mark === END ? "" : mark;
		return `${begun}${line}${open === "" ? "" : END}`;
	});
}

/**
 * Control, format and private-use characters, lone surrogates, separators and ignorable characters, except
 * the space and the noncharacters of styles.
 */
const UNPRINTABLE = /(?![ \ufdd0-\ufdd6])[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Replaces every character that a terminal does not display as itself with an escape such as `\u{1b}`. `printable`
 * quotes a name from outside; this function accepts lines of any length and does not change backslashes.
 */
function escaped(text: string): string {
	return text.replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The text as it goes to the terminal: control characters are escaped, styles are colours or are removed. */
export function paint(text: string, colour: boolean): string {
	return escaped(text).replace(MARK, (mark) => (colour ? (SEQUENCES.get(mark) ?? "") : ""));
}

/** Marks at the beginning of a line. */
export const MARKS = {
	ok: styled("green", "✓"),
	failed: styled("red", "✗"),
	same: styled("dim", "="),
	pending: styled("yellow", "•"),
} as const;

/** Created when a table is first printed, because loading its rules takes milliseconds. */
let segmenter: Intl.Segmenter | undefined;
const WIDE =
	/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** Text in which every character takes one column: ASCII, and the dots of a masked value. */
const NARROW = /^[ -~•…]*$/;

/** Whether a part of the text has a style. */
export function isStyled(text: string): boolean {
	return text.includes(END);
}

/** The number of terminal columns that a text takes. Styles take none. */
export function columnsOf(text: string): number {
	const shown = text.replace(MARK, "");
	// The segmenter takes a second for 40,000 cells.
	if (NARROW.test(shown)) return shown.length;
	segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
	const plain = escaped(shown);
	let columns = 0;
	for (const { segment } of segmenter.segment(plain)) columns += WIDE.test(segment) ? 2 : 1;
	return columns;
}

/**
 * Aligns rows in columns with two spaces between them, under a dim heading if there is one.
 * @returns one string for each line, without trailing spaces
 */
export function table(rows: readonly (readonly string[])[], heading?: readonly string[]): string[] {
	const dim = heading?.map((title) => styled("dim", title));
	const all = dim === undefined ? rows : [dim, ...rows];
	const widths: number[] = [];
	for (const row of all) {
		for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, columnsOf(cell));
	}
	return all.map((row) =>
		row
			.map((cell, index) =>
				index === row.length - 1 ? cell : cell + " ".repeat((widths[index] ?? 0) - columnsOf(cell)),
			)
			.join("  ")
			.trimEnd(),
	);
}

/** `1 secret`, `2 secrets`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
	return `${number} ${number === 1 ? singular : plural}`;
}
