/** Reads a vault after a merge by git, and finds both sides of its conflict. */
import { AppError, attempt, EXIT } from "../errors.ts";
import type { VaultDocument } from "../vault/document/document.ts";
import { parseVault } from "../vault/document/format.ts";
import { laidOut } from "../vault/document/layout.ts";
import { type ConflictSides, isConflicted, splitConflicts } from "../vault/merge/conflict-text.ts";
import { checkMergeSignatures } from "../vault/merge/merge-signatures.ts";
import { splitTextMerge } from "../vault/merge/text-merge.ts";
import { readVaultText } from "./files/vault-file.ts";
import { type CommittedDamage, committedDamage, hasValidChains } from "./git/history/committed-merge.ts";
import { vaultOfOwnBranch } from "./git/own-branch.ts";
import type { GitContext } from "./git/run.ts";
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
	/** The text with the line ends and blank lines of a vault, if something changed them. It differs in nothing else. */
	readonly laidOut?: string;
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
 * The text with the line ends and blank lines of a vault, if that makes it readable; otherwise the text. Between
 * conflict markers, only the line ends are changed: blank lines there depend on the side.
 */
function withLayout(text: string): string {
	if (isReadable(text)) return text;
	const laid = isConflicted(text) ? text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n") : laidOut(text);
	return isReadable(laid) ? laid : text;
}

function isReadable(text: string): boolean {
	return attempt(() => readText(text, undefined)) !== undefined;
}

/** Whether the text is readable, with a valid membership. A person may have kept the links of both sides. */
function isSound(text: string): boolean {
	const sides = attempt(() => sidesOf(text, undefined));
	const document = sides?.ours ?? attempt(() => parseVault(text));
	return document !== undefined && hasValidChains(document);
}

/**
 * Reads the text, and compares it with git's unfinished merge, if there is one. Conflict markers take precedence. If
 * they cannot be read, or if there are none and a side is incomplete, git's sides are used.
 * @throws AppError as `sidesOf` and `sidesToMerge`
 */
export function readWithMerge(present: string, { merge, own }: Pick<ReadVault, "merge" | "own">): ReadVault {
	const text = withLayout(present);
	const found = { text: present, ...(text === present ? {} : { laidOut: text }) };
	if (!merge || (merge.isUncertain && !isMergeIn(text, merge))) return { ...readText(text, own), ...found };
	let read: ReadVault | undefined;
	try {
		read = readText(text, own);
	} catch (error) {
		if (!(error instanceof AppError) || UNREAD.includes(error.code)) throw error;
	}
	if (read?.conflict) return { ...read, ...found, merge, own };
	return { ...found, conflict: sidesToMerge(merge, read && parseVault(text)), merge };
}

/** The sides of an unfinished merge, or else those of a merge that somebody committed although it is not sound. */
async function mergeIn(
	present: string,
	place: GitContext,
): Promise<{ readonly merge: MergeTexts | undefined; readonly damage?: CommittedDamage | undefined }> {
	const merge = await unfinishedMerge(place);
	if (merge || isSound(withLayout(present))) return { merge };
	return { merge: undefined, damage: await committedDamage(place) };
}

/** The error of a damaged vault with the way that is left after `coffer vault resolve`, whose error it is. */
function withRestore(error: unknown, damage: CommittedDamage | undefined): unknown {
	if (!(error instanceof AppError) || UNREAD.includes(error.code)) return error;
	if (error.exit !== EXIT.integrity && damage === undefined) return error;
	const newest = damage?.readable ?? "HEAD";
	return error.with({
		hint: `Restore the newest vault that can be read: git checkout ${newest} -- coffer.vault. This drops changes that are not in it.`,
	});
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
	const present = await readVaultText(root);
	const { merge, damage } = (place && (await mergeIn(present, place).catch(withoutGit))) ?? {};
	const text = withLayout(present);
	const isAsked = place && !isConflicted(text) && attempt(() => isOutOfOrder(text)) === true;
	const own = isAsked ? await vaultOfOwnBranch(place).catch(withoutGit) : undefined;
	const read = readOrExplain(present, { merge, own }, damage);
	const { conflict } = read;
	if (!conflict) return { ...read, merge, own };
	const validSignatures = await checkMergeSignatures(conflict.ours, conflict.theirs, conflict.base);
	return { ...read, conflict: { ...conflict, validSignatures }, merge: merge ?? damage?.merge, own };
}

/** @throws AppError as `readWithMerge`, with a hint that does not lead back to here */
function readOrExplain(
	present: string,
	known: Pick<ReadVault, "merge" | "own">,
	damage: CommittedDamage | undefined,
): ReadVault {
	if (damage?.merge) return { text: present, conflict: sidesToMerge(damage.merge, undefined) };
	try {
		return readWithMerge(present, known);
	} catch (error) {
		throw withRestore(error, damage);
	}
}

function withoutGit(error: unknown): undefined {
	if (!(error instanceof AppError) || !error.code.startsWith("GIT_")) throw error;
}
