/**
 * The signatures of a merge, checked before it and on all cores.
 */
import type { EnvironmentSection, VaultDocument } from "../document/document.ts";
import type { SealedRecord } from "../records/record.ts";
import { checkSignatures, type FittingSignatures } from "../records/seal.ts";
import type { Ancestor } from "./merge-sections.ts";

/**
 * The records that one side has otherwise than the other. What the ancestor had just so is left out: it gives way to
 * what the other side made of it, and nobody asks who signed it.
 */
function changed(
	section: EnvironmentSection | undefined,
	other: EnvironmentSection | undefined,
	ancestor: Pick<Ancestor, "has"> | undefined,
): SealedRecord[] {
	if (!section) return [];
	return [...section.records.values()].filter(
		(record) => other?.records.get(record.name)?.body !== record.body && !ancestor?.has(section.name, record),
	);
}

/**
 * Checks the signatures of the records that `uniteVaults` will verify, which then need not do it one by one. It comes
 * to the same without.
 * @returns by the name of the environment
 */
export async function checkSides(
	ours: VaultDocument,
	theirs: VaultDocument,
	ancestor: Pick<Ancestor, "has"> | undefined,
): Promise<ReadonlyMap<string, FittingSignatures>> {
	const fitting = new Map<string, FittingSignatures>();
	const { vaultId } = ours;
	if (vaultId !== theirs.vaultId) return fitting;
	for (const name of new Set([...ours.environments.keys(), ...theirs.environments.keys()])) {
		const [mine, yours] = [ours.environments.get(name), theirs.environments.get(name)];
		const records = [...changed(mine, yours, ancestor), ...changed(yours, mine, ancestor)];
		fitting.set(name, await checkSignatures({ vaultId, name }, records));
	}
	return fitting;
}
