/**
 * Prepares the vault and the platform for a removal of members.
 *
 * Only records of current writers are valid. Therefore records of the removed member that only the platform has must be
 * taken first, so that they are re-encrypted. If the re-encrypted records need several changes, a client that reads the
 * log between two of them must not find a record that is no longer valid. For that case, an epoch without a removal is
 * begun first: after it, all records are signed by the member who removes the other.
 */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import { membersToRemove, renewKey } from "../../project/members/remove-members.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../project/session/session.ts";
import { firstBatch } from "../changes/batch.ts";
import { type SyncOutcome, syncEnvironment } from "../changes/sync.ts";
import type { LinkTarget } from "../client/link-target.ts";

function rolledBack(names: readonly string[], environment: string): AppError {
	return new AppError({
		code: "SYNC_ROLLED_BACK",
		message: `Older here than on the platform, or missing here: ${names.join(", ")}. No member was changed.`,
		hint: `Decide first: ${inEnvironment("coffer sync --take local|platform", environment)}.`,
		exit: EXIT.conflict,
		names,
	});
}

/** Syncs before the change. @throws AppError as `syncEnvironment`; the message says that no member was changed */
async function syncFirst(context: SessionContext, target: LinkTarget): Promise<SyncOutcome> {
	try {
		return await syncEnvironment(context, target);
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		const { environment } = context;
		const isAway = error.exit === EXIT.network || error.exit === EXIT.notFound;
		throw error.with({
			message: `No member was changed, because environment '${environment}' could not be synced first. ${error.message}`,
			hint: isAway
				? "Try again when the platform can be reached and has the app. To change the vault now and sync later, add --no-sync."
				: error.hint,
			// The error's data belongs to a sync, but the commands that call this have other data. So only the names are kept.
			data: undefined,
		});
	}
}

/**
 * Prepares vault and platform for a removal.
 * @throws AppError as `membersToRemove` and `syncEnvironment`; exit 6 if the platform cannot be reached
 */
export async function prepareRemoval(
	context: SessionContext,
	target: LinkTarget,
	names: readonly string[],
): Promise<void> {
	membersToRemove((await readSession(context)).session, names);
	const synced = await syncFirst(context, target);
	if (synced.rolledBack.length > 0) throw rolledBack(synced.rolledBack, context.environment);
	const { session } = await readSession(context);
	membersToRemove(session, names);
	const records = [...session.verified.section.records.values()];
	if (firstBatch(records).length === records.length) return;
	await renewKey(context);
	await syncFirst(context, target);
}
