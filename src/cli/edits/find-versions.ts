/** Searches for the versions of one secret: in the file, in git, and in the platform's log. */
import { AppError, EXIT } from "../../errors.ts";
import type { HistoryOf } from "../../project/git/history/vault-commits.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import { historyRulesOf, lineageOf, searchFile, searchGit } from "../../project/secrets/local-history.ts";
import type { SessionContext, VaultSession } from "../../project/session/session.ts";
import { searchLog } from "../../sync/log/platform-history.ts";
import type { MembershipHistory } from "../../vault/document/membership-history.ts";
import type { VersionChoice } from "../../vault/records/choose-version.ts";
import { type FoundRecord, historyOf } from "../../vault/records/secret-history.ts";
import { isSecretName } from "../../vault/syntax/secret-name.ts";
import { findTarget } from "../context/linking.ts";
import { inheritedEnvironment } from "../shell/process-environment.ts";
import type { Terminal } from "../shell/terminal.ts";

/** The versions of a secret that were found, and the session that verified them. */
export interface FoundVersions extends VersionChoice {
	readonly session: VaultSession;
	readonly lineage: MembershipHistory;
	/** The highest valid version that was found, or that this device has seen; 0 if there is none. */
	readonly highest: number;
	/** Sentences that say what could not be searched, and why. */
	readonly notes: readonly string[];
	remember(): Promise<void>;
}

/** Does not repeat an invalid name, because it may be a value in the wrong place. */
function requireName(name: string): void {
	if (isSecretName(name)) return;
	throw new AppError({
		code: "NAME_INVALID",
		message: "The argument is not a valid name of a secret.",
		hint: "A name has 1 to 128 letters (A-Z, a-z), digits and underscores.",
		exit: EXIT.usage,
	});
}

interface LogSearch {
	readonly sightings: readonly FoundRecord[];
	readonly looked: readonly string[];
	readonly notes: readonly string[];
}

/**
 * Searches the platform's log. A failure becomes a note, because the search of the file and of git still has a result.
 */
async function searchPlatform(
	session: VaultSession,
	lineage: MembershipHistory,
	name: string,
): Promise<LogSearch> {
	const { environment, root } = session.context;
	try {
		const target = await findTarget(root, environment);
		if (!target) return { sightings: [], looked: [], notes: [] };
		const { revision, sightings } = await searchLog(session, target, lineage, name);
		return { sightings, looked: [`the platform's log (revision ${revision})`], notes: [] };
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		const notes = [`The platform's log was not searched: ${error.message}`];
		return { sightings: [], looked: ["the platform's log (not read)"], notes };
	}
}

function olderMembership(session: VaultSession, lineage: MembershipHistory): string[] {
	const seen = session.memory.pin?.epoch ?? 0;
	const { number } = lineage.newest.epoch;
	if (number >= seen) return [];
	return [
		`The membership that was found (epoch ${number}) is older than the one that this device has seen (epoch ${seen}). Members who were removed since then count as members here.`,
	];
}

/**
 * Searches for the versions of a secret, and warns about places that could not be searched.
 * @param from the part of git's history to search
 * @throws AppError `NAME_INVALID` (exit 2), `GIT_FAILED` (exit 1), or what `openSession` throws
 */
export async function findVersions(
	context: SessionContext,
	name: string,
	terminal: Terminal,
	from: HistoryOf = "head",
): Promise<FoundVersions> {
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
	const judge = historyRulesOf(session, lineage);
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
