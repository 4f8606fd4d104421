/**
 * What can be found of one secret's past: in the file, in git, on the platform.
 */
import { AppError, EXIT } from "../../errors.ts";
import type { HistoryOf } from "../../project/git/history/vault-commits.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import { judgeOf, lineageOf, searchFile, searchGit } from "../../project/secrets/local-history.ts";
import type { SessionContext, VaultSession } from "../../project/session/session.ts";
import { searchLog } from "../../sync/log/platform-history.ts";
import type { MembershipHistory } from "../../vault/document/membership-history.ts";
import type { VersionChoice } from "../../vault/records/choose-version.ts";
import { type FoundRecord, historyOf } from "../../vault/records/secret-history.ts";
import { isSecretName } from "../../vault/syntax/secret-name.ts";
import { findTarget } from "../context/linking.ts";
import { inheritedEnvironment } from "../shell/process-environment.ts";
import type { Terminal } from "../shell/terminal.ts";

/** A secret's past, and the session that judged it. */
export interface LookUp extends VersionChoice {
	readonly session: VaultSession;
	readonly lineage: MembershipHistory;
	/** The highest version that counts and was found, or that this device has seen; 0 for none. */
	readonly highest: number;
	/** Sentences: what could not be looked at, and why. */
	readonly notes: readonly string[];
	remember(): Promise<void>;
}

/** A name that cannot be one is not repeated: it may be a value, typed in the wrong place. */
function requireName(name: string): void {
	if (isSecretName(name)) return;
	throw new AppError({
		code: "NAME_INVALID",
		message: "What was given is not the name of a secret.",
		hint: "A name is 1 to 128 letters, digits and underscores.",
		exit: EXIT.usage,
	});
}

interface Logged {
	readonly sightings: readonly FoundRecord[];
	readonly looked: readonly string[];
	readonly notes: readonly string[];
}

/** The platform's part. Whatever keeps it from being looked at is a note: the file and git are there without it. */
async function searchPlatform(
	session: VaultSession,
	lineage: MembershipHistory,
	name: string,
): Promise<Logged> {
	const { environment, root } = session.context;
	try {
		const target = await findTarget(root, environment);
		if (!target) return { sightings: [], looked: [], notes: [] };
		const { revision, sightings } = await searchLog(session, target, lineage, name);
		return { sightings, looked: [`the platform's log (revision ${revision})`], notes: [] };
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		const notes = [`The platform's log was not used: ${error.message}`];
		return { sightings: [], looked: ["the platform's log (not read)"], notes };
	}
}

function olderMembership(session: VaultSession, lineage: MembershipHistory): string[] {
	const seen = session.memory.pin?.epoch ?? 0;
	const { number } = lineage.newest.epoch;
	if (number >= seen) return [];
	return [
		`The membership that was found is older (epoch ${number}) than this device has seen (epoch ${seen}): whoever was removed since counts here as a member.`,
	];
}

/**
 * Looks a secret's past up, and warns of what could not be looked at.
 * @param from how much of git's history is looked at
 * @throws AppError `NAME_INVALID` (exit 2), `GIT_FAILED` (exit 1), or what `openSession` throws
 */
export async function lookUp(
	context: SessionContext,
	name: string,
	terminal: Terminal,
	from: HistoryOf = "head",
): Promise<LookUp> {
	requireName(name);
	const { session, remember } = await readSession(context);
	for (const warning of session.warnings) terminal.warn(warning);
	const lineage = lineageOf(session);
	const place = { folder: context.root, variables: inheritedEnvironment() };
	const file = searchFile(session, name);
	const git = await searchGit(place, session, lineage, name, from);
	const log = await searchPlatform(session, lineage, name);
	const notes = [...git.notes, ...log.notes, ...olderMembership(session, lineage)];
	for (const note of notes) terminal.warn(note);
	const judge = judgeOf(session, lineage);
	const history = historyOf([...file.sightings, ...git.sightings, ...log.sightings], judge);
	const marked = session.memory.marks.get(name)?.version ?? 0;
	return {
		name,
		session,
		lineage,
		history,
		highest: Math.max(history.versions[0]?.version ?? 0, marked),
		searched: [file.looked, git.looked, ...log.looked],
		environment: session.place.environment,
		hasVersionMark: judge.hasVersionMark,
		notes,
		remember,
	};
}
