/** Repairs a vault after a merge by git: with conflict markers, out of order, or with one side only. */
import { inEnvironment } from "../environment-hint.ts";
import { AppError, EXIT } from "../errors.ts";
import { type EnvironmentKeys, openKeys } from "../vault/chains/environment-keys.ts";
import type { EnvironmentState } from "../vault/chains/membership.ts";
import type { VaultDocument } from "../vault/document/document.ts";
import { printVault } from "../vault/document/format.ts";
import { conflictWords, printConflicted, type RecordConflict } from "../vault/merge/conflict-text.ts";
import { mergeVaults, type Side, type VaultMergeOptions } from "../vault/merge/merge-vaults.ts";
import { openRecord } from "../vault/records/seal.ts";
import { afterWrite, repairVault } from "./files/vault-file.ts";
import { type ReadVault, readVaultInConflict, readWithMerge } from "./read-conflict.ts";
import type { SessionIdentity } from "./session/session.ts";
import { updateMemoryAfterResolve } from "./undo/after-resolve.ts";
import { chooseChains, raiseVersions } from "./undo/decide.ts";
import type { SurveyContext } from "./undo/survey.ts";

/** A name that both sides changed, or of which one side has a record of an author who is no longer a writer. */
export interface ConflictName {
	readonly environment: string;
	readonly name: string;
	/** The side that cannot be taken for that reason. */
	readonly refused?: Side;
}

export interface Resolution {
	/** Whether there were two sides to merge. */
	readonly conflicted: boolean;
	/** Whether line ends or blank lines had to be repaired, which an editor or a formatter had changed. */
	readonly laidOut: boolean;
	/** Names without a decision. */
	readonly open: readonly ConflictName[];
	/** Names with a decision. */
	readonly decided: readonly ConflictName[];
	/** Whether git's index still has the vault as unmerged, so that `git add` is needed. */
	readonly unmerged: boolean;
	/** The changes of one side's membership that were made again, in words. */
	readonly remade: readonly string[];
	readonly leftOut: readonly string[];
}

export type SideChooser = (environment: string, name: string) => Side | undefined;

/** How a conflict is decided. */
export interface Decisions {
	readonly take?: SideChooser | undefined;
	/** The side whose chains are kept if both changed the membership. */
	readonly membership?: Side | undefined;
}

interface Repair extends Resolution {
	readonly text: string;
	/** The merged vault, if nothing is left to decide. */
	readonly document?: VaultDocument;
	readonly sides?: { readonly ours: VaultDocument; readonly theirs: VaultDocument };
}

/**
 * Opens each environment's keys once. In an environment of which the identity is not a member, no two values count as
 * equal.
 */
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
	return conflicts.map(({ environment, name, refused }) => ({
		environment,
		name,
		...(refused === undefined ? {} : { refused }),
	}));
}

/** How to decide the open conflicts. */
function decideHint(open: readonly ConflictName[]): string {
	const [first] = open;
	const side = first?.refused;
	if (!first || side === undefined || open.some(({ refused }) => refused !== side))
		return "Decide: coffer vault resolve --take ours|theirs [NAME...]";
	const set = inEnvironment(`coffer secrets set ${first.name}`, first.environment);
	return `Take the other side: coffer vault resolve --take ${side === "ours" ? "theirs" : "ours"}\nIf a value of the side '${side}' is the right one, a writer sets it again after that: ${set}`;
}

function repairOf(read: ReadVault, identity?: SessionIdentity, decisions: Decisions = {}): Repair {
	const { text, conflict } = read;
	const unmerged = read.merge?.unmerged ?? false;
	const laidOut = read.laidOut !== undefined;
	const nothing = { open: [], decided: [], remade: [], leftOut: [] };
	if (!conflict) return { conflicted: false, laidOut, unmerged, ...nothing, text: read.laidOut ?? text };
	const { remade, leftOut, ...sides } = chooseChains(conflict, identity, decisions.membership);
	const { base, validSignatures, ours, theirs } = sides;
	const sameValue = identity && valuesOf(identity);
	const options = { base, validSignatures, sameValue, take: decisions.take };
	const { document, conflicts, decided } = mergeVaults(ours, theirs, options);
	const settled = identity ? raiseVersions(document, decided, identity) : document;
	return {
		conflicted: true,
		laidOut,
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

/** The conflicts that a repair would leave undecided. @throws AppError as `resolveVault` */
export function previewResolution(read: ReadVault, identity?: SessionIdentity): Resolution {
	return resolutionOf(repairOf(read, identity));
}

function resolutionOf(repair: Repair): Resolution {
	const { conflicted, laidOut, open, decided, unmerged, remade, leftOut } = repair;
	return { conflicted, laidOut, open, decided, unmerged, remade, leftOut };
}

export interface ResolveOptions extends Decisions {
	/** Needed to detect that both sides set the same value. Not needed if the sides changed only different names. */
	readonly identity?: SessionIdentity | undefined;
	/** The identity whose memory is updated. */
	readonly holder?: Omit<SurveyContext, "root"> | undefined;
	/** The vault, if it was read before. */
	readonly read?: ReadVault | undefined;
	/** As for `readVaultInConflict`, if the vault was not read yet. */
	readonly variables?: Readonly<Record<string, string>> | undefined;
}

/**
 * Repairs the vault. Writes nothing while no conflict is decided. If some are, conflict markers stay around the
 * others only.
 * @throws AppError `MERGE_CONFLICT` (exit 5) with the undecided names (data: Resolution); or what `mergeVaults` and
 *   `splitConflicts` throw
 */
export async function resolveVault(root: string, options: ResolveOptions): Promise<Resolution> {
	const { holder, variables, ...others } = options;
	const { identity = holder?.identity, ...rest } = others;
	const { read = await readVaultInConflict(root, variables), ...decisions } = rest;
	let repair: Repair | undefined;
	await repairVault(root, (text) => {
		// Before the lock was taken, another process may have changed the text.
		const present = text === read.text ? read : readWithMerge(text, read);
		repair = repairOf(present, identity, decisions);
		return repair.open.length === 0 || repair.decided.length > 0 ? repair.text : undefined;
	});
	if (!repair) throw new TypeError("The repair did not run.");
	const resolution = resolutionOf(repair);
	const { decided, document, sides } = repair;
	if (holder && document && sides)
		await afterWrite(() => updateMemoryAfterResolve({ ...holder, root }, document, { ...sides, decided }));
	const { open } = resolution;
	if (open.length === 0) return resolution;
	throw new AppError({
		code: "MERGE_CONFLICT",
		message: conflictWords(open),
		hint: decideHint(open),
		exit: EXIT.conflict,
		data: resolution,
	});
}
