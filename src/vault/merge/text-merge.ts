/**
 * The two sides of a vault that git merged as plain text without a conflict. Such a merge can break the order of the
 * records, and it can insert both sides' records of a name. The text does not say which side a record is from.
 */
import type { EnvironmentSection, VaultDocument } from "../document/document.ts";
import { parseVault } from "../document/format.ts";
import type { SealedRecord } from "../records/record.ts";
import type { ConflictSides } from "./conflict-text.ts";

type Records = Map<string, SealedRecord>;

/** Swaps the two sides' records of each name whose second record is the branch's own. */
function orient(
	first: EnvironmentSection,
	last: EnvironmentSection,
	own: EnvironmentSection | undefined,
): void {
	const [ours, theirs] = [first.records as Records, last.records as Records];
	for (const [name, record] of ours) {
		const [other, known] = [theirs.get(name), own?.records.get(name)];
		if (!other || other.body === record.body || known?.body !== other.body) continue;
		ours.set(name, other);
		theirs.set(name, record);
	}
}

/**
 * Reads both sides.
 * @param own the vault of the branch that the other one was merged into. Without it, the first record of a name counts
 *   as ours
 * @throws AppError as `parseVault`
 */
export function splitTextMerge(text: string, own: VaultDocument | undefined): ConflictSides {
	const [ours, theirs] = [parseVault(text, undefined, "first"), parseVault(text, undefined, "last")];
	for (const [name, section] of ours.environments) {
		const other = theirs.environments.get(name);
		if (other) orient(section, other, own?.environments.get(name));
	}
	return { ours, theirs, baseLines: undefined };
}
