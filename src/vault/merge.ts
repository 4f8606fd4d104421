/**
 * Three sides of an environment's records (ours, theirs, and what both last agreed on), name by name.
 */
import { recordDigest, type SealedRecord } from "./record.ts";
import { compareNames } from "./syntax.ts";

export interface RecordMerge {
	/** Theirs, to put into our file. */
	readonly take: SealedRecord[];
	/** Ours, to send. */
	readonly send: SealedRecord[];
	/** Changed on both sides, to different values; sorted. */
	readonly conflicts: string[];
	/** Names of which we have an older record than what was agreed, or none: a branch switch, or a roll-back. Sorted. */
	readonly rolledBack: string[];
}

export interface MergeSides {
	readonly ours: ReadonlyMap<string, SealedRecord>;
	readonly theirs: ReadonlyMap<string, SealedRecord>;
	/** Digest of each record at the last agreement. */
	readonly base: ReadonlyMap<string, string>;
	/** Whether two records hold the same value (or are both tombstones). Asked only where both sides changed. */
	sameValue(ours: SealedRecord, theirs: SealedRecord): boolean;
}

type Outcome = "same" | "take" | "send" | "conflict" | "rolledBack";

function mergeOne(sides: MergeSides, name: string): Outcome {
	const ours = sides.ours.get(name);
	const theirs = sides.theirs.get(name);
	if (!ours) return sides.base.has(name) ? "rolledBack" : "take";
	if (!theirs) return "send";
	if (ours.body === theirs.body) return "same";
	const base = sides.base.get(name);
	const oursChanged = recordDigest(ours) !== base;
	const theirsChanged = recordDigest(theirs) !== base;
	if (!oursChanged) return "take";
	if (!theirsChanged) return ours.version < theirs.version ? "rolledBack" : "send";
	return sides.sameValue(ours, theirs) ? "take" : "conflict";
}

/**
 * Merges by name: changed on one side only, that side; on both to the same value, theirs; to different values, a
 * conflict. A record of ours that is older than what was agreed is not a change but a roll-back, and is never sent.
 */
export function mergeRecords(sides: MergeSides): RecordMerge {
	const merge: RecordMerge = { take: [], send: [], conflicts: [], rolledBack: [] };
	const names = [...new Set([...sides.ours.keys(), ...sides.theirs.keys()])].sort(compareNames);
	for (const name of names) {
		const outcome = mergeOne(sides, name);
		const ours = sides.ours.get(name);
		const theirs = sides.theirs.get(name);
		if (outcome === "take" && theirs) merge.take.push(theirs);
		else if (outcome === "send" && ours) merge.send.push(ours);
		else if (outcome === "conflict") merge.conflicts.push(name);
		else if (outcome === "rolledBack") merge.rolledBack.push(name);
	}
	return merge;
}
