/**
 * Rebases two vaults with diverged memberships onto one chain. The chains of the chosen side are kept, and the other
 * side's changes are applied again at their end, signed by the member who resolves the conflict (docs/format.md, "Undo,
 * branch, roll-back").
 */
import { type Link, linkHash } from "../chains/chain.ts";
import { type EnvironmentKeys, openKeys } from "../chains/environment-keys.ts";
import { verifyRoot } from "../chains/vault-chain.ts";
import {
	type EnvironmentSection,
	type VaultDocument,
	verifyChains,
	withSection,
} from "../document/document.ts";
import type { SealedRecord } from "../records/record.ts";
import { openRecord, sealRecord, verifyRecord } from "../records/seal.ts";
import { sharedLength } from "./absent-items.ts";
import { type ReapplyContext, reapplyMemberChanges, reapplyOwnerChanges } from "./reapply.ts";

export interface RebaseResult {
	/** The chosen side, after the other side's changes of membership. */
	readonly chosen: VaultDocument;
	/** The other side, with the same chains. */
	readonly other: VaultDocument;
	/** The changes that were applied again, each in words. */
	readonly remade: readonly string[];
	/** The changes that were not, each in words and with the reason. */
	readonly leftOut: readonly string[];
}

function tail(chosen: readonly Link[], other: readonly Link[]): readonly Link[] {
	return other.slice(sharedLength(chosen.map(linkHash), other));
}

/** Moves a section to other chains. Records of an epoch that these chains do not have are encrypted again. */
function reencryptedSection(
	before: VaultDocument,
	after: VaultDocument,
	original: EnvironmentSection | undefined,
	name: string,
	{ identity, leftOut }: ReapplyContext,
): EnvironmentSection {
	const [was, is] = [verifyChains(before, name), verifyChains(after, name)];
	const { sign } = identity.publicKeys;
	// Whoever the other side removed cannot open its records, and can keep the own side all the same.
	const oldKeys = was.state.members.has(sign) ? openKeys(was.state, identity) : undefined;
	let keys: EnvironmentKeys | undefined;
	const records = new Map<string, SealedRecord>();
	for (const record of was.section.records.values()) {
		const unchanged = original?.records.get(record.name)?.body === record.body;
		const kept = unchanged ? is.section.records.get(record.name) : undefined;
		if (kept) {
			records.set(record.name, kept);
			continue;
		}
		if (!is.state.epoch.writers.has(record.author)) {
			leftOut.push(`${record.name} in '${name}': its author is not a writer on the chosen side`);
			continue;
		}
		verifyRecord(was.state, record);
		if (record.epoch === is.state.epoch.id) records.set(record.name, record);
		else if (!oldKeys)
			leftOut.push(`${record.name} in '${name}': the other side removed you, so you cannot open it`);
		else {
			keys ??= openKeys(is.state, identity);
			const since = Math.min(record.since, is.state.epoch.number);
			const value = openRecord(was.state, oldKeys, record);
			const { version } = record;
			records.set(
				record.name,
				sealRecord(is.state, keys, identity, { name: record.name, version, value, since }),
			);
		}
	}
	return { ...is.section, records };
}

/**
 * Rebases two vaults onto one chain.
 * @param chosen the side whose chains are kept
 * @param other the side whose changes are applied again
 * @param hadSection whether the merge base has exactly this section; only then may its deletion be applied again
 * @throws AppError `NOT_A_MEMBER`, `NOT_A_WRITER` (exit 3) if the identity may not do this in one of the environments of
 *   the chosen side; exit 7 for a chain or record that is not valid
 */
export function rebase(
	chosen: VaultDocument,
	other: VaultDocument,
	identity: ReapplyContext["identity"],
	hadSection: (section: EnvironmentSection) => boolean,
): RebaseResult {
	const context: ReapplyContext = { identity, remade: [], leftOut: [] };
	verifyRoot(other.vaultId, other.links);
	let after = reapplyOwnerChanges(chosen, other, tail(chosen.links, other.links), hadSection, context);
	const apart = new Set<string>();
	for (const [name, section] of after.environments) {
		const theirs = other.environments.get(name);
		if (!theirs || !chosen.environments.has(name)) continue;
		const pinned = section.links.map(linkHash);
		const shared = sharedLength(pinned, theirs.links);
		if (shared === theirs.links.length || shared === 0) continue;
		if (shared === pinned.length) {
			// Their chain continues ours, so there is nothing to apply again.
			after = withSection(after, { ...section, links: theirs.links });
			continue;
		}
		apart.add(name);
		verifyChains(other, name);
		after = reapplyMemberChanges(after, name, theirs.links.slice(shared), context);
	}
	for (const section of other.environments.values())
		if (!after.environments.has(section.name) && !hadSection(section))
			context.leftOut.push(`environment '${section.name}', which the chosen side deleted`);
	let moved: VaultDocument = { ...after, environments: new Map(after.environments) };
	for (const [name, section] of after.environments) {
		const theirs = other.environments.get(name);
		const records = apart.has(name)
			? reencryptedSection(other, after, chosen.environments.get(name), name, context).records
			: (theirs?.records ?? new Map());
		moved = withSection(moved, { ...section, records });
	}
	return { chosen: after, other: moved, remade: context.remade, leftOut: context.leftOut };
}
