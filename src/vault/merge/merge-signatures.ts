/**
 * The signatures of a merge, checked before it and on all cores.
 */
import type { EnvironmentSection, VaultDocument } from "../document/document.ts";
import type { SealedRecord } from "../records/record.ts";
import { checkSignatures, type ValidSignatures } from "../records/seal.ts";
import type { MergeBase } from "./merge-sections.ts";

/**
 * The records that one side has otherwise than the other. What the base had just so is left out: it gives way to
 * what the other side made of it, and nobody asks who signed it.
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
 * Checks the signatures of the records that `uniteVaults` will verify, which then need not do it one by one. It comes
 * to the same without.
 * @returns by the name of the environment
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
