/**
 * Checks the signatures of a merge beforehand, on all cores.
 */
import type { EnvironmentSection, VaultDocument } from "../document/document.ts";
import type { SealedRecord } from "../records/record.ts";
import { checkSignatures, type ValidSignatures } from "../records/seal.ts";
import type { MergeBase } from "./merge-sections.ts";

/**
 * The records of a section that differ from the other side. Records that are unchanged since the merge base are left
 * out, because the other side's record replaces them and their signatures are not needed.
 */
function changedRecords(
	section: EnvironmentSection | undefined,
	other: EnvironmentSection | undefined,
	base: Pick<MergeBase, "has"> | undefined,
): SealedRecord[] {
	if (!section) return [];
	return [...section.records.values()].filter(
		(record) => other?.records.get(record.name)?.body !== record.body && !base?.has(section.name, record),
	);
}

/**
 * Checks the signatures of the records that `mergeVaults` is going to verify. `mergeVaults` returns the same without
 * them, but then checks one signature after the other.
 * @returns valid signatures by the name of the environment
 */
export async function checkMergeSignatures(
	ours: VaultDocument,
	theirs: VaultDocument,
	base: Pick<MergeBase, "has"> | undefined,
): Promise<ReadonlyMap<string, ValidSignatures>> {
	const validSignatures = new Map<string, ValidSignatures>();
	const { vaultId } = ours;
	if (vaultId !== theirs.vaultId) return validSignatures;
	for (const name of new Set([...ours.environments.keys(), ...theirs.environments.keys()])) {
		const [mine, yours] = [ours.environments.get(name), theirs.environments.get(name)];
		const records = [...changedRecords(mine, yours, base), ...changedRecords(yours, mine, base)];
		validSignatures.set(name, await checkSignatures({ vaultId, name }, records));
	}
	return validSignatures;
}
