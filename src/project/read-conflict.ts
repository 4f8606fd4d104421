/** Reads a vault after a merge by git, and finds both sides of its conflict. */
import { AppError, attempt } from "../errors.ts";
import type { VaultDocument } from "../vault/document/document.ts";
import { parseVault } from "../vault/document/format.ts";
import { type ConflictSides, isConflicted, splitConflicts } from "../vault/merge/conflict-text.ts";
import { checkMergeSignatures } from "../vault/merge/merge-signatures.ts";
import { splitTextMerge } from "../vault/merge/text-merge.ts";
import { readVaultText } from "./files/vault-file.ts";
import { vaultOfOwnBranch } from "./git/own-branch.ts";
import { isMergeIn, sidesToMerge } from "./git/sides.ts";
import { type MergeTexts, unfinishedMerge } from "./git/unfinished.ts";
import type { Conflict } from "./undo/decide.ts";

/** A vault's text as it was read. */
export interface ReadVault {
	readonly text: string;
	/** The conflict; undefined if there is none. */
	readonly conflict: Conflict | undefined;
	/** The sides of an unfinished merge in git's index and heads. */
	readonly merge?: MergeTexts | undefined;
	/** The vault of the current branch before a merge; read only if the text is out of order. */
	readonly own?: VaultDocument | undefined;
}

/** Errors that a merge of the text can cause without a conflict. */
const DISORDER = ["VAULT_UNSORTED", "VAULT_NAME_DUPLICATE"];
/**
 * Errors for which no sides are read: no side of a merge can resolve them, or they explain why two sides cannot be
 * merged.
 */
const UNREAD = [
	"VAULT_VERSION_UNKNOWN",
	"VAULT_TOO_LARGE",
	"MEMBERSHIP_CONFLICT",
	"ENVIRONMENT_CONFLICT",
	"VAULTS_DIFFER",
];

/**
 * The sides of a vault that is in conflict or out of order; undefined for any other. @throws AppError exit 5 or
 * 7
 */
function sidesOf(text: string, own: VaultDocument | undefined): ConflictSides | undefined {
	if (isConflicted(text)) return splitConflicts(text);
	return isOutOfOrder(text) ? splitTextMerge(text, own) : undefined;
}

/** @throws AppError exit 7 for any other fault, exit 5 for conflict markers */
function isOutOfOrder(text: string): boolean {
	try {
		parseVault(text);
		return false;
	} catch (error) {
		if (error instanceof AppError && DISORDER.includes(error.code)) return true;
		throw error;
	}
}

/** @throws AppError as `sidesOf` */
function readText(text: string, own: VaultDocument | undefined): ReadVault {
	const sides = sidesOf(text, own);
	if (!sides) return { text, conflict: undefined };
	const { ours, theirs, baseLines } = sides;
	const base = baseLines && {
		has: (_: string, record: { body: string }) => baseLines.has(record.body),
		isReencrypted: () => false,
		hasSection: () => false,
	};
	return { text, conflict: { ours, theirs, base } };
}

/**
 * Reads the text, and compares it with git's unfinished merge, if there is one. Conflict markers take precedence. If
 * they cannot be read, or if there are none and a side is incomplete, git's sides are used.
 * @throws AppError as `sidesOf` and `sidesToMerge`
 */
export function readWithMerge(text: string, { merge, own }: Pick<ReadVault, "merge" | "own">): ReadVault {
	if (!merge || (merge.isUncertain && !isMergeIn(text, merge))) return readText(text, own);
	let read: ReadVault | undefined;
	try {
		read = readText(text, own);
	} catch (error) {
		if (!(error instanceof AppError) || UNREAD.includes(error.code)) throw error;
	}
	if (read?.conflict) return { ...read, merge, own };
	return { text, conflict: sidesToMerge(merge, read && parseVault(text)), merge };
}

/**
 * Reads a vault that may be in conflict, and checks the signatures that a repair needs.
 * @param variables for git, which has the sides of an unfinished merge. Without them, only the text is read
 * @throws AppError as `resolveVault`
 */
export async function readVaultInConflict(
	root: string,
	variables?: Readonly<Record<string, string>>,
): Promise<ReadVault> {
	const place = variables && { folder: root, variables };
	const [present, merge] = await Promise.all([
		readVaultText(root),
		place && unfinishedMerge(place).catch(withoutGit),
	]);
	const isAsked = place && !isConflicted(present) && attempt(() => isOutOfOrder(present)) === true;
	const own = isAsked ? await vaultOfOwnBranch(place).catch(withoutGit) : undefined;
	const { text, conflict } = readWithMerge(present, { merge, own });
	if (!conflict) return { text, conflict, merge, own };
	const validSignatures = await checkMergeSignatures(conflict.ours, conflict.theirs, conflict.base);
	return { text, conflict: { ...conflict, validSignatures }, merge, own };
}

function withoutGit(error: unknown): undefined {
	if (!(error instanceof AppError) || !error.code.startsWith("GIT_")) throw error;
}
