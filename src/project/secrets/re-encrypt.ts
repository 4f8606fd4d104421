/** Re-encrypts records that a merge brought under the key of an earlier epoch. */
import { AppError, EXIT } from "../../errors.ts";
import { withRecords } from "../../vault/document/document.ts";
import { type RemovalDebt, removalDebt } from "../../vault/document/removal-debt.ts";
import { staleRecords } from "../../vault/document/stale-records.ts";
import type { SealedRecord } from "../../vault/records/record.ts";
import { sealRecord } from "../../vault/records/seal.ts";
import type { LoadedVault } from "../files/vault-file.ts";
import { editEnvironment } from "../session/edit-environment.ts";
import type { SessionContext, VaultSession } from "../session/session.ts";
import { resealsOf } from "../session/sync-state.ts";
import { readSession, requireEditable } from "./edit-secrets.ts";

export interface ReencryptResult {
	/** Names that were re-encrypted; sorted. Each keeps its version and its value. */
	readonly resealed: readonly string[];
	/** Re-encryption does not reduce the debt: a removed member may have read those values. */
	readonly debt: readonly RemovalDebt[];
	readonly warnings: readonly string[];
}

/**
 * @throws AppError `NOT_STALE` (exit 4). An unknown word is not repeated: it may be a value that was typed in
 *   the wrong place
 */
function chosen(session: VaultSession, names: readonly string[]): SealedRecord[] {
	const stale = staleRecords(session.verified);
	if (names.length === 0) return stale;
	const found = stale.filter(({ name }) => names.includes(name));
	if (found.length === new Set(names).size) return found;
	throw new AppError({
		code: "NOT_STALE",
		message: "One of the names has no record under an earlier key. Nothing was changed.",
		hint:
			stale.length > 0
				? `Stale: ${stale.map(({ name }) => name).join(", ")}.`
				: "Every record is under the current key.",
		exit: EXIT.notFound,
	});
}

/** The names of records under an earlier key; sorted. @throws AppError as `openSession` */
export async function staleNames(context: SessionContext): Promise<string[]> {
	const { session } = await readSession(context);
	return staleRecords(session.verified).map(({ name }) => name);
}

/**
 * Re-encrypts stale records under the current key. They keep their version, their value, and the epoch in which
 * the value was set.
 * @param names the records to re-encrypt; all stale ones if empty
 * @throws AppError `NOT_A_WRITER` (exit 3), `NOT_STALE` (exit 4), `EPOCH_OLDER` and the errors of invalid
 *   records (exit 7)
 */
export async function resealStale(
	context: SessionContext,
	names: readonly string[],
): Promise<ReencryptResult> {
	return editEnvironment(context, (session, { document: before }) => {
		requireEditable(session);
		const { keys, verified, warnings, checkout } = session;
		const anew = chosen(session, names).map((record) => {
			const { name, version, since } = record;
			const secret = { name, version, since, value: session.open(record) };
			return sealRecord(verified.state, keys, context.identity, secret);
		});
		const remember = async (now: LoadedVault) => {
			const { platform } = checkout;
			if (platform) {
				const reseals = resealsOf(platform, verified.section.records, anew);
				platform.reseals = new Set([...platform.reseals, ...reseals]);
			}
			await session.remember(now, anew, { always: true });
		};
		const result = {
			resealed: anew.map(({ name }) => name),
			debt: removalDebt(verified),
			warnings,
		};
		const document = anew.length > 0 ? withRecords(before, context.environment, anew) : undefined;
		return { document, result, remember };
	});
}
