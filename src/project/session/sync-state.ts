/**
 * Compares an environment's records with the records on which this working copy and the platform last agreed. Makes no
 * request.
 */
import { linkHash } from "../../vault/chains/chain.ts";
import type { VerifiedEnvironment } from "../../vault/document/document.ts";
import { TextRecords } from "../../vault/document/text-records.ts";
import type { VersionMark } from "../../vault/document/version-marks.ts";
import { recordDigest, type SealedRecord } from "../../vault/records/record.ts";
import { compareNames } from "../../vault/syntax/syntax.ts";
import type { PlatformBinding } from "../files/config.ts";
import type { CheckoutMemory, PlatformMemory } from "../memory/device-state.ts";

/** `local`: the environment is not linked. */
export type SyncState = "synced" | "pending" | "local";

/** The memory of the linked platform; undefined if this working copy has never synced with it. */
export function rememberedPlatform(
	checkout: CheckoutMemory,
	binding: PlatformBinding | undefined,
): PlatformMemory | undefined {
	const memory = checkout.platform;
	return memory && memory.app === binding?.app && memory.fingerprint === binding.platform
		? memory
		: undefined;
}

function differs(record: SealedRecord, base: ReadonlyMap<string, VersionMark> | undefined): boolean {
	const mark = base?.get(record.name);
	return mark === undefined || mark.version !== record.version || mark.digest !== recordDigest(record);
}

export function syncStateOf(
	record: SealedRecord,
	checkout: CheckoutMemory,
	binding: PlatformBinding | undefined,
): SyncState {
	if (!binding) return "local";
	return differs(record, rememberedPlatform(checkout, binding)?.base) ? "pending" : "synced";
}

/** The records of an environment, and the hash of the text that they are from. */
export interface RecordsOfText {
	readonly digest: string;
	readonly records: ReadonlyMap<string, SealedRecord>;
}

/**
 * The names whose records may differ from the agreed ones; undefined if any record may. Directly after an agreement,
 * these are the names that this command has edited.
 */
export function unagreedNames(
	{ digest, records }: RecordsOfText,
	memory: Pick<PlatformMemory, "agreed"> | undefined,
): readonly string[] | undefined {
	const agreed = memory?.agreed;
	if (agreed === undefined || agreed === "") return undefined;
	if (digest === agreed) return [];
	return records instanceof TextRecords ? records.namesChangedFrom(agreed) : undefined;
}

/** The part of a map that has these names; the map itself if `names` is undefined. */
export function pick<T>(
	map: ReadonlyMap<string, T>,
	names: Iterable<string> | undefined,
): ReadonlyMap<string, T> {
	if (names === undefined) return map;
	const picked = new Map<string, T>();
	for (const name of names) {
		const value = map.get(name);
		if (value !== undefined) picked.set(name, value);
	}
	return picked;
}

/** The names whose record differs from the one that was last agreed with the platform; sorted. */
export function pendingNames(present: RecordsOfText, memory: PlatformMemory | undefined): string[] {
	const names = unagreedNames(present, memory);
	const records = pick(present.records, names);
	const pending = [...records.values()]
		.filter((record) => differs(record, memory?.base))
		.map((record) => record.name);
	for (const name of names ?? memory?.base.keys() ?? [])
		if (memory?.base.has(name) && !records.has(name)) pending.push(name);
	return pending.sort(compareNames);
}

/** Whether a record is the re-encryption of an agreed one. It has the same version and the same value. */
export function isReseal(memory: PlatformMemory, record: SealedRecord): boolean {
	return memory.reseals.has(recordDigest(record));
}

/** Whether a record needs a higher version before it is sent: the platform has another value under its version. */
export function needsHigherVersion(memory: PlatformMemory, record: SealedRecord): boolean {
	return record.version <= (memory.base.get(record.name)?.version ?? 0) && !isReseal(memory, record);
}

/**
 * The digests of re-encrypted records whose earlier record was an agreed one. @param before the records before
 * re-encryption
 */
export function resealsOf(
	memory: PlatformMemory,
	before: ReadonlyMap<string, SealedRecord>,
	after: readonly SealedRecord[],
): Set<string> {
	const agreed = after
		.filter(({ name }) => {
			const old = before.get(name);
			return old && (memory.base.get(name)?.digest === recordDigest(old) || isReseal(memory, old));
		})
		.map(recordDigest);
	return new Set(agreed);
}

/** Identifies the current end of both chains. */
export function headerId(verified: VerifiedEnvironment): string {
	const last = verified.section.links.at(-1);
	return `${verified.root.head} ${last ? linkHash(last) : ""}`;
}
