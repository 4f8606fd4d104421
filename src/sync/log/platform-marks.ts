/** Reads a platform's log as version marks, for a device without its own, as in a fresh clone. */
import type { LogMarks } from "../../project/verify/verify-platform-log.ts";
import { emptyHead } from "../../protocol/change.ts";
import { verifyEnvironment } from "../../vault/chains/membership.ts";
import { verifyRoot } from "../../vault/chains/vault-chain.ts";
import { type LinkTarget, logContextOf } from "../client/link-target.ts";
import { forked, lastHeader, recordsOf } from "./check-log.ts";
import { readLog } from "./read-log.ts";

/**
 * Reads and verifies the whole log of an environment's app. The log needs no other proof: from the vault's genesis on,
 * a writer of the log's own membership signed every change and every record.
 * @throws AppError exit 3, 4 or 6 if it cannot be read, exit 7 if it is invalid
 */
export async function readLogMarks(
	target: LinkTarget,
	place: { readonly vaultId: string; readonly environment: string },
): Promise<LogMarks> {
	const context = logContextOf(target.binding, place.vaultId, place.environment);
	const { entries, reached } = await readLog(target, emptyHead(context));
	const header = lastHeader(entries);
	if (!header) {
		if (entries.length === 0)
			return { ...reached, links: { vault: [], environment: [] }, records: new Map() };
		throw forked("it contains changes, but no membership");
	}
	const root = verifyRoot(place.vaultId, header.vault);
	const state = verifyEnvironment(root, place.environment, header.environment, 1);
	return { ...reached, links: header, records: recordsOf(context, entries, state) };
}
