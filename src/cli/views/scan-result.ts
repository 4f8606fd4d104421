/** The result of `coffer scan`: places and names. */
import { realpathSync } from "node:fs";
import { join, relative } from "node:path";
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import { printable, shellWord } from "../../printable.ts";
import { currentFolder, findRoot, VAULT_FILE } from "../../project/files/project-root.ts";
import { FETCH_LEFT_OUT } from "../../project/git/history/partial-clone.ts";
import { allowAdvice } from "../../project/plaintext/finding.ts";
import type { Scan, ScanFinding } from "../../project/plaintext/scan/report.ts";
import { count, MARKS } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";
import { listNames } from "./edit-result.ts";

/** A progress line is shown from the second piece on: a short scan needs none. */
export function scanProgress(terminal: Terminal): (bytes: number) => void {
	return (bytes) => terminal.progress(`Searched ${Math.round(bytes / 1_000_000)} MB`);
}

/** The most files that a warning names. */
const NAMED_MAX = 5;

/** What was not searched for, and how to: the same files with the values of the other vaults. */
function otherVaultsText(folders: readonly string[], of: Scan["of"]): string {
	const [first = "."] = folders;
	const here = realpathSync(currentFolder());
	const back = relative(join(here, first), findRoot(here) ?? here) || ".";
	const what = of === "history" ? "--history" : shellWord(back);
	const shown = listNames(folders.map((folder) => printable(join(folder, VAULT_FILE), 300)));
	const staged =
		of === "index"
			? ""
			: ` To search for those: cd ${printable(shellWord(first), 300)} && coffer scan ${printable(what, 300)}`;
	return `This repository has other vaults (${shown}), whose values were not searched for.${staged}`;
}

/** Sentences about what was not searched, or not searched for. */
export function gapWarnings({ absent, closed, isShallow, missing, of, otherVaults, unread }: Scan): string[] {
	const files = unread.slice(0, NAMED_MAX).map(({ code, file }) => `${printable(file, 300)} (${code})`);
	const more = unread.length > NAMED_MAX ? `, and ${unread.length - NAMED_MAX} more` : "";
	const sentences: [boolean, string][] = [
		[
			closed.length > 0,
			`This device cannot open ${listNames(closed.map(({ code, environment }) => `${environment} (${code})`))}, so those values were not searched for.`,
		],
		[unread.length > 0, `Not searched, because they cannot be read: ${files.join(", ")}${more}.`],
		[
			absent > 0,
			`${count(absent, "file")} that git tracks ${absent === 1 ? "is" : "are"} not in the working folder (deleted, or left out of a sparse checkout). To search what git has of them: coffer scan --staged`,
		],
		[
			missing > 0,
			`${count(missing, "object")} of the history ${missing === 1 ? "is" : "are"} not in this clone, and not searched. To get what a partial clone left out: ${FETCH_LEFT_OUT}`,
		],
		[otherVaults.length > 0, otherVaultsText(otherVaults, of)],
		[
			isShallow,
			"The history is cut: this is a shallow clone, and earlier commits were not searched. To get them: git fetch --unshallow",
		],
	];
	return sentences.filter(([applies]) => applies).map(([, sentence]) => sentence);
}

const SHORT_ID = 10;

function placeOf({ column, file, line, offset }: ScanFinding): string {
	const path = printable(file, 300);
	return line === null ? `${path} (byte ${offset})` : `${path}:${line}:${column}`;
}

function rowOf(finding: ScanFinding, isHistory: boolean): string[] {
	const { commit, environment, form, name } = finding;
	const row = [placeOf(finding), name ?? "an identity", environment ?? "", form];
	return isHistory ? [...row, commit?.slice(0, SHORT_ID) ?? "no commit"] : row;
}

const SEARCHED = {
	files: "file",
	index: "file in git's index",
	history: "content of git's history",
} as const;
const SEARCHED_MANY = {
	files: "files",
	index: "files in git's index",
	history: "contents of git's history",
} as const;

/** Prints the findings, or what was searched without finding anything. */
export function renderScan(result: Scan, terminal: Terminal): void {
	const { environments, findings, of, omitted, searched, short } = result;
	if (findings.length > 0) {
		const heading = ["PLACE", "SECRET", "ENVIRONMENT", "FORM", ...(of === "history" ? ["FIRST COMMIT"] : [])];
		terminal.table(
			findings.map((finding) => rowOf(finding, of === "history")),
			heading,
		);
		if (omitted > 0) terminal.line(`… and ${count(omitted, "more place")} of the same values`);
	} else {
		const amount = count(searched.files, SEARCHED[of], SEARCHED_MANY[of]);
		terminal.line(`${MARKS.ok} Nothing found: ${amount}, values of ${listNames(environments)}.`);
	}
	if (short.length === 0) return;
	const names = short.map(({ environment, name }) => `${name} (${environment})`).join(", ");
	terminal.paragraph(`Not searched for, because their values are short or ordinary: ${names}`, "  ");
}

/** What to do about findings. */
function advice(findings: readonly ScanFinding[], of: Scan["of"]): string {
	const secret = findings.find(({ name }) => name !== null);
	const replace =
		secret?.name && secret.environment
			? inEnvironment(`coffer secrets set ${secret.name}`, secret.environment)
			: "coffer identity rotate";
	const [first] = findings;
	const allow = first ? ` If a value is not secret, ${allowAdvice(first)}.` : "";
	if (of === "history")
		return `First replace each value, where it comes from and here (${replace}): every clone keeps the old one. Then remove it from the history if you must (git filter-repo --replace-text FILE), and push that.${allow}`;
	const remove =
		of === "index"
			? "Remove the values from these files, and stage them again (git add FILE)."
			: "Remove the values from these files, or delete the files.";
	return `${remove} Replace each value that others could have read, where it comes from and here: ${replace}.${allow}`;
}

/**
 * @throws AppError `VALUES_FOUND` (exit 8), with the result as its data; `SCAN_INCOMPLETE` (exit 1) if nothing was found
 *   and a file could not be read
 */
export function requireNothingFound(result: Scan): void {
	const { findings, of, omitted, unread } = result;
	if (findings.length > 0) {
		const places = count(findings.length + omitted, "place");
		throw new AppError({
			code: "VALUES_FOUND",
			message: `Found values of the vault in the clear, in ${places}.`,
			hint: advice(findings, of),
			exit: EXIT.found,
			data: result,
		});
	}
	if (unread.length === 0) return;
	throw new AppError({
		code: "SCAN_INCOMPLETE",
		message: `Nothing was found, but ${count(unread.length, "file")} could not be read.`,
		hint: "Make them readable, or leave them out: name the paths to search.",
		exit: EXIT.failure,
		data: result,
	});
}
