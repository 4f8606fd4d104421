/** Renames a secret: the new name gets the value, and the old name a tombstone, in one change of the vault. */
import { AppError, EXIT } from "../../errors.ts";
import { withRecords } from "../../vault/document/document.ts";
import { sealRecord } from "../../vault/records/seal.ts";
import { checkSecretName } from "../../vault/syntax/secret-name.ts";
import { editEnvironment } from "../session/edit-environment.ts";
import type { SessionContext, VaultSession } from "../session/session.ts";
import { getSecret, readSession, requireEditable } from "./edit-secrets.ts";

export interface RenameOutcome {
	/** The version of the new name. */
	readonly version: number;
	readonly warnings: readonly string[];
}

/** @throws AppError `SECRET_NOT_FOUND` (exit 4), `SECRET_EXISTS` (exit 5) */
function requireFree(session: VaultSession, from: string, to: string): string {
	const { value } = getSecret(session, from);
	if (session.value(to) === undefined) return value;
	throw new AppError({
		code: "SECRET_EXISTS",
		message: `Environment '${session.place.environment}' has a secret ${to} already. Nothing was changed.`,
		hint: `Choose another name, or delete ${to} first.`,
		exit: EXIT.conflict,
	});
}

/** @returns a warning about the new name @throws AppError `USAGE`, `NAME_INVALID`, `NAME_RESERVED` (exit 2) */
function checkNames(from: string, to: string): string | undefined {
	if (from === to) {
		throw new AppError({
			code: "USAGE",
			message: "Both names are the same.",
			hint: "coffer secrets rename OLD NEW",
			exit: EXIT.usage,
		});
	}
	return checkSecretName(to).warning;
}

/** Checks a renaming, and changes nothing. @throws AppError as `renameSecret` */
export async function checkRename(context: SessionContext, from: string, to: string): Promise<void> {
	checkNames(from, to);
	const { session } = await readSession(context);
	requireEditable(session);
	requireFree(session, from, to);
}

/**
 * Renames a secret. The new record keeps the epoch since which the value has been known (`since`), because a member
 * who was removed after it has read the value, whatever its name is now.
 * @throws AppError `SECRET_NOT_FOUND` (exit 4), `SECRET_EXISTS` (exit 5), `NAME_INVALID`, `NAME_RESERVED`, `USAGE` (exit
 *   2), and what `setSecrets` throws; nothing is changed then
 */
export async function renameSecret(
	context: SessionContext,
	from: string,
	to: string,
): Promise<RenameOutcome> {
	const warning = checkNames(from, to);
	return editEnvironment<RenameOutcome>(context, (session, { document: before }) => {
		requireEditable(session);
		const value = requireFree(session, from, to);
		const { keys, verified, warnings } = session;
		const since = verified.section.records.get(from)?.since;
		const seal = (secret: { name: string; value: string | undefined; since?: number }) =>
			sealRecord(verified.state, keys, context.identity, {
				...secret,
				version: session.nextVersion(secret.name),
			});
		const renamed = seal({ name: to, value, ...(since === undefined ? {} : { since }) });
		const written = [renamed, seal({ name: from, value: undefined })];
		return {
			document: withRecords(before, context.environment, written),
			written,
			result: {
				version: renamed.version,
				warnings: [...(warning === undefined ? [] : [warning]), ...warnings],
			},
		};
	});
}
