/**
 * The commands that git is given for the vault: how they are written into git's configuration, and whether the program
 * that they name still runs. Nothing here starts what a configuration names: anybody may have written it.
 */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { FILE_BYTES, readBoundedSync } from "../../bounded-file.ts";
import { fromUtf8 } from "../../bytes.ts";
import { AppError } from "../../errors.ts";
import { VAULT_FILE } from "../files/project-root.ts";
import { repositoryAbove } from "./above.ts";
import { type GitPlace, runGit } from "./run.ts";
import { isUnmerged } from "./unfinished.ts";

/** What git starts for Coffer. */
export interface Program {
	/** Absolute path of `coffer`'s script. */
	readonly script: string;
	/** Absolute path of the Node that runs it. Git may be started where no Node is in PATH, by a desktop program. */
	readonly node: string;
}

/** A text as one word of a shell. */
export function quoted(text: string): string {
	return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * A shell's function `coffer_git`: runs Coffer where it was when git was set up; else the command `coffer`, where the
 * shell finds one. Status 127: there is none.
 */
export function findingCoffer({ script, node }: Program): string {
	const [run, by] = [quoted(script), quoted(node)];
	return [
		`coffer_git() { if [ -x ${by} ] && [ -f ${run} ]; then ${by} -- ${run} "$@"`,
		`elif [ -x ${run} ] && command -v node >/dev/null 2>&1; then ${run} "$@"`,
		`elif command -v coffer >/dev/null 2>&1; then coffer "$@"`,
		"else return 127; fi; }",
	].join("; ");
}

/** A per cent sign begins a placeholder in a merge driver. */
function withoutPlaceholders(command: string): string {
	return command.replaceAll("%", "%%");
}

/**
 * The merge driver's command. Git takes a driver that cannot be started for a conflict, and leaves our side in the file
 * as if it were the result. So where Coffer did not run, both sides are put between markers: nobody can take that for
 * merged, and `coffer vault resolve` unites it.
 */
export function mergeCommand(program: Program): string {
	const both =
		"{ echo '<<<<<<< ours'; cat %A; echo '||||||| base'; cat %O; echo '======='; cat %B; echo '>>>>>>> theirs'; }";
	const advice =
		"coffer did not run, so coffer.vault is not merged; install Coffer, then: coffer git setup; coffer vault resolve";
	return [
		withoutPlaceholders(findingCoffer(program)),
		"coffer_git git merge %O %A %B %P",
		"status=$?",
		"case $status in 0|5|7) exit $status;; esac",
		"if grep -q '^<<<<<<< ' %A; then exit 1; fi",
		`${both} > %A.both && mv -f %A.both %A`,
		`echo ${quoted(advice)} >&2`,
		"exit 1",
	].join("; ");
}

/** The command that describes a vault for a diff; without Coffer, the sealed text is shown as it is. */
export function textconvCommand(program: Program): string {
	return `${findingCoffer(program)}; coffer_describe() { coffer_git git textconv "$1" || cat "$1"; }; coffer_describe`;
}

const WORD = /'((?:[^']|'\\'')+)'/g;

/** The programs that a command of ours names, in the order in which it tries them. */
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
function isInPath(name: string, { variables }: GitPlace): boolean {
	const folders = (variables["PATH"] ?? variables["Path"] ?? "").split(delimiter);
	return folders.filter(isAbsolute).some((folder) => isExecutable(join(folder, name)));
}

/** Why a command of ours would not run; undefined where it would, or where it is somebody else's. */
function faultOf(command: string, place: GitPlace): string | undefined {
	const isOurs = command.includes("git merge %O %A %B %P") && namedIn(command).length > 0;
	if (!isOurs) return undefined;
	const named = namedIn(command);
	if (command.includes("coffer_git()")) {
		const [node = "", script = ""] = named;
		const runs =
			(isExecutable(node) && existsSync(script)) || (isExecutable(script) && isInPath("node", place));
		if (runs || isInPath("coffer", place)) return undefined;
		return existsSync(script) ? `${node}, which runs it, is gone` : `${script} is not there`;
	}
	const [script = ""] = named;
	if (!existsSync(script)) return `${script} is not there`;
	if (!isExecutable(script)) return `${script} is not executable`;
	return isInPath("node", place) ? undefined : "there is no node in PATH";
}

/** Whether the project's attributes hand the vault to Coffer's driver. */
function isHandedOver(folder: string): boolean {
	try {
		const text = fromUtf8(readBoundedSync(join(folder, ".gitattributes"), FILE_BYTES.text)) ?? "";
		return text
			.split(/\r?\n/)
			.some((line) => line.startsWith(`${VAULT_FILE} `) && line.includes("merge=coffer"));
	} catch {
		return false;
	}
}

/** Whether the command is of an older Coffer, which knew no way out for a program that is gone. */
function isOld(command: string): boolean {
	return command.includes("git merge %O %A %B %P") && !command.includes("coffer_git()");
}

/**
 * What is wrong with how git merges the vault in this clone, in sentences; git is asked only where the project's
 * attributes name Coffer's driver.
 * @param place the project's folder
 * @throws AppError as `runGit`
 */
export async function driverWarnings(place: GitPlace): Promise<string[]> {
	if (!isHandedOver(place.folder)) return [];
	const { status, stdout } = await runGit(place, ["config", "--get", "merge.coffer.driver"]);
	const command = stdout.replace(/\n$/, "");
	if (status !== 0 || command === "")
		return [
			"This clone has not set up the merge driver that .gitattributes names: git merges coffer.vault as text. Run: coffer git setup",
		];
	const fault = faultOf(command, place);
	if (fault !== undefined)
		return [
			`Git's merge driver for coffer.vault does not run: ${fault}. A merge would keep one side. Run: coffer git setup`,
		];
	return isOld(command)
		? [
				"Git's merge driver for coffer.vault is set up by an older Coffer. It would keep one side where Coffer is moved or removed. Run: coffer git setup",
			]
		: [];
}

/**
 * As `driverWarnings`, and whether git's index waits for the vault to be merged. A git that cannot be asked has nothing
 * wrong with it: this stands beside what a command is for.
 */
export async function gitWarnings(place: GitPlace): Promise<string[]> {
	if (repositoryAbove(place.folder) === undefined) return [];
	try {
		const [warnings, unmerged] = await Promise.all([driverWarnings(place), isUnmerged(place)]);
		const unfinished =
			"Git has not finished merging coffer.vault, and the file may hold one side alone. Run: coffer vault resolve";
		return unmerged ? [...warnings, unfinished] : warnings;
	} catch (error) {
		if (error instanceof AppError) return [];
		throw error;
	}
}
