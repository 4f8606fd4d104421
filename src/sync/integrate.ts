/**
 * Brings what others appended to the log into the vault: verified, merged name by name, written in one go under the
 * vault's lock.
 */
import { AppError, EXIT } from "../errors.ts";
import { openSession, type SessionContext, type VaultSession } from "../project/session.ts";
import { isMiscounted } from "../project/standing.ts";
import type { PlatformMemory } from "../project/state.ts";
import { editVault } from "../project/vault-file.ts";
import type { LogEntry } from "../protocol/change.ts";
import { type Link, linkHash } from "../vault/chain.ts";
import { type VaultDocument, withRecords, withSection } from "../vault/document.ts";
import { compareChain, type Mark } from "../vault/marks.ts";
import { mergeRecords, type RecordMerge } from "../vault/merge.ts";
import { recordDigest, type SealedRecord } from "../vault/record.ts";
import { openRecord, sealRecord } from "../vault/seal.ts";
import { type LinkTarget, logContextOf } from "./link-target.ts";
import { forked, lastHeader, recordsOf } from "./log.ts";
import { advanced, ancestors, decided, memoryOf } from "./memory.ts";
import type { News } from "./read-log.ts";

/** Which side wins where both changed, or where ours is older; undefined for names that nobody decided. */
export type Take = (name: string) => "local" | "platform" | undefined;

export interface Integration {
	/** Names whose record was taken from the platform; sorted. */
	readonly taken: readonly string[];
	/** Names that both sides changed to different values and nobody decided; sorted. */
	readonly conflicts: readonly string[];
	/** Names of which ours is older than what was agreed, or gone, and nobody decided; sorted. */
	readonly rolledBack: readonly string[];
	/** Another process synced further than these news reach, so that nothing was done with them: read again. */
	readonly isOvertaken: boolean;
}

const OVERTAKEN: Integration = { taken: [], conflicts: [], rolledBack: [], isOvertaken: true };

function diverged(environment: string): AppError {
	return new AppError({
		code: "MEMBERSHIP_DIVERGED",
		message: `The members of environment '${environment}' were changed both here and on the platform.`,
		hint: "Restore coffer.vault from before the change of members here, sync, and change the members again.",
		exit: EXIT.conflict,
	});
}

/** The longer of two chains of which one continues the other. */
function longer(ours: readonly Link[], theirs: readonly Link[], environment: string): readonly Link[] {
	const standing = compareChain(theirs.map(linkHash), ours);
	if (standing === "diverged") throw diverged(environment);
	return standing === "older" ? theirs : ours;
}

/** The document with the log's newest membership, where that is newer than the file's. */
function withHeader(
	document: VaultDocument,
	environment: string,
	entries: readonly LogEntry[],
): VaultDocument {
	const header = lastHeader(entries);
	const section = document.environments.get(environment);
	if (!header || !section) return document;
	const links = longer(section.links, header.environment, environment);
	return withSection(
		{ ...document, links: longer(document.links, header.vault, environment) },
		{ ...section, links },
	);
}

interface Resolution {
	readonly records: SealedRecord[];
	readonly conflicts: string[];
	readonly rolledBack: string[];
}

/** Applies decisions to what the merge left open. */
function resolve(
	session: VaultSession,
	merge: RecordMerge,
	theirs: ReadonlyMap<string, SealedRecord>,
	take: Take,
): Resolution {
	const memory = session.memory.marks;
	const ours = session.verified.section.records;
	const resolution: Resolution = { records: [...merge.take], conflicts: [], rolledBack: [] };
	const decide = (name: string, undecided: string[]) => {
		const side = take(name);
		const record = theirs.get(name);
		if (side === "platform" && record) resolution.records.push(record);
		else if (side === "local") {
			const mine = ours.get(name);
			const version = 1 + Math.max(mine?.version ?? 0, record?.version ?? 0, memory.get(name)?.version ?? 0);
			const value = mine && session.open(mine);
			resolution.records.push(sealAgain(session, name, version, value, mine));
		} else undecided.push(name);
	};
	for (const name of merge.conflicts) decide(name, resolution.conflicts);
	for (const name of merge.rolledBack) decide(name, resolution.rolledBack);
	return resolution;
}

/** Records that are to be sent although the platform has their version already (two branches counted alike): counted on. */
function recounted(session: VaultSession, merge: RecordMerge, memory: PlatformMemory): SealedRecord[] {
	return merge.send
		.filter((record) => isMiscounted(memory, record))
		.map((record) => {
			const version =
				1 + Math.max(memory.base.get(record.name)?.version ?? 0, session.nextVersion(record.name) - 1);
			return sealAgain(session, record.name, version, session.open(record), record);
		});
}

/** A value that is known already, under another version: it keeps the epoch in which it was set. */
function sealAgain(
	session: VaultSession,
	name: string,
	version: number,
	value: string | undefined,
	known: SealedRecord | undefined,
): SealedRecord {
	const since = known ? { since: known.since } : {};
	return sealRecord(session.verified.state, session.keys, session.context.identity, {
		name,
		version,
		value,
		...since,
	});
}

/** Whether two records hold the same value; a tombstone equals a tombstone. */
function sameValue(session: VaultSession): (ours: SealedRecord, theirs: SealedRecord) => boolean {
	return (ours, theirs) => session.open(ours) === openRecord(session.verified.state, session.keys, theirs);
}

/** The records that are not what was agreed: the whole log holds those too. */
function changedSince(
	base: ReadonlyMap<string, Mark>,
	theirs: ReadonlyMap<string, SealedRecord>,
): Map<string, SealedRecord> {
	return new Map([...theirs].filter(([name, record]) => base.get(name)?.digest !== recordDigest(record)));
}

/**
 * Whether news still say something new to this memory, which may have moved since they were asked for: another
 * process on this machine can have synced. Older news would take back what it brought.
 * @throws AppError `LOG_FORKED` (exit 7) where they are of another history
 */
function extend(memory: PlatformMemory, { entries, reached }: News): boolean {
	const start = entries[0] ? entries[0].revision - 1 : reached.revision;
	if (memory.revision < start || memory.revision > reached.revision) return false;
	const at = entries[memory.revision - start - 1];
	if (at && at.head !== memory.head) throw forked(`its revision ${memory.revision} is another`);
	return true;
}

/**
 * Integrates log entries.
 * @param news entries from the remembered head on, already followed by `followLog`
 *   (or from the log's very beginning, where decisions may ask for any record of the platform's)
 */
export async function integrate(
	context: SessionContext,
	target: LinkTarget,
	news: News,
	take: Take,
): Promise<Integration> {
	const { environment } = context;
	let session: VaultSession | undefined;
	let written: SealedRecord[] = [];
	let next: PlatformMemory | undefined;
	return editVault(
		context.root,
		async (loaded) => {
			const merged = withHeader(loaded.document, environment, news.entries);
			session = await openSession({ ...loaded, document: merged }, context);
			const memory = memoryOf(session, target);
			if (!extend(memory, news)) {
				session = undefined;
				return { result: OVERTAKEN };
			}
			const logContext = logContextOf(target.binding, merged.vaultId, environment);
			const theirs = recordsOf(logContext, news.entries, session.verified.state);
			const ours = session.verified.section.records;
			const { origins } = session.checkout;
			const base =
				memory.revision > 0
					? memory.base
					: new Map([...ancestors(ours, origins, theirs, news.entries), ...memory.base]);
			const merge = mergeRecords({
				ours,
				theirs: changedSince(base, theirs),
				base,
				sameValue: sameValue(session),
			});
			const { records, conflicts, rolledBack } = resolve(session, merge, theirs, take);
			written = [...records, ...recounted(session, merge, memory)];
			next = conflicts.length === 0 ? advanced(memory, news, theirs) : decided(memory, theirs, conflicts);
			const document = withRecords(merged, environment, written);
			const taken = records
				.filter((record) => theirs.get(record.name) === record)
				.map((record) => record.name);
			return { document, result: { taken, conflicts, rolledBack, isOvertaken: false } };
		},
		async (now) => {
			if (!session) return;
			if (next) session.checkout.platform = next;
			await session.remember(now, written, { always: next !== undefined });
		},
	);
}
