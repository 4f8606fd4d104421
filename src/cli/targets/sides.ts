/**
 * Describes both sides of each secret that a sync with a target cannot decide. A target returns neither author nor
 * version. So its side is described by the record that this device sent last.
 */
import { readTargetMemory, type SentMark } from "../../project/memory/target-memory.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import { lineageOf, searchGit } from "../../project/secrets/local-history.ts";
import type { SessionContext, VaultSession } from "../../project/session/session.ts";
import { boundId, type LinkedTarget } from "../../targets/linked.ts";
import { marksFor } from "../../targets/marks.ts";
import { recordDigest } from "../../vault/records/record.ts";
import { formatMinute } from "../context/instant.ts";
import { inheritedEnvironment } from "../shell/process-environment.ts";
import { authorWords, formatSide } from "../sides/conflict-sides.ts";
import { describeHere, SIDES_LISTED_MAX, type SyncSides } from "../sides/sync-sides.ts";

/** Describes a record that this device sent, with its author and date if a commit contains it. */
async function sentWords(
	session: VaultSession,
	name: string,
	mark: SentMark,
	unknown: string,
): Promise<string> {
	const lineage = lineageOf(session);
	const place = { folder: session.context.root, variables: inheritedEnvironment() };
	const { sightings } = await searchGit(place, session, lineage, name, "everywhere");
	const sent = sightings.find(({ record }) => recordDigest(record) === mark.digest);
	if (!sent)
		return `v${mark.version}, sent from this device; ${unknown}, and no commit contains this version`;
	const atMs = sent.source.in === "git" ? sent.source.atMs : null;
	const when = atMs === null ? "at an unknown time" : formatMinute(new Date(atMs).toISOString());
	return `${formatSide(sent.record, authorWords(lineage.newest, sent.record), when)}, sent from this device`;
}

/**
 * Describes the vault's side and the target's side of each name.
 * @throws AppError as `readSession`; `STATE_DAMAGED` (exit 7), `GIT_FAILED` (exit 1)
 */
export async function targetSides(
	context: SessionContext,
	{ binding, kind }: LinkedTarget,
	names: readonly string[],
): Promise<SyncSides[]> {
	const unknown = `${kind.title} does not report the author`;
	const { session } = await readSession(context);
	const memory = await readTargetMemory(session.place);
	const marks = marksFor(memory, boundId(binding), session.verified.section.records);
	const here = await describeHere(session, names);
	const sides: SyncSides[] = [];
	// Limited, because each name needs a search through git's history.
	for (const name of names.slice(0, SIDES_LISTED_MAX)) {
		const mark = marks.get(name);
		const there = mark ? await sentWords(session, name, mark, unknown) : unknown;
		sides.push({ name, here: here.get(name) ?? "absent", there });
	}
	for (const name of names.slice(SIDES_LISTED_MAX))
		sides.push({ name, here: here.get(name) ?? "absent", there: unknown });
	return sides;
}
