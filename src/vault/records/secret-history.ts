/**
 * The versions that one secret has had, from wherever its records were seen. A record counts by its author's signature
 * and by the membership of the place that holds it; never by the place alone, since whoever can write to a repository
 * can write its history.
 */
import { AppError } from "../../errors.ts";
import { type EnvironmentState, epochNumber } from "../chains/membership.ts";
import type { RecordKind, SealedRecord } from "./record.ts";
import { verifyRecord } from "./seal.ts";

/** Where a record was seen. Times are to be shown and decide nothing; null where there is none. */
export type RecordSource =
	| { readonly in: "file" }
	/** @param commit shortened; `atMs`: its author's date */
	| { readonly in: "git"; readonly commit: string; readonly atMs: number | null }
	/** @param atMs when the platform says that it received it */
	| { readonly in: "platform"; readonly revision: number; readonly atMs: number | null };

/** One record, in one place. */
export interface FoundRecord {
	readonly record: SealedRecord;
	readonly source: RecordSource;
	/** The membership of that place, or why it does not hold. */
	readonly state: EnvironmentState | AppError;
	/** Whether others than its author vouch that it stood there before its author was removed. */
	readonly predatesRemoval?: boolean;
}

/** One version; a record that is sealed anew in a later epoch is the same one. */
export interface KnownVersion {
	readonly version: number;
	readonly kind: RecordKind;
	/** As in the records: a value that is brought back keeps it, since whoever left since then has seen it. */
	readonly since: number;
	/** Its seals, the earliest epoch's first; at least one. */
	readonly records: readonly SealedRecord[];
	/** Of the earliest of these. */
	readonly author: string;
	/** Whether even the earliest is of a later epoch than the value: the author may be who sealed it anew. */
	readonly isReencrypted: boolean;
	/** The first of each kind. */
	readonly sources: readonly RecordSource[];
}

/** A record that was seen and does not count. */
export interface RejectedRecord {
	readonly record: SealedRecord;
	readonly sources: readonly RecordSource[];
	readonly code: string;
	/** A clause that says why. */
	readonly reason: string;
}

export interface SecretHistory {
	/** Newest first. Two of one version number are two values, set on two branches. */
	readonly versions: readonly KnownVersion[];
	readonly rejected: readonly RejectedRecord[];
}

/** What a history is judged by. */
export interface HistoryRules {
	/** The membership with every link that is known. */
	readonly newest: EnvironmentState;
	/** Whether this device verified that very record before. */
	hasVersionMark(record: SealedRecord): boolean;
	/** The value of a record; undefined for a tombstone. @throws AppError where it does not open */
	open(record: SealedRecord): string | undefined;
}

const REASONS: Readonly<Record<string, string>> = {
	RECORD_FORGED: "it is not what its author signed",
	RECORD_AUTHOR_UNKNOWN: "its author was no writer",
	RECORD_EPOCH_UNKNOWN: "the environment never had its epoch",
	RECORD_AUTHOR_REMOVED:
		"its author was removed since, and nothing but the author's own signature says that it is from before",
	RECORD_UNREADABLE: "it does not open with the environment's key",
	MEMBERSHIP_DIVERGED: "it stands under a membership that is no part of this vault's",
};

interface DistinctRecord {
	readonly record: SealedRecord;
	readonly sightings: FoundRecord[];
}

function distinctRecords(sightings: readonly FoundRecord[]): DistinctRecord[] {
	const seen = new Map<string, DistinctRecord>();
	for (const sighting of sightings) {
		const { record } = sighting;
		const known = seen.get(record.body);
		if (known) known.sightings.push(sighting);
		else seen.set(record.body, { record, sightings: [sighting] });
	}
	return [...seen.values()];
}

/** The code of what a check throws; undefined where it passes. */
function faultOf(check: () => unknown): string | undefined {
	try {
		check();
		return undefined;
	} catch (error) {
		if (error instanceof AppError) return error.code;
		throw error;
	}
}

/** Why a record does not count; undefined where it does. */
function faultOfRecord({ record, sightings }: DistinctRecord, judge: HistoryRules): string | undefined {
	if (judge.hasVersionMark(record)) return faultOf(() => judge.open(record));
	let fault: string | undefined;
	for (const { state, predatesRemoval } of sightings) {
		const found = state instanceof AppError ? state.code : faultOf(() => verifyRecord(state, record));
		if (found !== undefined) fault ??= found;
		else if (predatesRemoval || judge.newest.epoch.writers.has(record.author))
			return faultOf(() => judge.open(record));
		else fault = "RECORD_AUTHOR_REMOVED";
	}
	return fault;
}

interface VersionGroup extends DistinctRecord {
	readonly value: string | undefined;
	readonly records: SealedRecord[];
}

function isSameVersion(group: VersionGroup, record: SealedRecord, value: string | undefined): boolean {
	const { version, kind } = group.record;
	return version === record.version && kind === record.kind && group.value === value;
}

/**
 * The version that a record of a removed author is the first seal of: it was sealed anew by somebody who counts, and
 * that one says what it held.
 */
function groupOfReencrypted(
	groups: readonly VersionGroup[],
	{ record, sightings }: DistinctRecord,
	judge: HistoryRules,
): VersionGroup | undefined {
	const isSigned = sightings.some(
		({ state }) => !(state instanceof AppError) && faultOf(() => verifyRecord(state, record)) === undefined,
	);
	if (!isSigned || faultOf(() => judge.open(record)) !== undefined) return undefined;
	const value = judge.open(record);
	return groups.find((group) => isSameVersion(group, record, value) && group.record.since === record.since);
}

const numberOf = ({ epoch }: SealedRecord) => epochNumber(epoch) ?? 0;

/** The first place of each kind; those whose membership holds before others. */
function firstSources(sightings: readonly FoundRecord[]): RecordSource[] {
	const sound = sightings.filter(({ state }) => !(state instanceof AppError));
	const sources = new Map<string, RecordSource>();
	for (const { source } of [...sound, ...sightings])
		if (!sources.has(source.in)) sources.set(source.in, source);
	return [...sources.values()];
}

function versionOf(group: VersionGroup, order: ReadonlyMap<FoundRecord, number>): KnownVersion {
	const records = [...group.records].sort((a, b) => numberOf(a) - numberOf(b));
	const first = records[0] ?? group.record;
	const since = Math.min(...records.map((record) => record.since));
	const sightings = [...group.sightings].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
	return {
		version: first.version,
		kind: first.kind,
		since,
		records,
		author: first.author,
		isReencrypted: numberOf(first) > since,
		sources: firstSources(sightings),
	};
}

/**
 * Brings what was seen together: each version once, and what does not count apart. A record by somebody who was removed
 * since counts only where this device saw it before, where a platform's log holds it below the removal, or where it was
 * sealed anew by somebody who counts: whoever was removed could sign records of old epochs for ever.
 * @param sightings of records of one name; of each source the earliest first
 */
export function historyOf(sightings: readonly FoundRecord[], judge: HistoryRules): SecretHistory {
	const groups: VersionGroup[] = [];
	const doubtful: (DistinctRecord & { code: string })[] = [];
	for (const seen of distinctRecords(sightings)) {
		const { record } = seen;
		const code = faultOfRecord(seen, judge);
		if (code !== undefined) {
			doubtful.push({ ...seen, code });
			continue;
		}
		const value = judge.open(record);
		const group = groups.find((each) => isSameVersion(each, record, value));
		group?.records.push(record);
		group?.sightings.push(...seen.sightings);
		if (!group) groups.push({ record, value, records: [record], sightings: [...seen.sightings] });
	}
	const rejected: RejectedRecord[] = [];
	for (const { code, ...seen } of doubtful) {
		const group = code === "RECORD_AUTHOR_REMOVED" ? groupOfReencrypted(groups, seen, judge) : undefined;
		group?.records.push(seen.record);
		group?.sightings.push(...seen.sightings);
		const reason = REASONS[code] ?? "it stands under a membership that does not hold";
		if (!group) rejected.push({ record: seen.record, sources: firstSources(seen.sightings), code, reason });
	}
	const order = new Map(sightings.map((sighting, index) => [sighting, index]));
	const versions = groups.map((group) => versionOf(group, order));
	versions.sort((a, b) => b.version - a.version);
	rejected.sort((a, b) => b.record.version - a.record.version);
	return { versions, rejected };
}

/** How far back gaps are counted. */
const GAPS_MAX = 100;

/**
 * The versions after one, up to the highest that is known of, of which no record was found; newest first, and of a long
 * gap only its end.
 */
export function missingVersions({ versions }: SecretHistory, after: number, highest: number): number[] {
	const found = new Set(versions.map(({ version }) => version));
	const missing: number[] = [];
	for (let version = highest; version > Math.max(after, highest - GAPS_MAX); version--)
		if (!found.has(version)) missing.push(version);
	return missing;
}

/** The name under which the membership knows a key, also of somebody who left; undefined for a stranger. */
export function authorName(
	state: EnvironmentState,
	sign: string,
): { name: string; isMember: boolean } | undefined {
	const member = state.members.get(sign);
	if (member) return { name: member.name, isMember: true };
	const left = [...state.epochs.values()]
		.flatMap(({ removed }) => removed)
		.findLast((each) => each.sign === sign);
	return left && { name: left.name, isMember: false };
}
