/**
 * Three sides of an environment's records (ours, theirs, and what both last agreed on), name by name.
 */
import type { VersionMark } from "../document/version-marks.ts";
import { isNewer, recordDigest, type SealedRecord } from "../records/record.ts";
import { compareNames } from "../syntax/syntax.ts";

export interface MergeSides {
	/** All records of our file. */
	readonly ours: ReadonlyMap<string, SealedRecord>;
	/** What changed on the other side since the base; everything else there is as the base says. */
	readonly theirs: ReadonlyMap<string, SealedRecord>;
	/** Version and digest of each record at the last agreement. */
	readonly base: ReadonlyMap<string, VersionMark>;
	/** Whether two records hold the same value (or are both tombstones). Asked only where both sides changed. */
	sameValue(ours: SealedRecord, theirs: SealedRecord): boolean;
	/** Whether ours holds what was agreed, only sealed anew since. Asked only where theirs has another value. */
	isReencrypted(ours: SealedRecord): boolean;
}

export interface RecordMerge {
	/** Theirs, to put into our file. */
	readonly take: SealedRecord[];
	/** Ours, to send. */
	readonly send: SealedRecord[];
	/** Changed on both sides, to different values. */
	readonly conflicts: string[];
	/** Of these we have an older record than what was agreed, or none: a switch of branch, or a roll-back. Never sent. */
	readonly rolledBack: string[];
}

type Outcome = "same" | "take" | "send" | "conflict" | "rolledBack";

function mergeOne(sides: MergeSides, name: string): Outcome {
	const ours = sides.ours.get(name);
	const theirs = sides.theirs.get(name);
	const base = sides.base.get(name);
	if (!ours) return base ? "rolledBack" : "take";
	if (theirs && ours.body === theirs.body) return "same";
	if (base && recordDigest(ours) === base.digest) return theirs ? "take" : "same";
	if (base && ours.version < base.version) return "rolledBack";
	if (!theirs) return "send";
	// A side that only sealed anew what was agreed has not changed it: the other one's value counts.
	const theirsIsReseal = base?.version === theirs.version;
	if (base && !theirsIsReseal && sides.isReencrypted(ours)) return "take";
	if (sides.sameValue(ours, theirs)) return isNewer(ours, theirs) ? "send" : "take";
	return theirsIsReseal ? "send" : "conflict";
}

/**
 * Merges by name: changed on one side only, that side; on both to the same value, theirs, unless ours is newer; to
 * different values, a conflict. What is sealed anew under its old version is no change. Everything returned is sorted
 * by name.
 */
export function mergeRecords(sides: MergeSides): RecordMerge {
	const merge: RecordMerge = { take: [], send: [], conflicts: [], rolledBack: [] };
	const names = [...new Set([...sides.ours.keys(), ...sides.theirs.keys(), ...sides.base.keys()])].sort(
		compareNames,
	);
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
