/**
 * How an environment's records stand to the platform, as far as this working copy knows without asking it.
 */
import { linkHash } from "../../vault/chains/chain.ts";
import type { VerifiedEnvironment } from "../../vault/document/document.ts";
import type { VersionMark } from "../../vault/document/version-marks.ts";
import { recordDigest, type SealedRecord } from "../../vault/records/record.ts";
import { compareNames } from "../../vault/syntax/syntax.ts";
import type { PlatformBinding } from "../files/config.ts";
import type { CheckoutMemory, PlatformMemory } from "../memory/device-state.ts";

/** `local`: the environment is not linked. */
export type SyncState = "synced" | "pending" | "local";

/** What is remembered of the linked platform, or undefined where nothing was ever synced with this one. */
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

/** The names whose record here is not what was last agreed with the platform; sorted. */
export function pendingNames(verified: VerifiedEnvironment, memory: PlatformMemory | undefined): string[] {
	const { records } = verified.section;
	const pending = [...records.values()]
		.filter((record) => differs(record, memory?.base))
		.map((record) => record.name);
	for (const name of memory?.base.keys() ?? []) if (!records.has(name)) pending.push(name);
	return pending.sort(compareNames);
}

/** Whether a record holds what was agreed with the platform, sealed anew: it keeps its version, and is no new value. */
export function isReseal(memory: PlatformMemory, record: SealedRecord): boolean {
	return memory.reseals.has(recordDigest(record));
}

/** Whether a record must be counted on before it is sent: the platform has another value under its version. */
export function isMiscounted(memory: PlatformMemory, record: SealedRecord): boolean {
	return record.version <= (memory.base.get(record.name)?.version ?? 0) && !isReseal(memory, record);
}

/** The digests of what is sealed anew, of records that were as agreed. @param before the records that they replace */
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

/** Identifies both chains at their present length. */
export function headerId(verified: VerifiedEnvironment): string {
	const last = verified.section.links.at(-1);
	return `${verified.root.head} ${last ? linkHash(last) : ""}`;
}
