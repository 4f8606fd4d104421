/**
 * Describes both sides of each secret that a sync with Base44 cannot decide. Base44 tells neither author nor
 * version. So its side is described by the record that this device sent last.
 */
import type { Base44Binding } from "../../project/files/config.ts";
import { readTargetMemory, type SentMark } from "../../project/memory/target-memory.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import { lineageOf, searchGit } from "../../project/secrets/local-history.ts";
import type { SessionContext, VaultSession } from "../../project/session/session.ts";
import { placeNamed } from "../../targets/base44-binding.ts";
import { marksFor } from "../../targets/sync.ts";
import { recordDigest } from "../../vault/records/record.ts";
import { formatMinute } from "../context/instant.ts";
import { inheritedEnvironment } from "../shell/process-environment.ts";
import { authorWords, sideWords } from "../sides/conflict-sides.ts";
import { describeHere, SIDES_LISTED_MAX, type SyncSides } from "../sides/sync-sides.ts";

const UNKNOWN = "Base44 does not tell the author";

/** Describes a record that this device sent, with its author and date if a commit contains it. */
async function sentWords(session: VaultSession, name: string, mark: SentMark): Promise<string> {
	const lineage = lineageOf(session);
	const place = { folder: session.context.root, variables: inheritedEnvironment() };
	const { sightings } = await searchGit(place, session, lineage, name, "everywhere");
	const sent = sightings.find(({ record }) => recordDigest(record) === mark.digest);
	if (!sent)
		return `v${mark.version}, sent from this device; ${UNKNOWN}, and no commit contains this version`;
	const atMs = sent.source.in === "git" ? sent.source.atMs : null;
	const when = atMs === null ? "at an unknown time" : formatMinute(new Date(atMs).toISOString());
	return `${sideWords(sent.record, authorWords(lineage.newest, sent.record), when)}, sent from this device`;
}

/**
 * Describes the vault's side and Base44's side of each name.
 * @throws AppError as `readSession`; `STATE_DAMAGED` (exit 7), `GIT_FAILED` (exit 1)
 */
export async function base44Sides(
	context: SessionContext,
	binding: Base44Binding,
	names: readonly string[],
): Promise<SyncSides[]> {
	const { session } = await readSession(context);
	const memory = await readTargetMemory(session.place);
	const marks = marksFor(memory, placeNamed(binding), session.verified.section.records);
	const here = await describeHere(session, names);
	const sides: SyncSides[] = [];
	// Limited, because each name needs a search through git's history.
	for (const name of names.slice(0, SIDES_LISTED_MAX)) {
		const mark = marks.get(name);
		const there = mark ? await sentWords(session, name, mark) : UNKNOWN;
		sides.push({ name, here: here.get(name) ?? "absent", there });
	}
	for (const name of names.slice(SIDES_LISTED_MAX))
		sides.push({ name, here: here.get(name) ?? "absent", there: UNKNOWN });
	return sides;
}
