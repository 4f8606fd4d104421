/**
 * What a working copy remembers of the platform that it is linked with, and how that goes on from sync to sync.
 */
import { AppError, EXIT } from "../errors.ts";
import type { VaultSession } from "../project/session.ts";
import { rememberedPlatform } from "../project/standing.ts";
import type { PlatformMemory } from "../project/state.ts";
import { emptyHead, type LogEntry } from "../protocol/change.ts";
import { type Link, linkHash } from "../vault/chain.ts";
import type { Mark } from "../vault/marks.ts";
import { formatRecord, recordDigest, type SealedRecord } from "../vault/record.ts";
import { type LinkTarget, logContextOf } from "./link-target.ts";
import { lastHeader } from "./log.ts";
import type { News } from "./read-log.ts";

/** What the memory of a link is before the first sync. */
export function freshMemory(target: LinkTarget, vaultId: string, environment: string): PlatformMemory {
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

function moved(environment: string, from: string, to: string): AppError {
	return new AppError({
		code: "LINK_MOVED",
		message: `coffer.json says that the platform of environment '${environment}' is at ${to}; this device linked it at ${from}.`,
		hint: `If that is right, say so: coffer link ${to} --app APP. If not, restore coffer.json from git.`,
		exit: EXIT.integrity,
	});
}

/**
 * The memory of this link that a session holds, or a fresh one.
 * @throws AppError `LINK_MOVED` (exit 7) where coffer.json names another address than the one that was linked here
 */
export function memoryOf(session: VaultSession, target: LinkTarget): PlatformMemory {
	const { vaultId, environment } = session.place;
	const memory = rememberedPlatform(session.checkout, target.binding);
	if (memory && memory.url !== target.binding.url) throw moved(environment, memory.url, target.binding.url);
	return memory ?? freshMemory(target, vaultId, environment);
}

/**
 * The merge base of a working copy that never synced: those of its records that the log holds, in whatever revision,
 * and those that were there until they were changed here, where the platform holds them still. The log vouches that
 * they are what the newer ones were made from.
 */
export function ancestors(
	ours: ReadonlyMap<string, SealedRecord>,
	origins: ReadonlyMap<string, Mark>,
	theirs: ReadonlyMap<string, SealedRecord>,
	entries: readonly LogEntry[],
): ReadonlyMap<string, Mark> {
	const logged = new Set(entries.flatMap((entry) => entry.change.records));
	const agreed = [...ours.values()].filter((record) => logged.has(formatRecord(record)));
	const unchanged = [...theirs.values()].filter(
		(record) => origins.get(record.name)?.digest === recordDigest(record),
	);
	return new Map([...unchanged, ...agreed].map((record) => [record.name, markOf(record)]));
}

function markOf(record: SealedRecord): Mark {
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
): PlatformMemory {
	const base = new Map(memory.base);
	for (const record of theirs.values())
		if (!conflicts.includes(record.name)) base.set(record.name, markOf(record));
	return { ...memory, base };
}

/** The memory after agreeing with the platform up to a head. */
export function advanced(
	memory: PlatformMemory,
	news: News,
	theirs: ReadonlyMap<string, SealedRecord>,
): PlatformMemory {
	const base = new Map(memory.base);
	for (const record of theirs.values()) base.set(record.name, markOf(record));
	const header = lastHeader(news.entries);
	const headerSeen = header ? `${headOf(header.vault)} ${headOf(header.environment)}` : memory.header;
	const agreed = new Set([...base.values()].map(({ digest }) => digest));
	const reseals = new Set([...memory.reseals].filter((digest) => !agreed.has(digest)));
	return { ...memory, ...news.reached, base, reseals, header: headerSeen };
}

function headOf(links: readonly Link[]): string {
	const last = links.at(-1);
	return last ? linkHash(last) : "";
}
