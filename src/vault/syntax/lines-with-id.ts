/**
 * The text of a file beside the vault (a request, a note): each line is the file's id, a word, and the rest. So no line
 * is the same in two files, and git never takes a new file for a deleted one under another name, which would cause
 * conflicts. Pure.
 */
const ID = /^[0-9a-f]{16}$/;
const LINE = /^[0-9a-f]{16} ([a-z-]+) (.+)$/su;

/** Characters that a terminal or a page does not show as themselves. The space is the only separator. */
export const INVISIBLE = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u;

const AT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** Whether a text is an id: 16 hexadecimal digits. */
export function isFileId(text: string): boolean {
	return ID.test(text);
}

/** Whether a text is an instant in UTC with milliseconds, as JavaScript prints it. */
export function isInstant(text: string): boolean {
	return AT.test(text) && !Number.isNaN(Date.parse(text));
}

/** The file's text. @param lines each a word, a space and the rest */
export function printWithId(id: string, lines: readonly string[]): string {
	return lines.map((line) => `${id} ${line}\n`).join("");
}

export interface FieldsWithId {
	readonly id: string;
	/** The text with line feeds. Git may have written CR LF. */
	readonly text: string;
	/** The rests of the lines, by their words. */
	readonly fields: ReadonlyMap<string, readonly string[]>;
}

/** Splits a file's text. @returns undefined if a line does not begin with the id of the first one and a word */
export function fieldsWithId(content: string): FieldsWithId | undefined {
	const text = content.replaceAll("\r\n", "\n");
	const id = text.slice(0, 16);
	if (!ID.test(id)) return undefined;
	const fields = new Map<string, string[]>();
	for (const line of text.replace(/\n$/, "").split("\n")) {
		const [, word = "", rest] = LINE.exec(line) ?? [];
		if (rest === undefined || !line.startsWith(`${id} `)) return undefined;
		fields.set(word, [...(fields.get(word) ?? []), rest]);
	}
	return { id, text, fields };
}
