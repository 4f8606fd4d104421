/**
 * Verifies the entries that others appended to the log, and merges them into the vault by name, with one write under
 * the vault's lock.
 */

import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import type { PlatformBinding } from "../../project/files/config.ts";
import { editVault, type LoadedVault, type VaultEdit } from "../../project/files/vault-file.ts";
import type { PlatformMemory } from "../../project/memory/device-state.ts";
import { openSession, readingOf } from "../../project/session/open-session.ts";
import type { SessionContext, VaultSession } from "../../project/session/session.ts";
import type { LogEntry } from "../../protocol/change.ts";
import { type Link, linkHash } from "../../vault/chains/chain.ts";
import { type VaultDocument, withRecords, withSection } from "../../vault/document/document.ts";
import { compareChain } from "../../vault/document/version-marks.ts";
import { type LinkTarget, linkOtherApp, logContextOf } from "../client/link-target.ts";
import { forked, lastHeader } from "../log/check-log.ts";
import { LogView } from "../log/log-view.ts";
import type { NewEntries } from "../log/read-log.ts";
import { advanced, memoryOf, memoryWithConflicts } from "../log/sync-memory.ts";
import { type SideChooser, type Union, unite } from "./merge-with-log.ts";

/** The outcome of a merge. */
export interface Integration extends Pick<Union, "taken" | "conflicts" | "rolledBack"> {
	/**
	 * Nothing was merged: another process has synced further than these entries, or the whole log is needed. The
	 * caller reads again.
	 */
	readonly isOvertaken: boolean;
}

const OVERTAKEN: Integration = { taken: [], conflicts: [], rolledBack: [], isOvertaken: true };

function diverged(environment: string): AppError {
	return new AppError({
		code: "MEMBERSHIP_DIVERGED",
		message: `The members of environment '${environment}' were changed both here and on the platform.`,
		hint: `To keep the platform's changes, and apply the changes here again after them: ${inEnvironment("coffer sync --take platform", environment)}`,
		exit: EXIT.conflict,
	});
}

/** The app's log belongs to an environment of this name that was deleted: another key, other members. */
function recreated(environment: string, binding: PlatformBinding): AppError {
	return new AppError({
		code: "ENVIRONMENT_RECREATED",
		message: `The app '${binding.app}' belongs to an earlier environment '${environment}', which is not the one in this vault. Nothing was taken from it, and nothing was sent.`,
		hint: `Link with an app of another name: ${linkOtherApp(binding, environment)}\nThe earlier app continues to run with the values that it has, until it is deleted: coffer apps delete ${binding.app} --url ${binding.url}`,
		exit: EXIT.conflict,
	});
}

/** The longer of two chains of which one continues the other. */
function longer(ours: readonly Link[], theirs: readonly Link[], environment: string): readonly Link[] {
	const comparison = compareChain(theirs.map(linkHash), ours);
	if (comparison === "diverged") throw diverged(environment);
	return comparison === "older" ? theirs : ours;
}

/**
 * The document with the log's newest membership, if that is newer than the file's.
 * @throws AppError `MEMBERSHIP_DIVERGED` (exit 5) if neither continues the other, `ENVIRONMENT_RECREATED` (exit 5)
 */
export function withHeader(
	document: VaultDocument,
	environment: string,
	{ binding, entries }: { binding: PlatformBinding; entries: readonly LogEntry[] },
): VaultDocument {
	const header = lastHeader(entries);
	const section = document.environments.get(environment);
	if (!header || !section) return document;
	const isOther = section.links[0]?.text !== header.environment[0]?.text;
	if (isOther && compareChain(header.vault.map(linkHash), document.links) === "longer")
		throw recreated(environment, binding);
	const links = longer(section.links, header.environment, environment);
	return withSection(
		{ ...document, links: longer(document.links, header.vault, environment) },
		{ ...section, links },
	);
}

/**
 * Whether the entries are newer than this memory. Another process on this machine may have synced since they were
 * requested, and older entries would undo that.
 * @throws AppError `LOG_FORKED` (exit 7) if they belong to another history
 */
function extend(memory: PlatformMemory, { entries, reached }: NewEntries): boolean {
	const start = entries[0] ? entries[0].revision - 1 : reached.revision;
	if (memory.revision < start || memory.revision > reached.revision) return false;
	const at = entries[memory.revision - start - 1];
	if (at && at.head !== memory.head) throw forked(`its revision ${memory.revision} has another hash`);
	return true;
}

function viewOf(
	session: VaultSession,
	target: LinkTarget,
	news: NewEntries,
	memory: PlatformMemory,
): LogView {
	const { environment, vaultId } = session.place;
	return new LogView(session, logContextOf(target.binding, vaultId, environment), news, memory);
}

/**
 * Merges log entries into the vault.
 * @param news entries from the remembered head on, checked by `followLog`, or the whole log if decisions may
 *   need any record of the platform
 */
export async function integrate(
	context: SessionContext,
	target: LinkTarget,
	news: NewEntries,
	take: SideChooser,
): Promise<Integration> {
	const { environment } = context;
	const edit = async (loaded: LoadedVault): Promise<VaultEdit<Integration>> => {
		const merged = withHeader(loaded.document, environment, { ...target, entries: news.entries });
		const session = await openSession({ ...loaded, document: merged }, context);
		const memory = memoryOf(session, target);
		const log = extend(memory, news) ? viewOf(session, target, news, memory) : undefined;
		const union = log && unite(session, memory, log, take);
		if (!union) return { result: OVERTAKEN };
		const { records, taken, conflicts, rolledBack, resealed } = union;
		const remember = async (now: LoadedVault) => {
			const present = now.document.environments.get(environment)?.records ?? new Map();
			const agreement = {
				news,
				theirs: log.records,
				resealed,
				now: { digest: now.digest, records: present },
			};
			session.checkout.platform =
				conflicts.length === 0
					? advanced(memory, agreement)
					: memoryWithConflicts(memory, log.records, conflicts, resealed);
			await session.remember(now, records, { always: true });
		};
		// Without a change, the text is the same, so it is not printed again. Printing 10,000 records takes 40 ms.
		const isChanged = records.length > 0 || merged !== loaded.document;
		const document = isChanged ? withRecords(merged, environment, records) : undefined;
		return { document, result: { taken, conflicts, rolledBack, isOvertaken: false }, remember };
	};
	return editVault(context.root, edit, { reading: readingOf(context) });
}
