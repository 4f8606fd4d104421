/**
 * Describes the two sides of each secret that a sync cannot decide: the author, the version and the date. Never a
 * value.
 */
import { AppError } from "../../errors.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import { lineageOf } from "../../project/secrets/local-history.ts";
import type { SessionContext, VaultSession } from "../../project/session/session.ts";
import type { LinkTarget } from "../../sync/client/link-target.ts";
import { type LogSightings, searchLogFor } from "../../sync/log/platform-history.ts";
import type { MembershipHistory } from "../../vault/document/membership-history.ts";
import type { FoundRecord } from "../../vault/records/secret-history.ts";
import { formatMinute } from "../context/instant.ts";
import type { Terminal } from "../shell/terminal.ts";
import { authorWords, commitDates, commitWords, formatSide } from "./conflict-sides.ts";

/** Descriptions of both sides of one secret, such as `v3 by ben@desk, 2026-11-28 09:26 UTC`. */
export interface SyncSides {
	readonly name: string;
	readonly here: string;
	readonly there: string;
}

/** The largest number of names whose sides are listed. A switch of branch can affect hundreds of names. */
export const SIDES_LISTED_MAX = 20;

/** Describes the vault's own record of each name. Names without a record are left out. */
export async function describeHere(
	session: VaultSession,
	names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
	const { section, state } = session.verified;
	const records = names.flatMap((name) => section.records.get(name) ?? []);
	const dates = await commitDates(session.context.root, records);
	const words = records.map((record): [string, string] => [
		record.name,
		formatSide(record, authorWords(state, record), commitWords(dates, record)),
	]);
	return new Map(words);
}

/**
 * Describes a record in the log. Its time is from the platform's clock, because a record contains no time.
 */
function platformWords({ record, source }: FoundRecord, lineage: MembershipHistory): string {
	const atMs = source.in === "platform" ? source.atMs : null;
	const when = atMs === null ? "at an unknown time" : formatMinute(new Date(atMs).toISOString());
	return formatSide(record, authorWords(lineage.newest, record), when);
}

/** The newest record of each name in the log; undefined if the log cannot be read. */
async function newestInLog(
	session: VaultSession,
	target: LinkTarget,
	lineage: MembershipHistory,
	names: readonly string[],
): Promise<ReadonlyMap<string, FoundRecord> | undefined> {
	let found: LogSightings;
	try {
		found = await searchLogFor(session, target, lineage, names);
	} catch (error) {
		// Without this description, the user can still decide.
		if (error instanceof AppError) return undefined;
		throw error;
	}
	return new Map(found.sightings.map((sighting) => [sighting.record.name, sighting]));
}

/**
 * Describes the vault's side and the platform's side of each name that needs a decision.
 * @throws AppError as `readSession`
 */
export async function platformSides(
	context: SessionContext,
	target: LinkTarget,
	names: readonly string[],
): Promise<SyncSides[]> {
	const { session } = await readSession(context);
	const lineage = lineageOf(session);
	const here = await describeHere(session, names);
	const log = await newestInLog(session, target, lineage, names);
	return names.map((name) => {
		const sighting = log?.get(name);
		const absent = log ? "absent" : "unknown, because the platform's log cannot be read";
		return {
			name,
			here: here.get(name) ?? "absent",
			there: sighting ? platformWords(sighting, lineage) : absent,
		};
	});
}

/** Prints both sides of each name to stderr. @param there the name of the other side */
export function noteSides(sides: readonly SyncSides[], there: string, terminal: Terminal): void {
	for (const side of sides.slice(0, SIDES_LISTED_MAX)) {
		terminal.note(`  ${side.name}`);
		terminal.note(`    this vault: ${side.here}`);
		terminal.note(`    ${there}: ${side.there}`);
	}
	if (sides.length > SIDES_LISTED_MAX) terminal.note(`  … and ${sides.length - SIDES_LISTED_MAX} more`);
}
