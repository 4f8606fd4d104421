/** The state of an environment's sync with its platform or target, from this device's memory, without a request. */
import { AppError } from "../../errors.ts";
import { type Binding, isTargetBinding } from "../../project/files/config.ts";
import type { VaultSession } from "../../project/session/session.ts";
import {
	pendingNames,
	rememberedPlatform,
	type SyncState,
	syncStateOf,
} from "../../project/session/sync-state.ts";
import type { SealedRecord } from "../../vault/records/record.ts";

/**
 * The names that a sync would send, or that wait for a decision; sorted. Empty if the environment is not
 * linked.
 */
export async function pendingIn(session: VaultSession, binding: Binding | undefined): Promise<string[]> {
	if (binding === undefined) return [];
	if (!isTargetBinding(binding))
		return pendingNames(session.snapshot, rememberedPlatform(session.checkout, binding));
	const { pendingAtTarget } = await import("../../targets/sync.ts");
	return pendingAtTarget(session, binding);
}

/** The error of a device that lacks a token, or a target's credential. A retry would fail too. */
export class CredentialMissing extends AppError {}

/** Why there is no answer from a platform or a target: it does not answer, or this device could not send a request. */
export interface NoAnswer {
	readonly reason: string;
	readonly code: string;
	/** How to get the credential that this device lacks; left out if the other side is the cause. */
	readonly hint?: string;
}

/** Converts an AppError to the reason for a missing answer. @throws any other error */
export function toNoAnswer(error: unknown): NoAnswer {
	if (!(error instanceof AppError)) throw error;
	const { code, hint, message: reason } = error;
	return error instanceof CredentialMissing ? { code, reason, hint } : { code, reason };
}

/** Returns a function that gives each record's sync state. */
export async function syncStates(
	session: VaultSession,
	binding: Binding | undefined,
): Promise<(record: SealedRecord) => SyncState> {
	if (!isTargetBinding(binding)) return (record) => syncStateOf(record, session.checkout, binding);
	const pending = new Set(await pendingIn(session, binding));
	return ({ name }) => (pending.has(name) ? "pending" : "synced");
}

/** Throws an error again. Adds to the hint of an error about a missing link the flag that names a platform. */
export function rethrowWithUrl(error: unknown): never {
	const isMissing = error instanceof AppError && error.code === "NOT_LINKED";
	throw isMissing
		? error.with({ hint: `Name the platform: --url URL. Or link the environment. ${error.hint}` })
		: error;
}
