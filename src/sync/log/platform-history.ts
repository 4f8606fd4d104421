/**
 * Finds the versions of secrets in a platform's log. The log's chain of heads is followed from its beginning, and must
 * contain the head that this device remembers. Everything that is read is verified as in a sync.
 */

import { AppError } from "../../errors.ts";
import type { VaultSession } from "../../project/session/session.ts";
import { emptyHead, isAuthenticChange, type LogContext, type LogEntry } from "../../protocol/change.ts";
import { parseLink } from "../../vault/chains/chain.ts";
import type { EnvironmentState } from "../../vault/chains/membership.ts";
import type { MembershipHistory } from "../../vault/document/membership-history.ts";
import { parseRecordText } from "../../vault/records/record.ts";
import type { FoundRecord } from "../../vault/records/secret-history.ts";
import { type LinkTarget, logContextOf } from "../client/link-target.ts";
import { forked } from "./check-log.ts";
import { readWholeLog } from "./read-log.ts";
import { memoryOf } from "./sync-memory.ts";

/** A membership in the log, and the revision that its sender knew. */
interface Membership {
	readonly state: EnvironmentState;
	/** The revision that its sender signed as the base of the change. */
	readonly baseRevision: number;
}

function stateOf(
	lineage: MembershipHistory,
	vaultId: string,
	{ change, revision }: LogEntry,
): EnvironmentState {
	const parse = (lines: readonly string[]) => lines.map((text, index) => parseLink(text, index + 1));
	const { vault = [], environment = [] } = change.header ?? {};
	const state = lineage.stateOf({ vaultId, vault: parse(vault), environment: parse(environment) });
	if (state instanceof AppError) throw forked(`the membership in its revision ${revision} is not valid`);
	return state;
}

/** @throws AppError `LOG_FORKED` (exit 7) if the author was not a writer at that time */
function checkChange(context: LogContext, { change, revision }: LogEntry, state: EnvironmentState): void {
	if (state.members.get(change.author)?.role === "writer" && isAuthenticChange(context, change)) return;
	throw forked(`revision ${revision} is not signed by a writer of the environment`);
}

interface Reading {
	readonly sightings: FoundRecord[];
	readonly memberships: Membership[];
}

/** The entries that concern a name or the membership. Each is checked by the membership at that time. */
function readEntries(
	entries: readonly LogEntry[],
	context: LogContext,
	lineage: MembershipHistory,
	names: ReadonlySet<string>,
): Reading {
	const reading: Reading = { sightings: [], memberships: [] };
	let state: EnvironmentState | undefined;
	for (const entry of entries) {
		const { change, receivedMs, revision } = entry;
		const texts = change.records.filter((each) => names.has(each.slice(0, each.indexOf("\n"))));
		if (change.header === null && texts.length === 0) continue;
		if (change.header !== null) state = stateOf(lineage, context.vaultId, entry);
		if (!state) throw forked(`its revision ${revision} comes before any membership`);
		checkChange(context, entry, state);
		if (change.header !== null) reading.memberships.push({ state, baseRevision: change.base.revision });
		const source = { in: "platform", revision, atMs: receivedMs ?? null } as const;
		for (const text of texts) reading.sightings.push({ record: parseRecordText(text), source, state });
	}
	return reading;
}

/**
 * Whether the log has the removal of a record's author by a member who signed that the record's revision was
 * there before. The order of revisions alone proves nothing: the platform could insert an entry before a
 * removal.
 */
function predatesRemoval({ record, source }: FoundRecord, memberships: readonly Membership[]): boolean {
	return (
		source.in === "platform" &&
		memberships.some(
			({ state, baseRevision }) => baseRevision >= source.revision && !state.epoch.writers.has(record.author),
		)
	);
}

/** The versions of names in a log. */
export interface LogSightings {
	/** In the log's order. */
	readonly sightings: readonly FoundRecord[];
	/** The log's latest revision. */
	readonly revision: number;
}

/**
 * The records of several names in the log, the earliest first.
 * @throws AppError exit 6 if the platform cannot be reached, exit 7 if its log is invalid
 */
export async function searchLogFor(
	session: VaultSession,
	target: LinkTarget,
	lineage: MembershipHistory,
	names: readonly string[],
): Promise<LogSightings> {
	const { environment, vaultId } = session.place;
	const context = logContextOf(target.binding, vaultId, environment);
	const known = memoryOf(session, target);
	const { entries, reached } = await readWholeLog(target, emptyHead(context), known);
	const { sightings, memberships } = readEntries(entries, context, lineage, new Set(names));
	return {
		sightings: sightings.map((sighting) => ({
			...sighting,
			predatesRemoval: predatesRemoval(sighting, memberships),
		})),
		revision: reached.revision,
	};
}

/** The records of one name in the log. @throws AppError as `searchLogFor` */
export function searchLog(
	session: VaultSession,
	target: LinkTarget,
	lineage: MembershipHistory,
	name: string,
): Promise<LogSightings> {
	return searchLogFor(session, target, lineage, [name]);
}
