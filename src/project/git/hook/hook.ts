/** Adds Coffer's lines to the pre-commit hook, and removes them. Other lines stay as they are. */
import { statSync } from "node:fs";
import { chmod, unlink } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { FILE_BYTES } from "../../../bounded-file.ts";
import { fromUtf8 } from "../../../bytes.ts";
import { readWhole, replaceFile } from "../../files/atomic-file.ts";
import { cofferShellFunction, type Program, quoted } from "../driver.ts";

const BEGIN = "# coffer: begin (coffer git setup --remove takes this out)";
const END = "# coffer: end";
const SHELL = /^#!\s*\S*(\/|\s)(sh|bash|dash|zsh)(\s[^\n]*)?\n/;
const FIRST_LINE = "#!/bin/sh\n";
const MODE = 0o755;

/**
 * The lines that run the check. If Coffer is missing, they print a message and check nothing. If git is also merging
 * another vault, they reject the commit: a merge without Coffer may have kept only one side.
 */
function linesFor(program: Program): string {
	const shown = quoted(program.script);
	return [
		BEGIN,
		cofferShellFunction(program),
		"coffer_status=0",
		"coffer_git git check || coffer_status=$?",
		'if [ "$coffer_status" = 127 ]; then',
		`	echo "coffer is not at" ${shown} ": nothing was checked. Install Coffer, then: coffer git setup" >&2`,
		"	for coffer_head in MERGE_HEAD CHERRY_PICK_HEAD REBASE_HEAD; do",
		"		git rev-parse --quiet --verify $coffer_head >/dev/null || continue",
		"		git diff --quiet HEAD $coffer_head -- ':(top,glob)**/coffer.vault' && continue",
		'		echo "Not committed: $coffer_head has another coffer.vault. Merge it with Coffer, or commit unchecked: git commit --no-verify" >&2',
		"		exit 1",
		"	done",
		'elif [ "$coffer_status" != 0 ]; then exit 1; fi',
		END,
		"",
	].join("\n");
}

function without(text: string): string {
	const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
	return from < 0 || to < from ? text : text.slice(0, from) + text.slice(to + END.length + 1);
}

/** `foreign`: the hook is not a shell script, and was left as it is. */
export type HookOutcome = "made" | "added" | "present" | "foreign";

/** Puts Coffer's lines at the beginning of a hook, which may exist already. */
export async function addToHook(path: string, program: Program): Promise<HookOutcome> {
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

/** A line of the user's that runs the check, in a shell or as the arguments of a call in another language. */
const RUNS_CHECK = /^[^#\n]*\bcoffer["', ]+git["', ]+check/m;

/** `foreign`: it is not a shell script and does not run the check. `addToHook` would leave it as it is. */
export type HookState = "present" | "absent" | "not executable" | "foreign";

/** Whether a hook runs the check: by Coffer's lines, or by a line of the user's. */
export async function hookState(path: string): Promise<HookState> {
	const bytes = await readWhole(path, FILE_BYTES.text);
	if (bytes === undefined) return "absent";
	const text = fromUtf8(bytes);
	if (text === undefined || !(text.includes(BEGIN) || RUNS_CHECK.test(text)))
		return text !== undefined && SHELL.test(without(text)) ? "absent" : "foreign";
	// Husky gives the file to a shell.
	const isRun =
		process.platform === "win32" ||
		basename(dirname(path)) === ".husky" ||
		(statSync(path).mode & 0o111) !== 0;
	return isRun ? "present" : "not executable";
}

/** Removes Coffer's lines. Deletes a hook without other lines. @returns whether there were such lines */
export async function removeFromHook(path: string): Promise<boolean> {
	const bytes = await readWhole(path, FILE_BYTES.text);
	const text = bytes && fromUtf8(bytes);
	if (text === undefined || without(text) === text) return false;
	const rest = without(text);
	if (rest === FIRST_LINE) await unlink(path);
	else await replaceFile(path, rest, { mode: MODE });
	return true;
}
