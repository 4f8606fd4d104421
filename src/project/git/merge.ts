/** The merge driver: merges three versions of the vault by name. */
import { lstatSync } from "node:fs";
import { fromUtf8 } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";
import { parseVault, printVault } from "../../vault/document/format.ts";
import {
	conflictWords,
	isConflicted,
	printConflicted,
	type RecordConflict,
} from "../../vault/merge/conflict-text.ts";
import { parseMergeBase } from "../../vault/merge/merge-base.ts";
import { checkMergeSignatures } from "../../vault/merge/merge-signatures.ts";
import { mergeVaults } from "../../vault/merge/merge-vaults.ts";
import { LIMITS, malformed } from "../../vault/syntax/syntax.ts";
import { fileError, readWhole, replaceFile } from "../files/atomic-file.ts";
import { type GitContext, runGit } from "./run.ts";

/** Paths of the three versions, as git passes them to a driver. The result is written to `ours`. */
export interface MergeFiles {
	readonly base: string;
	readonly ours: string;
	readonly theirs: string;
}

async function readText(path: string): Promise<string> {
	const bytes = await readWhole(path, LIMITS.fileBytes);
	if (!bytes) throw fileError("read", path, Object.assign(new Error(), { code: "ENOENT" }));
	const text = fromUtf8(bytes);
	if (text === undefined) throw malformed("VAULT_MALFORMED", "the file is not UTF-8 text.", 1);
	return text;
}

interface Merged {
	readonly text: string;
	readonly conflicts: readonly RecordConflict[];
}

async function mergeTexts(files: MergeFiles): Promise<Merged> {
	const [base, ours, theirs] = await Promise.all([files.base, files.ours, files.theirs].map(readText));
	// So git replays a resolution of `git rerere`: base and ours are the same conflict, and theirs is what resolved it.
	if (base === ours && isConflicted(base ?? ""))
		return { text: printVault(parseVault(theirs ?? "")), conflicts: [] };
	const mergeBase = parseMergeBase(base ?? "");
	const sides = [parseVault(ours ?? ""), parseVault(theirs ?? "")] as const;
	const validSignatures = await checkMergeSignatures(...sides, mergeBase);
	const { document, conflicts } = mergeVaults(...sides, { base: mergeBase, validSignatures });
	return {
		text: conflicts.length > 0 ? printConflicted(document, conflicts) : printVault(document),
		conflicts,
	};
}

/**
 * Whether to run git's merge by lines. It would wait for a pipe, and would take hours for a file that contains only
 * line feeds.
 */
function isMergeable(files: MergeFiles, error: unknown): boolean {
	if (error instanceof AppError && ["VAULT_TOO_LARGE", "FILE_TOO_LARGE"].includes(error.code)) return false;
	return Object.values(files).every((path) => lstatSync(path, { throwIfNoEntry: false })?.isFile());
}

/** Git's own merge of the text, written to `files.ours`, with conflict markers where both sides changed. */
async function mergeByLines(place: GitContext, { base, ours, theirs }: MergeFiles): Promise<void> {
	const labels = ["ours", "base", "theirs"].flatMap((label) => ["-L", label]);
	await runGit(place, ["merge-file", "-q", ...labels, "--", ours, base, theirs]);
}

/**
 * Merges into `files.ours`, with conflict markers only around names in conflict. If the vaults cannot be merged,
 * `files.ours` gets git's own merge of the text (for regular files no larger than a vault), and the error gives the
 * reason, so that the file is not mistaken for a merged one.
 * @throws AppError `MERGE_CONFLICT` (exit 5), or what `mergeVaults` throws
 */
export async function mergeVaultFiles(place: GitContext, files: MergeFiles): Promise<void> {
	let merged: Merged;
	try {
		merged = await mergeTexts(files);
	} catch (error) {
		if (isMergeable(files, error)) await mergeByLines(place, files);
		throw error;
	}
	await replaceFile(files.ours, merged.text, { mode: 0o600 });
	if (merged.conflicts.length === 0) return;
	throw new AppError({
		code: "MERGE_CONFLICT",
		message: conflictWords(merged.conflicts),
		hint: "Decide: coffer vault resolve",
		exit: EXIT.conflict,
	});
}
