/**
 * The pre-commit hook: Coffer's lines in it, and nobody else's.
 */
import { chmod, unlink } from "node:fs/promises";
import { FILE_BYTES } from "../../bounded-file.ts";
import { fromUtf8 } from "../../bytes.ts";
import { readWhole, replaceFile } from "../atomic-file.ts";

const BEGIN = "# coffer: begin (coffer git setup --remove takes this out)";
const END = "# coffer: end";
const SHELL = /^#!\s*\S*(\/|\s)(sh|bash|dash|zsh)(\s[^\n]*)?\n/;
const FIRST_LINE = "#!/bin/sh\n";
const MODE = 0o755;

/** A text as one word of a shell. */
export function quoted(text: string): string {
	return `'${text.replaceAll("'", "'\\''")}'`;
}

function linesFor(program: string): string {
	const word = quoted(program);
	return [
		BEGIN,
		`if [ -x ${word} ]; then ${word} git check || exit 1`,
		`else echo "coffer is not at" ${word} ": coffer.vault was not checked" >&2; fi`,
		END,
		"",
	].join("\n");
}

function without(text: string): string {
	const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
	return from < 0 || to < from ? text : text.slice(0, from) + text.slice(to + END.length + 1);
}

/** `foreign`: there is a hook that is no shell script, and it was left as it is. */
export type HookOutcome = "made" | "added" | "present" | "foreign";

/** Puts Coffer's lines first into a hook, which may be there already. */
export async function addToHook(path: string, program: string): Promise<HookOutcome> {
	const bytes = await readWhole(path, FILE_BYTES.text);
	if (bytes === undefined) {
		await replaceFile(path, FIRST_LINE + linesFor(program), { mode: MODE });
		return "made";
	}
	const text = fromUtf8(bytes);
	const rest = text === undefined ? undefined : without(text);
	const first = rest === undefined ? undefined : SHELL.exec(rest)?.[0];
	if (text === undefined || rest === undefined || first === undefined) return "foreign";
	const wanted = first + linesFor(program) + rest.slice(first.length);
	if (wanted === text) return "present";
	await replaceFile(path, wanted, { mode: MODE });
	await chmod(path, MODE);
	return "added";
}

/** Takes Coffer's lines out; a hook that has nothing else goes. @returns whether any were there */
export async function removeFromHook(path: string): Promise<boolean> {
	const bytes = await readWhole(path, FILE_BYTES.text);
	const text = bytes && fromUtf8(bytes);
	if (text === undefined || without(text) === text) return false;
	const rest = without(text);
	if (rest === FIRST_LINE) await unlink(path);
	else await replaceFile(path, rest, { mode: MODE });
	return true;
}
