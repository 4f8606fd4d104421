/** Repairs a vault after a merge by git: with conflict markers, out of order, or with one side only. */
import { AppError, EXIT } from "../errors.ts";
import { type EnvironmentKeys, openKeys } from "../vault/chains/environment-keys.ts";
import type { EnvironmentState } from "../vault/chains/membership.ts";
import type { VaultDocument } from "../vault/document/document.ts";
import { parseVault, printVault } from "../vault/document/format.ts";
import {
	type ConflictSides,
	isConflicted,
	printConflicted,
	type RecordConflict,
	splitConflicts,
} from "../vault/merge/conflict-text.ts";
import { checkMergeSignatures } from "../vault/merge/merge-signatures.ts";
import { mergeVaults, type Side, type VaultMergeOptions } from "../vault/merge/merge-vaults.ts";
import { openRecord } from "../vault/records/seal.ts";
import { afterWrite, readVaultText, repairVault } from "./files/vault-file.ts";
import { sidesToUnite } from "./git/sides.ts";
import { type MergeTexts, unfinishedMerge } from "./git/unfinished.ts";
import type { SessionIdentity } from "./session/session.ts";
import { settleAfterResolve } from "./undo/after-resolve.ts";
import { type Conflict, onOneChain, raised } from "./undo/decide.ts";
import type { SurveyContext } from "./undo/survey.ts";

/** A name that both sides changed. */
export interface ConflictName {
	readonly environment: string;
	readonly name: string;
}

export interface Resolution {
	/** Whether there was anything to repair. */
	readonly conflicted: boolean;
	/** Names without a decision. */
	readonly open: readonly ConflictName[];
	/** Names with a decision. */
	readonly decided: readonly ConflictName[];
	/** Whether git's index still has the vault as unmerged, so that `git add` is needed. */
	readonly unmerged: boolean;
	/** Which changes of one side's membership were made again, in words, and which were left out. */
	readonly remade: readonly string[];
	readonly leftOut: readonly string[];
}

export type Take = (environment: string, name: string) => Side | undefined;

/** How a conflict is decided. */
export interface Decisions {
	readonly take?: Take | undefined;
	/** The side whose chains are kept if both changed the membership. */
	readonly membership?: Side | undefined;
}

interface Repair extends Resolution {
	readonly text: string;
	/** The merged vault, if nothing is left to decide. */
	readonly document?: VaultDocument;
	readonly sides?: { readonly ours: VaultDocument; readonly theirs: VaultDocument };
}

/** A vault's text as it was read. */
export interface ReadVault {
	readonly text: string;
	/** The conflict; undefined if there is none. */
	readonly conflict: Conflict | undefined;
	/** What git's index and heads hold of an unfinished merge. */
	readonly merge?: MergeTexts | undefined;
}

/** Errors that a merge of the text can cause without a conflict. */
const DISORDER = ["VAULT_UNSORTED", "VAULT_NAME_DUPLICATE"];
/** Errors that no side of a merge can resolve, or that explain by themselves why two sides cannot be merged. */
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
function sidesOf(text: string): ConflictSides | undefined {
	if (isConflicted(text)) return splitConflicts(text);
	try {
		parseVault(text);
		return undefined;
	} catch (error) {
		if (!(error instanceof AppError) || !DISORDER.includes(error.code)) throw error;
		const [ours, theirs] = [parseVault(text, undefined, "first"), parseVault(text, undefined, "last")];
		return { ours, theirs, baseLines: undefined };
	}
}

/** @throws AppError as `sidesOf` */
function readText(text: string): ReadVault {
	const sides = sidesOf(text);
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
 * Reads the text, and compares it with git's unfinished merge. Conflict markers count first. If they cannot be
 * read, or if there are none and a side is incomplete, git's sides count.
 * @throws AppError as `sidesOf` and `sidesToUnite`
 */
function readBeside(text: string, merge: MergeTexts | undefined): ReadVault {
	if (!merge) return readText(text);
	let read: ReadVault | undefined;
	try {
		read = readText(text);
	} catch (error) {
		if (!(error instanceof AppError) || UNREAD.includes(error.code)) throw error;
	}
	if (read?.conflict) return { ...read, merge };
	return { text, conflict: sidesToUnite(merge, read && parseVault(text)), merge };
}

/**
 * Reads a vault that may be in conflict, and checks the signatures that a repair needs.
 * @param variables for git, which knows the sides of an unfinished merge. Without them only the text counts
 * @throws AppError as `resolveVault`
 */
export async function readVaultInConflict(
	root: string,
	variables?: Readonly<Record<string, string>>,
): Promise<ReadVault> {
	const [present, merge] = await Promise.all([
		readVaultText(root),
		variables && unfinishedMerge({ folder: root, variables }).catch(withoutGit),
	]);
	const { text, conflict } = readBeside(present, merge);
	if (!conflict) return { text, conflict, merge };
	const validSignatures = await checkMergeSignatures(conflict.ours, conflict.theirs, conflict.base);
	return { text, conflict: { ...conflict, validSignatures }, merge };
}

function withoutGit(error: unknown): undefined {
	if (!(error instanceof AppError) || !error.code.startsWith("GIT_")) throw error;
}

/** Opens each environment's keys once. Without membership, no values are seen, and so no equal values. */
function valuesOf(identity: SessionIdentity): NonNullable<VaultMergeOptions["sameValue"]> {
	const opened = new Map<string, EnvironmentKeys | undefined>();
	const { sign } = identity.publicKeys;
	const keysOf = (state: EnvironmentState): EnvironmentKeys | undefined => {
		if (!opened.has(state.name))
			opened.set(state.name, state.members.has(sign) ? openKeys(state, identity) : undefined);
		return opened.get(state.name);
	};
	return (state, ours, theirs) => {
		const keys = keysOf(state);
		if (!keys) return false;
		return openRecord(state, keys, ours) === openRecord(state, keys, theirs);
	};
}

function namesOf(conflicts: readonly RecordConflict[]): ConflictName[] {
	return conflicts.map(({ environment, name }) => ({ environment, name }));
}

function repairOf(
	{ text, conflict, merge }: ReadVault,
	identity?: SessionIdentity,
	decisions: Decisions = {},
): Repair {
	const unmerged = merge?.unmerged ?? false;
	if (!conflict) return { conflicted: false, open: [], decided: [], unmerged, remade: [], leftOut: [], text };
	const { remade, leftOut, ...sides } = onOneChain(conflict, identity, decisions.membership);
	const { base, validSignatures, ours, theirs } = sides;
	const sameValue = identity && valuesOf(identity);
	const options = { base, validSignatures, sameValue, take: decisions.take };
	const { document, conflicts, decided } = mergeVaults(ours, theirs, options);
	const settled = identity ? raised(document, decided, identity) : document;
	return {
		conflicted: true,
		open: namesOf(conflicts),
		decided: namesOf(decided),
		unmerged,
		remade,
		leftOut,
		text: conflicts.length > 0 ? printConflicted(settled, conflicts) : printVault(settled),
		sides: conflict,
		...(conflicts.length > 0 ? {} : { document: settled }),
	};
}

/** What a repair would leave undecided. @throws AppError as `resolveVault` */
export function previewResolution(read: ReadVault, identity?: SessionIdentity): Resolution {
	return resolutionOf(repairOf(read, identity));
}

function resolutionOf({ conflicted, open, decided, unmerged, remade, leftOut }: Repair): Resolution {
	return { conflicted, open, decided, unmerged, remade, leftOut };
}

export interface ResolveOptions extends Decisions {
	/** Needed to see where both sides set the same value. Not needed if the sides changed different names only. */
	readonly identity?: SessionIdentity | undefined;
	/** Whose memory is updated. */
	readonly holder?: Omit<SurveyContext, "root"> | undefined;
	/** The vault, if it was read before. */
	readonly read?: ReadVault | undefined;
	/** As for `readVaultInConflict`, if it was not read yet. */
	readonly variables?: Readonly<Record<string, string>> | undefined;
}

/**
 * Repairs the vault. Writes nothing while no conflict is decided. If some are, conflict markers stay around the
 * others only.
 * @throws AppError `MERGE_CONFLICT` (exit 5) with the undecided names (data: Resolution); or what `uniteVaults`
 *   and `splitConflicts` throw
 */
export async function resolveVault(root: string, options: ResolveOptions): Promise<Resolution> {
	const { holder, variables, ...others } = options;
	const { identity = holder?.identity, ...rest } = others;
	const { read = await readVaultInConflict(root, variables), ...decisions } = rest;
	let repair: Repair | undefined;
	await repairVault(root, (text) => {
		// Under the lock the text may be another one than was read before.
		const present = text === read.text ? read : readBeside(text, read.merge);
		repair = repairOf(present, identity, decisions);
		return repair.open.length === 0 || repair.decided.length > 0 ? repair.text : undefined;
	});
	if (!repair) throw new TypeError("The repair did not run.");
	const resolution = resolutionOf(repair);
	const { document, sides } = repair;
	if (holder && document && sides)
		await afterWrite(() => settleAfterResolve({ ...holder, root }, document, sides));
	const { open } = resolution;
	if (open.length === 0) return resolution;
	throw new AppError({
		code: "MERGE_CONFLICT",
		message: `Both sides changed ${open.map(({ environment, name }) => `${name} (${environment})`).join(", ")}.`,
		hint: "Decide: coffer vault resolve --take ours|theirs [NAME...]",
		exit: EXIT.conflict,
		data: resolution,
	});
}
