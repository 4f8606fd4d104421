/**
 * Reads the file that `vercel env pull` writes. The command (vercel 60.1.3) puts each value between double quotes and
 * replaces line breaks by `\n` and `\r`. Quotes, backslashes and `#` stay as they are, so readers of `.env` files cut or
 * change such values: findings/vercel-pull-values.sh. Here they are read as they were written. Pure.
 */
import { type Entry, type Fault, importError } from "./entries.ts";
import { readAgreedText } from "./env-text.ts";

const HEADER = /^\ufeff?# Created by Vercel CLI\s*$/;
const ASSIGNMENT = /^([^\s="'#]+)="(.*)"$/su;

/** What the command writes in place of a value that Vercel does not give out. */
const PLACEHOLDER = "[SENSITIVE]";

/** A JSON string, to its end or to that of the text, or an escape outside of one. */
const JSON_TOKEN = /"(?:[^"\\]|\\[\s\S]?)*(?:"|$)|\\([nr])/g;

/**
 * Reads a text of which the command wrote every line, as it wrote it, and another text as all readers of `.env` files do.
 *
 * `\n` may stand for a line break or for these two characters. In JSON, only one of the two is possible at each place. In
 * other values it is a line break, as all readers have it.
 * @throws AppError the errors of `readAgreedText`
 */
export function readVercel(path: string, text: string): Entry[] {
	const [first = "", ...lines] = text.split(/\r?\n/);
	if (!HEADER.test(first)) return readAgreedText(path, text);
	const entries: Entry[] = [];
	for (const [index, line] of lines.entries()) {
		if (line === "") continue;
		const [, name, written] = ASSIGNMENT.exec(line) ?? [];
		// A person has changed the file, by the rules of a reader.
		if (name === undefined || written === undefined) return readAgreedText(path, text);
		entries.push({ name, value: jsonOf(written) ?? unescaped(written), line: index + 2 });
	}
	return entries;
}

/**
 * Checks that the file has values, and not what stands for them.
 * @throws AppError `IMPORT_PLACEHOLDERS` (exit 2) with every line
 */
export function requireNoPlaceholders(path: string, entries: readonly Entry[]): void {
	const faults = entries
		.filter(({ value }) => value === PLACEHOLDER)
		.map(
			({ line }): Fault => ({ line, message: "Vercel does not give out this value, and the file has none" }),
		);
	const [first, ...others] = faults;
	if (first === undefined) return;
	const hint = "Remove the line, and set the secret with 'coffer secrets set NAME'.";
	throw importError(path, "IMPORT_PLACEHOLDERS", [first, ...others], hint);
}

/** The JSON text that was written as `written`; undefined if there is none. */
function jsonOf(written: string): string | undefined {
	if (!/^(?:\s|\\[nr])*[[{]/.test(written)) return undefined;
	const text = written.replace(JSON_TOKEN, (token, letter?: string) =>
		letter === undefined ? token : unescaped(token),
	);
	try {
		JSON.parse(text);
		return text;
	} catch {
		return undefined;
	}
}

function unescaped(written: string): string {
	return written.replace(/\\([nr])/g, (_, letter: string) => (letter === "n" ? "\n" : "\r"));
}
