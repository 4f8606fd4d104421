/**
 * Words into shapes: styles, marks and tables, as plain text. Prints nothing; `terminal.ts` does.
 *
 * A style is written with Unicode noncharacters, which mean nothing to a terminal; only the terminal turns
 * them into colours, where there are any. So an escape sequence in somebody's text is never obeyed.
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

/** The text in a style. Styles do not nest. */
export function styled(style: StyleName, text: string): string {
	return `${STYLES[style].mark}${text.replace(MARK, "")}${END}`;
}

/** Controls, format and private characters, lone surrogates, separators, ignorables; not a space, not a mark. */
const UNPRINTABLE = /(?![ \ufdd0-\ufdd6])[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * The text with every character that does not show as itself written as `\u{1b}`. Unlike `printable`, which
 * quotes a name from outside, it takes whole lines of any length and leaves backslashes alone.
 */
function escaped(text: string): string {
	return text.replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** What reaches the terminal: control characters escaped, styles as colours, or left out. */
export function paint(text: string, colour: boolean): string {
	return escaped(text).replace(MARK, (mark) => (colour ? (SEQUENCES.get(mark) ?? "") : ""));
}

/** Signs at the beginning of a line. */
export const MARKS = {
	ok: styled("green", "✓"),
	failed: styled("red", "✗"),
	same: styled("dim", "="),
	pending: styled("yellow", "•"),
} as const;

/** Made when a table is first printed: loading the rules for it takes milliseconds. */
let segmenter: Intl.Segmenter | undefined;
const WIDE =
	/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** What takes one column a character: plain text, and the dots of a mask. */
const NARROW = /^[ -~•…]*$/;

/** Whether a part of the text has a style. */
export function isStyled(text: string): boolean {
	return text.includes(END);
}

/** How many columns a text takes, colours apart. */
export function columnsOf(text: string): number {
	const shown = text.replace(MARK, "");
	// Of 40,000 cells the segmenter makes a second.
	if (NARROW.test(shown)) return shown.length;
	segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
	const plain = escaped(shown);
	let columns = 0;
	for (const { segment } of segmenter.segment(plain)) columns += WIDE.test(segment) ? 2 : 1;
	return columns;
}

/**
 * Rows as aligned columns, two spaces between them, under a dim heading where one is given.
 * @returns one string for each line, without spaces at its end
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
