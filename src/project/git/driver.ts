/**
 * The commands that git runs for the vault: their text in git's configuration, and a check that their program still
 * exists. Nothing here starts a command from a configuration, because anybody may have written it.
 */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { FILE_BYTES, readBoundedSync } from "../../bounded-file.ts";
import { fromUtf8 } from "../../bytes.ts";
import { AppError } from "../../errors.ts";
import { VAULT_FILE } from "../files/project-root.ts";
import { readGitFileState } from "./ignored.ts";
import { mayHaveRepository } from "./repository-above.ts";
import { type GitContext, runGit } from "./run.ts";
import { isUnmerged } from "./unfinished.ts";

/** The program that git starts for Coffer. */
export interface Program {
	/** Absolute path of `coffer`'s script. */
	readonly script: string;
	/** Absolute path of the Node that runs the script. A desktop program may start git without Node in PATH. */
	readonly node: string;
}

/** Quotes a text as one word of a shell. */
export function quoted(text: string): string {
	return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * The shell function `coffer_git`. It runs Coffer from its path at the time of `coffer git setup`, or else the command
 * `coffer` from PATH. Status 127 if neither exists.
 */
export function cofferShellFunction({ script, node }: Program): string {
	const [run, by] = [quoted(script), quoted(node)];
	return [
		`coffer_git() { if [ -x ${by} ] && [ -f ${run} ]; then ${by} -- ${run} "$@"`,
		`elif [ -x ${run} ] && command -v node >/dev/null 2>&1; then ${run} "$@"`,
		`elif command -v coffer >/dev/null 2>&1; then coffer "$@"`,
		"else return 127; fi; }",
	].join("; ");
}

/** In a merge driver, a percent sign begins a placeholder. */
function withoutPlaceholders(command: string): string {
	return command.replaceAll("%", "%%");
}

/**
 * The merge driver's command. If a driver cannot be started, git reports a conflict and leaves our side in the file as
 * if it were the result. Therefore, if Coffer did not run, this command puts both sides between conflict markers: such
 * a file cannot be mistaken for a merged one, and `coffer vault resolve` merges it.
 */
export function mergeCommand(program: Program): string {
	const both =
		"{ echo '<<<<<<< ours'; cat %A; echo '||||||| base'; cat %O; echo '======='; cat %B; echo '>>>>>>> theirs'; }";
	const advice =
		"coffer did not run, so coffer.vault is not merged; install Coffer, then: coffer git setup; coffer vault resolve";
	return [
		withoutPlaceholders(cofferShellFunction(program)),
		"coffer_git git merge %O %A %B %P",
		"status=$?",
		"case $status in 0|5|7) exit $status;; esac",
		"if grep -q '^<<<<<<< ' %A; then exit 1; fi",
		`${both} > %A.both && mv -f %A.both %A`,
		`echo ${quoted(advice)} >&2`,
		"exit 1",
	].join("; ");
}

/** The command that describes a vault for a diff. Without Coffer it shows the sealed text. */
export function textconvCommand(program: Program): string {
	return `${cofferShellFunction(program)}; coffer_describe() { coffer_git git textconv "$1" || cat "$1"; }; coffer_describe`;
}

const WORD = /'((?:[^']|'\\'')+)'/g;

/** The programs that one of Coffer's commands names, in the order in which it tries them. */
function namedIn(command: string): string[] {
	const words = [...command.replaceAll("%%", "%").matchAll(WORD)].map((match) => match[1] ?? "");
	return [...new Set(words.map((word) => word.replaceAll("'\\''", "'")))].filter(isAbsolute);
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return statSync(path).isFile();
	} catch {
		return false;
	}
}

/** Whether a folder of PATH has a program. */
function isInPath(name: string, { variables }: GitContext): boolean {
	const folders = (variables["PATH"] ?? variables["Path"] ?? "").split(delimiter);
	return folders.filter(isAbsolute).some((folder) => isExecutable(join(folder, name)));
}

/** Why one of Coffer's commands would not run; undefined if it would, or if it is another program's command. */
function faultOf(command: string, place: GitContext): string | undefined {
	const isOurs = command.includes("git merge %O %A %B %P") && namedIn(command).length > 0;
	if (!isOurs) return undefined;
	const named = namedIn(command);
	if (command.includes("coffer_git()")) {
		const [node = "", script = ""] = named;
		const runs =
			(isExecutable(node) && existsSync(script)) || (isExecutable(script) && isInPath("node", place));
		if (runs || isInPath("coffer", place)) return undefined;
		return existsSync(script) ? `${node}, which runs it, no longer exists` : `${script} does not exist`;
	}
	const [script = ""] = named;
	if (!existsSync(script)) return `${script} does not exist`;
	if (!isExecutable(script)) return `${script} is not executable`;
	return isInPath("node", place) ? undefined : "there is no node in PATH";
}

/** Whether the project's attributes name Coffer's merge driver for the vault. */
function namesMergeDriver(folder: string): boolean {
	try {
		const text = fromUtf8(readBoundedSync(join(folder, ".gitattributes"), FILE_BYTES.text)) ?? "";
		return text
			.split(/\r?\n/)
			.some((line) => line.startsWith(`${VAULT_FILE} `) && line.includes("merge=coffer"));
	} catch {
		return false;
	}
}

/** Whether the command was written by an older Coffer, whose driver keeps one side if its program no longer exists. */
function isOld(command: string): boolean {
	return command.includes("git merge %O %A %B %P") && !command.includes("coffer_git()");
}

/**
 * Sentences about faults in the merge setup of this clone. Git runs only if the project's attributes name Coffer's
 * driver.
 * @param place the project's folder
 * @throws AppError as `runGit`
 */
export async function driverWarnings(place: GitContext): Promise<string[]> {
	if (!namesMergeDriver(place.folder)) return [];
	const { status, stdout } = await runGit(place, ["config", "--get", "merge.coffer.driver"]);
	const command = stdout.replace(/\n$/, "");
	if (status !== 0 || command === "")
		return [
			"This clone has not set up the merge driver that .gitattributes names: git merges coffer.vault as text. Run: coffer git setup",
		];
	const fault = faultOf(command, place);
	if (fault !== undefined)
		return [
			`Git's merge driver for coffer.vault does not run: ${fault}. A merge would ${isOld(command) ? "keep only one side" : "stop with both sides in the file"}. Run: coffer git setup`,
		];
	return isOld(command)
		? [
				"Git's merge driver for coffer.vault was set up by an older Coffer. If Coffer is moved or removed, it would keep only one side. Run: coffer git setup",
			]
		: [];
}

/** The warning about a vault that git ignores. */
export const VAULT_IGNORED =
	"Git ignores coffer.vault, so no commit has it, and this folder may have the only copy. Remove the rule and commit the file. Run: git check-ignore -v coffer.vault";

/**
 * Warnings as from `driverWarnings`, one if git ignores the vault (`VAULT_IGNORED`), and one if git's index has it as
 * unmerged. None if git cannot run: a warning must not fail the command that shows it.
 */
export async function gitWarnings(place: GitContext): Promise<string[]> {
	if (!mayHaveRepository(place)) return [];
	try {
		const [ofDriver, unmerged, state] = await Promise.all([
			driverWarnings(place),
			isUnmerged(place),
			readGitFileState(join(place.folder, VAULT_FILE), place.variables),
		]);
		const warnings = state === "ignored" ? [...ofDriver, VAULT_IGNORED] : ofDriver;
		const unfinished =
			"Git has not finished merging coffer.vault, and the file may have only one side. Run: coffer vault resolve";
		return unmerged ? [...warnings, unfinished] : warnings;
	} catch (error) {
		if (error instanceof AppError) return [];
		throw error;
	}
}
