/**
 * The merge base: the vault from which both sides of a merge were made, if it is known.
 */

import type { EnvironmentSection, VaultDocument } from "../document/document.ts";
import { parseVault } from "../document/format.ts";
import type { SealedRecord } from "../records/record.ts";
import { isConflicted, splitConflicts } from "./conflict-text.ts";
import type { MergeBase } from "./merge-sections.ts";

function sameSection(a: EnvironmentSection | undefined, b: EnvironmentSection): boolean {
	return (
		a !== undefined &&
		a.links.length === b.links.length &&
		a.links.every((link, index) => link.text === b.links[index]?.text) &&
		a.records.size === b.records.size &&
		[...a.records.values()].every(({ name, body }) => b.records.get(name)?.body === body)
	);
}

/** Makes the merge base from a vault that both sides were made from. */
function mergeBaseOf(document: VaultDocument): MergeBase {
	const find = (environment: string, { name }: SealedRecord) =>
		document.environments.get(environment)?.records.get(name);
	return {
		has: (environment, record) => find(environment, record)?.body === record.body,
		isReencrypted: (environment, record) => {
			const { version, kind, since, epoch } = find(environment, record) ?? {};
			return (
				version === record.version && kind === record.kind && since === record.since && epoch !== record.epoch
			);
		},
		hasSection: (section) => sameSection(document.environments.get(section.name), section),
	};
}

/**
 * Parses the text of the merge base; undefined for the empty text, which git passes if there is none. If two branches
 * were merged into each other, git makes the merge base by another merge, which can leave conflicts in it. Then only
 * the records that both sides of such a conflict have in common are known.
 * @throws AppError like `parseVault`
 */
export function parseMergeBase(text: string): MergeBase | undefined {
	if (text === "") return undefined;
	if (!isConflicted(text)) return mergeBaseOf(parseVault(text));
	const { ours, theirs } = splitConflicts(text);
	return commonMergeBase([mergeBaseOf(ours), mergeBaseOf(theirs)]);
}

/**
 * Combines several merge bases: only the records that all of them have in common are known. Undefined for an empty
 * list.
 */
export function commonMergeBase(ancestors: readonly MergeBase[]): MergeBase | undefined {
	if (ancestors.length === 0) return undefined;
	return {
		has: (environment, record) => ancestors.every((one) => one.has(environment, record)),
		isReencrypted: (environment, record) => ancestors.every((one) => one.isReencrypted(environment, record)),
		hasSection: (section) => ancestors.every((one) => one.hasSection(section)),
	};
}
