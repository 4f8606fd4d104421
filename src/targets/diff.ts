/**
 * What a place that tells no values is to be sent: the records here, held against the marks of what was sent. Pure.
 */
import type { SentMark, SentMarks } from "../project/memory/target-memory.ts";
import { epochNumber } from "../vault/chains/membership.ts";
import { recordDigest, type SealedRecord } from "../vault/records/record.ts";
import { compareNames } from "../vault/syntax/syntax.ts";

/** All sorted by name. */
export interface TargetDiff {
	/** Records whose value is to be sent. */
	readonly set: readonly SealedRecord[];
	/** Tombstones whose name is to be deleted there. */
	readonly deleted: readonly SealedRecord[];
	/** Names that are gone here without a tombstone, and are to be deleted there since somebody decided so. */
	readonly dropped: readonly string[];
	/** Names that are older here than what was sent, or gone; nothing is done with them. */
	readonly rolledBack: readonly string[];
	/** Of `set`, the names that were sent as they are, and are not there any more. */
	readonly missing: readonly string[];
	/** Names that are there, and that neither the vault has nor this device has sent. */
	readonly foreign: readonly string[];
}

export interface TargetSides {
	readonly records: ReadonlyMap<string, SealedRecord>;
	readonly marks: SentMarks;
	/** The names that are there; undefined where it was not asked. */
	readonly names?: readonly string[] | undefined;
	/** Whether what is here is to be sent although it is older; false by default. */
	readonly takeLocal?: ((name: string) => boolean) | undefined;
}

type Standing = "same" | "changed" | "older";

/**
 * How a record stands to what was sent under its name. Sealed anew, a value keeps its version; so of one version only
 * another record of the same epoch is another value, as two devices make it.
 */
function standingOf(record: SealedRecord, mark: SentMark | undefined): Standing {
	if (!mark || record.version > mark.version) return "changed";
	if (record.version < mark.version) return "older";
	if (record.kind !== mark.kind) return "changed";
	if (recordDigest(record) === mark.digest) return "same";
	return epochNumber(record.epoch) === mark.epoch ? "changed" : "same";
}

const byName = (a: SealedRecord, b: SealedRecord) => compareNames(a.name, b.name);

/** Compares, name by name. */
export function diffTarget({ records, marks, names, takeLocal = () => false }: TargetSides): TargetDiff {
	const there = names && new Set(names);
	const set: SealedRecord[] = [];
	const deleted: SealedRecord[] = [];
	const missing: string[] = [];
	const rolledBack: string[] = [];
	const dropped: string[] = [];
	for (const record of records.values()) {
		const { name, kind } = record;
		const standing = standingOf(record, marks.get(name));
		if (standing === "older" && !takeLocal(name)) rolledBack.push(name);
		else if (standing !== "same") (kind === "live" ? set : deleted).push(record);
		else if (kind === "live" && there && !there.has(name)) {
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
		foreign: [...(there ?? [])].filter((name) => !isKnown(name)).sort(compareNames),
	};
}

/** The names that a sync would do something about, or that wait for a decision; sorted. */
export function pendingOf({ set, deleted, dropped, rolledBack }: TargetDiff): string[] {
	const changed = [...set, ...deleted].map(({ name }) => name);
	return [...changed, ...dropped, ...rolledBack].sort(compareNames);
}
