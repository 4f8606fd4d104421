/** Edits single lines of text files that Coffer shares with the user: `.gitattributes` and `.gitignore`. */
import { FILE_BYTES } from "../../bounded-file.ts";
import { fromUtf8 } from "../../bytes.ts";
import { readWhole, replaceFile } from "./atomic-file.ts";

/** Appends the lines that a text file does not have yet. @returns whether a line was added */
export async function ensureLines(path: string, lines: readonly string[]): Promise<boolean> {
	const bytes = await readWhole(path, FILE_BYTES.text);
	const text = bytes === undefined ? "" : fromUtf8(bytes);
	if (text === undefined) return false;
	const present = new Set(text.split(/\r?\n/).map((line) => line.trim()));
	const absent = lines.filter((line) => !present.has(line));
	if (absent.length === 0) return false;
	const separator = text === "" || text.endsWith("\n") ? "" : "\n";
	await replaceFile(path, `${text}${separator}${absent.join("\n")}\n`, { mode: 0o644 });
	return true;
}

/** Removes lines from a text file. @returns whether a line was removed */
export async function removeLines(path: string, lines: readonly string[]): Promise<boolean> {
	const bytes = await readWhole(path, FILE_BYTES.text);
	const text = bytes && fromUtf8(bytes);
	if (text === undefined) return false;
	const kept = text.split("\n").filter((line) => !lines.includes(line.trim()));
	if (kept.join("\n") === text) return false;
	await replaceFile(path, kept.join("\n"), { mode: 0o644 });
	return true;
}
