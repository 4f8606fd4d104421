/**
 * Edits of one environment of the vault, verified before the edit and remembered after it.
 */
import type { SealedRecord } from "../../vault/records/record.ts";
import { editVault, type LoadedVault, type VaultEdit } from "../files/vault-file.ts";
import { openSession, readingOf } from "./open-session.ts";
import type { SessionContext, VaultSession } from "./session.ts";

/** The outcome of an edit of one environment. */
export interface EnvironmentEdit<T> extends VaultEdit<T> {
	/** The records that the edit added to the document. Their version marks are remembered. */
	readonly written?: readonly SealedRecord[] | undefined;
}

/**
 * Edits one environment as `editVault` does: under the vault's lock, with an atomic replacement of the file.
 * Before `edit` runs, the chains of the vault and of the environment are verified and compared with what this
 * device has seen. After the file is written, this device remembers the vault that it read, and `written`.
 * @param edit gets the opened session and the vault that it was opened from. If it returns a `remember`, that
 *   replaces the usual one
 * @throws AppError as `openSession` and `editVault`, or what `edit` throws
 */
export function editEnvironment<T>(
	context: SessionContext,
	edit: (session: VaultSession, loaded: LoadedVault) => EnvironmentEdit<T>,
): Promise<T> {
	const open = async (loaded: LoadedVault): Promise<VaultEdit<T>> => {
		const session = await openSession(loaded, context);
		const { written, ...edited } = edit(session, loaded);
		return { remember: (now) => session.remember(now, written), ...edited };
	};
	return editVault(context.root, open, { reading: readingOf(context), whileWriting: context.meanwhile });
}
