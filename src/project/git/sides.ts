/** Finds the two sides of git's unfinished merge if the vault's text has no conflict markers. */
import { AppError, attempt, EXIT } from "../../errors.ts";
import type { VaultDocument } from "../../vault/document/document.ts";
import { parseVault, printVault } from "../../vault/document/format.ts";
import { isConflicted } from "../../vault/merge/conflict-text.ts";
import { lossesOf, preservesMoreOf } from "../../vault/merge/losses.ts";
import { commonMergeBase, parseMergeBase } from "../../vault/merge/merge-base.ts";
import { type MergeBase, requireMergeableChains } from "../../vault/merge/merge-sections.ts";
import type { MergeTexts } from "./unfinished.ts";

/** Two vaults to merge, and their merge bases. */
export interface GitSides {
	readonly ours: VaultDocument;
	readonly theirs: VaultDocument;
	readonly base: MergeBase | undefined;
}

/** Whether one vault has everything that another has, or something later. */
function continues(document: VaultDocument, side: VaultDocument): boolean {
	return (
		document.vaultId === side.vaultId && lossesOf(document, [{ label: "", document: side }], []).length === 0
	);
}

/**
 * The sides to merge, if the working folder's vault lacks something of one of them.
 * @param present the vault in the working folder; undefined if it cannot be parsed
 * @returns undefined if it lacks nothing. If the working folder has one of the sides with later edits, its vault
 *   replaces that side
 * @throws AppError exit 7 if a side is not a valid vault; `MEMBERSHIP_CONFLICT`, `ENVIRONMENT_CONFLICT` (exit
 *   5); `VAULT_CONFLICT_UNREADABLE` (exit 5) if the working folder has neither side
 */
export function sidesToMerge(merge: MergeTexts, present: VaultDocument | undefined): GitSides | undefined {
	const [ours, theirs] = [parseVault(merge.ours), parseVault(merge.theirs)];
	const readable = merge.bases.filter((text) => !isConflicted(text));
	const baseDocuments =
		readable.length === merge.bases.length ? readable.map((text) => parseVault(text)) : [];
	const bases = merge.bases.map(parseMergeBase).filter((one) => one !== undefined);
	const base = commonMergeBase(bases);
	if (!present) return { ours, theirs, base };
	const parents = [
		{ label: merge.labels.ours, document: ours },
		{ label: merge.labels.theirs, document: theirs },
	];
	if (ours.vaultId !== theirs.vaultId) return { ours, theirs, base };
	if (lossesOf(present, parents, baseDocuments).length === 0) {
		// The memberships diverged and git kept our side. That is not a merge, so a person has to decide.
		if (merge.unmerged && printVault(present) === merge.ours) requireMergeableChains(ours, theirs, base);
		return undefined;
	}
	const [hasOurs, hasTheirs] = [continues(present, ours), continues(present, theirs)];
	if (!hasOurs && !hasTheirs) throw neitherSide();
	return { ours: hasOurs ? present : ours, theirs: hasTheirs ? present : theirs, base };
}

/**
 * Whether the working folder's vault shows that an uncertain merge is in progress: it has conflict markers, or something
 * of theirs that ours lacks.
 */
export function isMergeIn(text: string, merge: MergeTexts): boolean {
	if (isConflicted(text)) return true;
	const document = attempt(() => parseVault(merge.theirs));
	if (document === undefined) return false;
	const bases = merge.bases.flatMap((base) => attempt(() => parseVault(base)) ?? []);
	const side = { label: merge.labels.theirs, document };
	const compare = () => preservesMoreOf(parseVault(text), side, { before: parseVault(merge.ours), bases });
	return attempt(compare) ?? false;
}

/** The error for a working folder whose content a merge would lose. Only the user knows which of it to keep. */
function neitherSide(): AppError {
	return new AppError({
		code: "VAULT_CONFLICT_UNREADABLE",
		message: "The coffer.vault in this folder is neither a side of the merge nor its result.",
		hint: "If you need its changes, keep a copy of it. Then let git write it again (git checkout --merge -- coffer.vault), and run 'coffer vault resolve'.",
		exit: EXIT.conflict,
	});
}
