/** How an environment stands to whatever it is linked with, as far as is known here without asking. */
import { AppError } from "../../errors.ts";
import { type Binding, platformOf } from "../../project/files/config.ts";
import type { VaultSession } from "../../project/session/session.ts";
import {
	pendingNames,
	rememberedPlatform,
	type SyncState,
	syncStateOf,
} from "../../project/session/sync-state.ts";
import { pendingAtTarget } from "../../targets/sync.ts";
import type { SealedRecord } from "../../vault/records/record.ts";

/** The names that a sync would do something about, or that wait for a decision; sorted. None where nothing is linked. */
export async function pendingIn(session: VaultSession, binding: Binding | undefined): Promise<string[]> {
	if (binding === undefined) return [];
	if (binding.kind === "base44") return pendingAtTarget(session, binding);
	return pendingNames(session.verified, rememberedPlatform(session.checkout, binding));
}

/** Why a platform or another target was not asked, or gave no answer. */
export interface Unanswered {
	readonly reason: string;
	readonly code: string;
	/** How to come by what is missing on this device; left out where the other side is the reason. */
	readonly hint?: string;
}

/** Whether this device has nothing to show to the other side: waiting does not mend that. */
export function isCredentialMissing(code: string | undefined): boolean {
	return code === "TOKEN_MISSING" || code === "BASE44_KEY_MISSING";
}

/** What an error says about an answer that did not come. Anything but an AppError is thrown on. */
export function unanswered(error: unknown): Unanswered {
	if (!(error instanceof AppError)) throw error;
	const { code, hint, message: reason } = error;
	return isCredentialMissing(code) ? { code, reason, hint } : { code, reason };
}

/** Tells of each record how it stands. */
export async function syncStates(
	session: VaultSession,
	binding: Binding | undefined,
): Promise<(record: SealedRecord) => SyncState> {
	if (binding?.kind !== "base44")
		return (record) => syncStateOf(record, session.checkout, platformOf(binding));
	const pending = new Set(await pendingAtTarget(session, binding));
	return ({ name }) => (pending.has(name) ? "pending" : "synced");
}
