/**
 * The history of one secret: the versions that were found in the file, in git and in the platform's log. A record is
 * accepted because of its author's signature and the membership that was stored with it, never because of where it was
 * found: anybody who can push to a repository can also rewrite its history.
 */
import { AppError } from "../../errors.ts";
import { type EnvironmentState, epochNumber, removedMember } from "../chains/membership.ts";
import type { RecordKind, SealedRecord } from "./record.ts";
import { verifyRecord } from "./seal.ts";

/** Where a record was found. Times are for display only and decide nothing; null if unknown. */
export type RecordSource =
	| { readonly in: "file" }
	/** `commit` is the short id; `atMs` is the author's date of the commit. */
	| { readonly in: "git"; readonly commit: string; readonly atMs: number | null }
	/** `atMs` is the time at which the platform received the change, by its own clock. */
	| { readonly in: "platform"; readonly revision: number; readonly atMs: number | null };

/** One record, found in one source. */
export interface FoundRecord {
	readonly record: SealedRecord;
	readonly source: RecordSource;
	/** The membership that was stored with the record, or the error if it is not valid. */
	readonly state: EnvironmentState | AppError;
	/** Whether the platform's log shows, by another member's signature, that it existed before its author was removed. */
	readonly predatesRemoval?: boolean;
}

/** One version. A record that was re-encrypted in a later epoch belongs to the same version. */
export interface KnownVersion {
	readonly version: number;
	readonly kind: RecordKind;
	/** As in the records. A value that is restored keeps it, because members who were removed since could read it. */
	readonly since: number;
	/** All records of this version, the earliest epoch's first; at least one. */
	readonly records: readonly SealedRecord[];
	/** Author of the earliest record. */
	readonly author: string;
	/**
	 * Whether even the earliest record is of a later epoch than the value. Then the author may be the member who
	 * re-encrypted it.
	 */
	readonly isReencrypted: boolean;
	/** The first source of each kind. */
	readonly sources: readonly RecordSource[];
}

/** A record that was found but is not accepted. */
export interface RejectedRecord {
	readonly record: SealedRecord;
	readonly sources: readonly RecordSource[];
	readonly code: string;
	/** The reason, as a clause. */
	readonly reason: string;
}

export interface SecretHistory {
	/** Newest first. Two entries with one version number are different values that two branches set. */
	readonly versions: readonly KnownVersion[];
	readonly rejected: readonly RejectedRecord[];
}

/** The facts that decide which records of a history are accepted. */
export interface HistoryRules {
	/** The membership after every known link. */
	readonly newest: EnvironmentState;
	/** Whether this device verified exactly this record before. */
	hasVersionMark(record: SealedRecord): boolean;
	/** The value of a record; undefined for a tombstone. @throws AppError if it cannot be decrypted */
	open(record: SealedRecord): string | undefined;
}

const REASONS: Readonly<Record<string, string>> = {
	RECORD_FORGED: "its signature is not valid",
	RECORD_AUTHOR_UNKNOWN: "its author was not a writer",
	RECORD_EPOCH_UNKNOWN: "the environment never had its epoch",
	RECORD_AUTHOR_REMOVED:
		"its author was removed, and only the author's own signature says that the record is from before the removal",
	RECORD_UNREADABLE: "it cannot be decrypted with the environment's key",
	MEMBERSHIP_DIVERGED: "the membership that was stored with it does not belong to this vault",
};

interface DistinctRecord {
	readonly record: SealedRecord;
	readonly found: FoundRecord[];
}

function distinctRecords(found: readonly FoundRecord[]): DistinctRecord[] {
	const seen = new Map<string, DistinctRecord>();
	for (const one of found) {
		const { record } = one;
		const known = seen.get(record.body);
		if (known) known.found.push(one);
		else seen.set(record.body, { record, found: [one] });
	}
	return [...seen.values()];
}

/** The code of the AppError that a check throws; undefined if it passes. */
function faultOf(check: () => unknown): string | undefined {
	try {
		check();
		return undefined;
	} catch (error) {
		if (error instanceof AppError) return error.code;
		throw error;
	}
}

/** The error code of a record that is not accepted; undefined if it is. */
function faultOfRecord({ record, found }: DistinctRecord, rules: HistoryRules): string | undefined {
	if (rules.hasVersionMark(record)) return faultOf(() => rules.open(record));
	let fault: string | undefined;
	for (const { state, predatesRemoval } of found) {
		const code = state instanceof AppError ? state.code : faultOf(() => verifyRecord(state, record));
		if (code !== undefined) fault ??= code;
		else if (predatesRemoval || rules.newest.epoch.writers.has(record.author))
			return faultOf(() => rules.open(record));
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
 * Finds the version that a removed author's record belongs to. If a current writer re-encrypted the record, the
 * writer's signature proves the value.
 */
function groupOfReencrypted(
	groups: readonly VersionGroup[],
	{ record, found }: DistinctRecord,
	rules: HistoryRules,
): VersionGroup | undefined {
	const isSigned = found.some(
		({ state }) => !(state instanceof AppError) && faultOf(() => verifyRecord(state, record)) === undefined,
	);
	if (!isSigned || faultOf(() => rules.open(record)) !== undefined) return undefined;
	const value = rules.open(record);
	return groups.find((group) => isSameVersion(group, record, value) && group.record.since === record.since);
}

const numberOf = ({ epoch }: SealedRecord) => epochNumber(epoch) ?? 0;

/** The first source of each kind. Sources with a valid membership come first. */
function firstSources(found: readonly FoundRecord[]): RecordSource[] {
	const sound = found.filter(({ state }) => !(state instanceof AppError));
	const sources = new Map<string, RecordSource>();
	for (const { source } of [...sound, ...found]) if (!sources.has(source.in)) sources.set(source.in, source);
	return [...sources.values()];
}

function versionOf(group: VersionGroup, order: ReadonlyMap<FoundRecord, number>): KnownVersion {
	const records = [...group.records].sort((a, b) => numberOf(a) - numberOf(b));
	const first = records[0] ?? group.record;
	const since = Math.min(...records.map((record) => record.since));
	const found = [...group.found].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
	return {
		version: first.version,
		kind: first.kind,
		since,
		records,
		author: first.author,
		isReencrypted: numberOf(first) > since,
		sources: firstSources(found),
	};
}

/**
 * Groups found records by version and separates the records that are not accepted. A removed author's record is
 * accepted only if this device verified it before, if the platform's log contains it before the removal, or if a
 * current writer re-encrypted it. Otherwise a removed member could sign records of old epochs forever.
 * @param found all found records of one name; of each source the earliest first
 */
export function historyOf(found: readonly FoundRecord[], rules: HistoryRules): SecretHistory {
	const groups: VersionGroup[] = [];
	const invalid: (DistinctRecord & { code: string })[] = [];
	for (const seen of distinctRecords(found)) {
		const { record } = seen;
		const code = faultOfRecord(seen, rules);
		if (code !== undefined) {
			invalid.push({ ...seen, code });
			continue;
		}
		const value = rules.open(record);
		const group = groups.find((each) => isSameVersion(each, record, value));
		group?.records.push(record);
		group?.found.push(...seen.found);
		if (!group) groups.push({ record, value, records: [record], found: [...seen.found] });
	}
	const rejected: RejectedRecord[] = [];
	for (const { code, ...seen } of invalid) {
		const group = code === "RECORD_AUTHOR_REMOVED" ? groupOfReencrypted(groups, seen, rules) : undefined;
		group?.records.push(seen.record);
		group?.found.push(...seen.found);
		const reason = REASONS[code] ?? "the membership that was stored with it is not valid";
		if (!group) rejected.push({ record: seen.record, sources: firstSources(seen.found), code, reason });
	}
	const order = new Map(found.map((one, index) => [one, index]));
	const versions = groups.map((group) => versionOf(group, order));
	versions.sort((a, b) => b.version - a.version);
	rejected.sort((a, b) => b.record.version - a.record.version);
	return { versions, rejected };
}

/** Missing versions are listed this far back from the highest one. */
const GAPS_MAX = 100;

/**
 * Lists the version numbers above `after`, up to `highest`, without a record; newest first. A long gap is cut to its
 * newest 100 numbers.
 */
export function missingVersions({ versions }: SecretHistory, after: number, highest: number): number[] {
	const found = new Set(versions.map(({ version }) => version));
	const missing: number[] = [];
	for (let version = highest; version > Math.max(after, highest - GAPS_MAX); version--)
		if (!found.has(version)) missing.push(version);
	return missing;
}

/** The name of the member with a signing key, removed members included; undefined for an unknown key. */
export function authorName(
	state: EnvironmentState,
	sign: string,
): { name: string; isMember: boolean } | undefined {
	const member = state.members.get(sign);
	if (member) return { name: member.name, isMember: true };
	const left = removedMember(state, sign);
	return left && { name: left.name, isMember: false };
}
