/**
 * Both sides of each name that a sync with Base44 leaves to a person. Base44 tells neither an author nor a version: what
 * is known of its side is the record that this device sent there last.
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

const UNTOLD = "Base44 tells no author";

/** What is known of a record that was sent: its author and date where a commit has it. */
async function sentWords(session: VaultSession, name: string, mark: SentMark): Promise<string> {
	const lineage = lineageOf(session);
	const place = { folder: session.context.root, variables: inheritedEnvironment() };
	const { sightings } = await searchGit(place, session, lineage, name, "everywhere");
	const sent = sightings.find(({ record }) => recordDigest(record) === mark.digest);
	if (!sent) return `v${mark.version}, sent from this device; ${UNTOLD}, and no commit has this version`;
	const atMs = sent.source.in === "git" ? sent.source.atMs : null;
	const when = atMs === null ? "without a date" : formatMinute(new Date(atMs).toISOString());
	return `${sideWords(sent.record, authorWords(lineage.newest, sent.record), when)}, sent from this device`;
}

/** @throws AppError as `readSession`; `STATE_DAMAGED` (exit 7), `GIT_FAILED` (exit 1) */
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
	// Each name is a walk through git's history.
	for (const name of names.slice(0, SIDES_LISTED_MAX)) {
		const mark = marks.get(name);
		const there = mark ? await sentWords(session, name, mark) : UNTOLD;
		sides.push({ name, here: here.get(name) ?? "gone", there });
	}
	for (const name of names.slice(SIDES_LISTED_MAX))
		sides.push({ name, here: here.get(name) ?? "gone", there: UNTOLD });
	return sides;
}
