/** Compares the vault's records with the records that were sent to a target. Pure. */
import type { SentMark, SentMarks } from "../project/memory/target-memory.ts";
import { epochNumber } from "../vault/chains/membership.ts";
import { recordDigest, type SealedRecord } from "../vault/records/record.ts";
import { compareNames } from "../vault/syntax/syntax.ts";

/** Everything is sorted by name. */
export interface TargetDiff {
	/** Records whose value is to be sent. */
	readonly set: readonly SealedRecord[];
	/** Tombstones whose name is to be deleted at the target. */
	readonly deleted: readonly SealedRecord[];
	/** Names that are missing here without a tombstone, and that the user decided to delete at the target. */
	readonly dropped: readonly string[];
	/** Names whose local record is older than the one that was sent, or missing. Nothing is sent for them. */
	readonly rolledBack: readonly string[];
	/** The names in `set` that were sent unchanged before and are missing at the target. */
	readonly missing: readonly string[];
	/** Names at the target that neither the vault has nor this device has sent. */
	readonly foreign: readonly string[];
}

export interface TargetSides {
	readonly records: ReadonlyMap<string, SealedRecord>;
	readonly marks: SentMarks;
	/** The names at the target; undefined if it was not asked. */
	readonly names?: readonly string[] | undefined;
	/** Whether to send a local record although it is older; false by default. */
	readonly takeLocal?: ((name: string) => boolean) | undefined;
}

type RecordState = "same" | "changed" | "older";

/**
 * Compares a record with the one that was sent under its name. A re-encrypted value keeps its version.
 * Therefore another record of the same version is another value only if its epoch is the same, as when two
 * devices set it.
 */
function compareWithMark(record: SealedRecord, mark: SentMark | undefined): RecordState {
	if (!mark || record.version > mark.version) return "changed";
	if (record.version < mark.version) return "older";
	if (record.kind !== mark.kind) return "changed";
	if (recordDigest(record) === mark.digest) return "same";
	return epochNumber(record.epoch) === mark.epoch ? "changed" : "same";
}

const byName = (a: SealedRecord, b: SealedRecord) => compareNames(a.name, b.name);

/** Compares the sides by name. */
export function diffTarget({ records, marks, names, takeLocal = () => false }: TargetSides): TargetDiff {
	const targetNames = names && new Set(names);
	const set: SealedRecord[] = [];
	const deleted: SealedRecord[] = [];
	const missing: string[] = [];
	const rolledBack: string[] = [];
	const dropped: string[] = [];
	for (const record of records.values()) {
		const { name, kind } = record;
		const state = compareWithMark(record, marks.get(name));
		if (state === "older" && !takeLocal(name)) rolledBack.push(name);
		else if (state !== "same") (kind === "live" ? set : deleted).push(record);
		else if (kind === "live" && targetNames && !targetNames.has(name)) {
			set.push(record);
			missing.push(name);
		}
	}
	for (const [name, mark] of marks) {
		if (records.has(name) || mark.kind !== "live") continue;
		(takeLocal(name) ? dropped : rolledBack).push(name);
	}
	const leaving = new Set(deleted.map(({ name }) => name));
	const isKnown = (name: string) =>
		records.get(name)?.kind === "live" || marks.get(name)?.kind === "live" || leaving.has(name);
	return {
		set: set.sort(byName),
		deleted: deleted.sort(byName),
		dropped: dropped.sort(compareNames),
		rolledBack: rolledBack.sort(compareNames),
		missing: missing.sort(compareNames),
		foreign: [...(targetNames ?? [])].filter((name) => !isKnown(name)).sort(compareNames),
	};
}

/** The names that a sync would change, or that need a decision; sorted. */
export function pendingOf({ set, deleted, dropped, rolledBack }: TargetDiff): string[] {
	const changed = [...set, ...deleted].map(({ name }) => name);
	return [...changed, ...dropped, ...rolledBack].sort(compareNames);
}
