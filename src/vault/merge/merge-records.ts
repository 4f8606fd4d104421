/**
 * Three-way merge of an environment's records with those of the platform: ours, theirs, and the base, which is the last
 * state that both had. Each name is merged separately.
 */
import type { VersionMark } from "../document/version-marks.ts";
import { isNewer, recordDigest, type SealedRecord } from "../records/record.ts";
import { compareNames } from "../syntax/syntax.ts";

export interface MergeSides {
	/** All records of our file. */
	readonly ours: ReadonlyMap<string, SealedRecord>;
	/** The records that changed on the other side since the base. The other side's remaining records equal the base's. */
	readonly theirs: ReadonlyMap<string, SealedRecord>;
	/** Version and digest of each record in the base. */
	readonly base: ReadonlyMap<string, VersionMark>;
	/** Whether two records have the same value, or are both tombstones. Called only if both sides changed. */
	sameValue(ours: SealedRecord, theirs: SealedRecord): boolean;
	/** Whether our record is the base's record, only re-encrypted. Called only if theirs has another version. */
	isReencrypted(ours: SealedRecord): boolean;
}

export interface RecordMerge {
	/** Their records, to write into our file. */
	readonly take: SealedRecord[];
	/** Our records, to send. */
	readonly send: SealedRecord[];
	/** Names that both sides changed, to different values. */
	readonly conflicts: string[];
	/**
	 * Names whose record in our file is older than in the base, or missing: somebody switched the branch or rolled the
	 * file back. They are never sent.
	 */
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
	// A side that only re-encrypted the base's value has not changed it, so the other side's value wins.
	const theirsIsReencrypted = base?.version === theirs.version;
	if (base && !theirsIsReencrypted && sides.isReencrypted(ours)) return "take";
	if (sides.sameValue(ours, theirs)) return isNewer(ours, theirs) ? "send" : "take";
	return theirsIsReencrypted ? "send" : "conflict";
}

/**
 * Merges by name. If one side changed a name, its record wins. If both changed it to the same value, theirs wins,
 * unless ours is newer. If both changed it to different values, it is a conflict. Re-encryption without a new version
 * is not a change. All lists are sorted by name.
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
