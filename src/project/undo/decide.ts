/**
 * Decisions about a whole conflict: which side's chains are kept if the memberships diverged, and which version the
 * chosen record of a name gets.
 */
import { AppError } from "../../errors.ts";
import { openKeys } from "../../vault/chains/environment-keys.ts";
import {
	type EnvironmentSection,
	type VaultDocument,
	verifyChains,
	withRecords,
} from "../../vault/document/document.ts";
import type { RecordConflict } from "../../vault/merge/conflict-text.ts";
import { mergeVaults, type Side, type VaultMergeOptions } from "../../vault/merge/merge-vaults.ts";
import { openRecord, sealRecord } from "../../vault/records/seal.ts";
import { rebase } from "../../vault/undo/rebase.ts";
import type { SessionIdentity } from "../session/session-context.ts";

/** Two vaults with a common ancestor, and the known parts of the ancestor. */
export interface Conflict extends Pick<VaultMergeOptions, "base" | "validSignatures"> {
	readonly ours: VaultDocument;
	readonly theirs: VaultDocument;
}

/** Codes of errors that only the choice of a whole side resolves. */
export const WHOLE_SIDE: readonly string[] = ["MEMBERSHIP_CONFLICT", "ENVIRONMENT_CONFLICT"];

interface Sides extends Pick<VaultMergeOptions, "base" | "validSignatures"> {
	readonly ours: VaultDocument;
	readonly theirs: VaultDocument;
	readonly remade: readonly string[];
	readonly leftOut: readonly string[];
}

/** Both sides, on the chains of the side that is kept if the chains diverged. */
export function chooseChains(conflict: Conflict, identity?: SessionIdentity, keep?: Side): Sides {
	const { ours, theirs, base, validSignatures } = conflict;
	const asTheyAre = { ours, theirs, base, validSignatures, remade: [], leftOut: [] };
	if (!identity || !keep) return asTheyAre;
	try {
		mergeVaults(ours, theirs, { base, validSignatures });
		return asTheyAre;
	} catch (error) {
		if (!(error instanceof AppError) || !WHOLE_SIDE.includes(error.code)) throw error;
	}
	const [kept, other] = keep === "ours" ? [ours, theirs] : [theirs, ours];
	const hadSection = (section: EnvironmentSection) => base?.hasSection(section) ?? false;
	const { chosen, other: moved, remade, leftOut } = rebase(kept, other, identity, hadSection);
	const [first, second] = keep === "ours" ? [chosen, moved] : [moved, chosen];
	// The checked signatures belong to other records.
	return { ours: first, theirs: second, base, validSignatures: undefined, remade, leftOut };
}

/**
 * Gives each record that was chosen over another a version above both. Otherwise a device that has seen the other
 * record would report the resolution as a roll-back. If the identity cannot write, the record does not change.
 */
export function raiseVersions(
	document: VaultDocument,
	decided: readonly RecordConflict[],
	identity: SessionIdentity,
): VaultDocument {
	let after = document;
	for (const { environment, name, ours, theirs } of decided) {
		const { section, state } = verifyChains(after, environment);
		const record = section.records.get(name);
		if (state.members.get(identity.publicKeys.sign)?.role !== "writer" || !record || !ours || !theirs)
			continue;
		const highest = Math.max(ours.version, theirs.version);
		if (record.version > Math.min(ours.version, theirs.version)) continue;
		const keys = openKeys(state, identity);
		const value = openRecord(state, keys, record);
		const { since } = record;
		const anew = sealRecord(state, keys, identity, { name, version: highest + 1, value, since });
		after = withRecords(after, environment, [anew]);
	}
	return after;
}
