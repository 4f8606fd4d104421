/** A working copy's memory of its linked platform, and the changes of a sync to it. */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import type { PlatformBinding } from "../../project/files/config.ts";
import type { PlatformMemory } from "../../project/memory/device-state.ts";
import { copyMarks } from "../../project/memory/mark-table.ts";
import type { VaultSession } from "../../project/session/session.ts";
import { type RecordsOfText, rememberedPlatform, unagreedNames } from "../../project/session/sync-state.ts";
import { emptyHead } from "../../protocol/change.ts";
import { type Link, linkHash } from "../../vault/chains/chain.ts";
import type { VersionMark } from "../../vault/document/version-marks.ts";
import { recordDigest, type SealedRecord } from "../../vault/records/record.ts";
import { type LinkTarget, logContextOf } from "../client/link-target.ts";
import { lastHeader } from "./check-log.ts";
import type { LogView } from "./log-view.ts";
import type { NewEntries } from "./read-log.ts";

/** The memory of a link before its first sync. */
export function freshMemory(
	target: Pick<LinkTarget, "binding">,
	vaultId: string,
	environment: string,
): PlatformMemory {
	const { app, platform, url } = target.binding;
	return {
		app,
		fingerprint: platform,
		url,
		...emptyHead(logContextOf(target.binding, vaultId, environment)),
		base: new Map(),
		agreed: "",
		reseals: new Set(),
		header: "",
	};
}

function moved(environment: string, from: string, { app, url }: PlatformBinding): AppError {
	return new AppError({
		code: "LINK_MOVED",
		message: `coffer.json says that the platform of environment '${environment}' is at ${url}; this device linked it at ${from}.`,
		hint: `If that is right, confirm it: ${inEnvironment(`coffer link ${url} --app ${app}`, environment)}\nIf not, restore coffer.json from git: git checkout -- coffer.json`,
		exit: EXIT.integrity,
	});
}

/**
 * The session's memory of this link, or a fresh one.
 * @throws AppError `LINK_MOVED` (exit 7) if coffer.json names another address than the one that was linked here
 */
export function memoryOf(session: VaultSession, target: Pick<LinkTarget, "binding">): PlatformMemory {
	const { vaultId, environment } = session.place;
	const memory = rememberedPlatform(session.checkout, target.binding);
	if (memory && memory.url !== target.binding.url) throw moved(environment, memory.url, target.binding);
	return memory ?? freshMemory(target, vaultId, environment);
}

/**
 * The merge base by name: the agreed records, or later ones if the log shows them. If the log has a record of ours, in
 * any revision or under an earlier key, that record came from the log (through git). If a record of theirs was replaced
 * here, ours was derived from it: it was sent and the answer was lost, or the clone contained it.
 */
export function mergeBase(
	ours: ReadonlyMap<string, SealedRecord>,
	replaced: ReadonlyMap<string, readonly string[]>,
	agreed: ReadonlyMap<string, VersionMark>,
	log: LogView,
): ReadonlyMap<string, VersionMark> {
	const base = new Map(agreed);
	// A record that is older than the agreed one is a roll-back, or the user has decided about it. Then it does not matter
	// whether the log has it.
	const note = (record: SealedRecord | undefined) => {
		if (record && record.version >= (agreed.get(record.name)?.version ?? 0))
			base.set(record.name, markOf(record));
	};
	for (const record of ours.values()) if (log.holds(record) || log.isPastSeal(record)) note(record);
	for (const [name, digests] of replaced) note(log.newest(name, digests));
	return base;
}

function markOf(record: SealedRecord): VersionMark {
	return { version: record.version, digest: recordDigest(record) };
}

/**
 * The memory if a conflict is left: the head stays, so that the next sync sees both sides again. Other decided names
 * count as agreed, so that the user is not asked twice.
 */
export function memoryWithConflicts(
	memory: PlatformMemory,
	theirs: ReadonlyMap<string, SealedRecord>,
	conflicts: readonly string[],
	resealed: readonly SealedRecord[],
): PlatformMemory {
	const base = copyMarks(memory.base);
	for (const record of theirs.values())
		if (!conflicts.includes(record.name)) base.set(record.name, markOf(record));
	return { ...memory, base, agreed: "", reseals: openReseals(memory, base, resealed) };
}

/** The digests of records that are re-encryptions of agreed ones, and that are not agreed themselves. */
function openReseals(
	memory: PlatformMemory,
	base: ReadonlyMap<string, VersionMark>,
	resealed: readonly SealedRecord[],
): ReadonlySet<string> {
	const digests = [...memory.reseals, ...resealed.map(recordDigest)];
	if (digests.length === 0) return new Set();
	const agreed = new Set([...base.values()].map(({ digest }) => digest));
	return new Set(digests.filter((digest) => !agreed.has(digest)));
}

/** The state on which a sync and the platform agreed. */
export interface Agreement {
	readonly news: NewEntries;
	/** The records of the log's entries. */
	readonly theirs: ReadonlyMap<string, SealedRecord>;
	/** Local records that are re-encryptions of agreed ones. */
	readonly resealed: readonly SealedRecord[];
	readonly now: RecordsOfText;
}

/**
 * The memory after agreeing with the platform up to a head.
 * @param now the records after the merge. If none of them is pending, their text is remembered as the agreed one
 */
export function advanced(memory: PlatformMemory, { news, theirs, resealed, now }: Agreement): PlatformMemory {
	const base = copyMarks(memory.base);
	for (const record of theirs.values()) base.set(record.name, markOf(record));
	const header = lastHeader(news.entries);
	const headerSeen = header ? `${headOf(header.vault)} ${headOf(header.environment)}` : memory.header;
	const reseals = openReseals(memory, base, resealed);
	const changed = unagreedNames(now, memory);
	const names = changed && new Set([...changed, ...theirs.keys()]);
	const isAgreed = [...(names ?? new Set([...now.records.keys(), ...base.keys()]))].every(
		(name) => digestOf(now.records.get(name)) === base.get(name)?.digest,
	);
	const agreed = isAgreed ? now.digest : "";
	return { ...memory, ...news.reached, base, agreed, reseals, header: headerSeen };
}

function digestOf(record: SealedRecord | undefined): string | undefined {
	return record && recordDigest(record);
}

function headOf(links: readonly Link[]): string {
	const last = links.at(-1);
	return last ? linkHash(last) : "";
}
