/**
 * What a working copy remembers of the platform that it is linked with, and how that goes on from sync to sync.
 */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import type { PlatformBinding } from "../../project/files/config.ts";
import type { PlatformMemory } from "../../project/memory/device-state.ts";
import type { VaultSession } from "../../project/session/session.ts";
import { rememberedPlatform } from "../../project/session/sync-state.ts";
import { emptyHead } from "../../protocol/change.ts";
import { type Link, linkHash } from "../../vault/chains/chain.ts";
import type { VersionMark } from "../../vault/document/version-marks.ts";
import { recordDigest, type SealedRecord } from "../../vault/records/record.ts";
import { type LinkTarget, logContextOf } from "../client/link-target.ts";
import { lastHeader } from "./check-log.ts";
import type { LogView } from "./log-view.ts";
import type { News } from "./read-log.ts";

/** What the memory of a link is before the first sync. */
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
		reseals: new Set(),
		header: "",
	};
}

function moved(environment: string, from: string, { app, url }: PlatformBinding): AppError {
	return new AppError({
		code: "LINK_MOVED",
		message: `coffer.json says that the platform of environment '${environment}' is at ${url}; this device linked it at ${from}.`,
		hint: `If that is right, say so: ${inEnvironment(`coffer link ${url} --app ${app}`, environment)}\nIf not, restore coffer.json from git: git checkout -- coffer.json`,
		exit: EXIT.integrity,
	});
}

/**
 * The memory of this link that a session holds, or a fresh one.
 * @throws AppError `LINK_MOVED` (exit 7) where coffer.json names another address than the one that was linked here
 */
export function memoryOf(session: VaultSession, target: Pick<LinkTarget, "binding">): PlatformMemory {
	const { vaultId, environment } = session.place;
	const memory = rememberedPlatform(session.checkout, target.binding);
	if (memory && memory.url !== target.binding.url) throw moved(environment, memory.url, target.binding);
	return memory ?? freshMemory(target, vaultId, environment);
}

/**
 * What both sides last had in common, name by name: what was agreed, unless more is known. A record of ours that the
 * log holds, in whatever revision, or holds under an earlier key, came from there (by git); one of theirs that was
 * replaced here is what ours was made from (it was sent, and the answer lost; or it was in the clone when that was made).
 */
export function mergeBase(
	ours: ReadonlyMap<string, SealedRecord>,
	replaced: ReadonlyMap<string, readonly string[]>,
	agreed: ReadonlyMap<string, VersionMark>,
	log: LogView,
): ReadonlyMap<string, VersionMark> {
	const base = new Map(agreed);
	// What is older than what was agreed is a roll-back, or was decided about, however often the log holds it.
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
 * The memory where a conflict is left: at the head where it was, so that the next sync sees both sides of it again;
 * but what was decided of other names counts as agreed, and is not asked again.
 */
export function decided(
	memory: PlatformMemory,
	theirs: ReadonlyMap<string, SealedRecord>,
	conflicts: readonly string[],
	resealed: readonly SealedRecord[],
): PlatformMemory {
	const base = new Map(memory.base);
	for (const record of theirs.values())
		if (!conflicts.includes(record.name)) base.set(record.name, markOf(record));
	return { ...memory, base, reseals: openReseals(memory, base, resealed) };
}

/** The digests of what holds an agreed value, sealed anew, and is not agreed itself. */
function openReseals(
	memory: PlatformMemory,
	base: ReadonlyMap<string, VersionMark>,
	resealed: readonly SealedRecord[],
): ReadonlySet<string> {
	const agreed = new Set([...base.values()].map(({ digest }) => digest));
	const digests = [...memory.reseals, ...resealed.map(recordDigest)];
	return new Set(digests.filter((digest) => !agreed.has(digest)));
}

/** The memory after agreeing with the platform up to a head. */
export function advanced(
	memory: PlatformMemory,
	news: News,
	theirs: ReadonlyMap<string, SealedRecord>,
	resealed: readonly SealedRecord[],
): PlatformMemory {
	const base = new Map(memory.base);
	for (const record of theirs.values()) base.set(record.name, markOf(record));
	const header = lastHeader(news.entries);
	const headerSeen = header ? `${headOf(header.vault)} ${headOf(header.environment)}` : memory.header;
	const reseals = openReseals(memory, base, resealed);
	return { ...memory, ...news.reached, base, reseals, header: headerSeen };
}

function headOf(links: readonly Link[]): string {
	const last = links.at(-1);
	return last ? linkHash(last) : "";
}
