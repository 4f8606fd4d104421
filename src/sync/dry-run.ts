/** Predicts the requests of a sync with a platform, without a connection. */
import type { PlatformBinding } from "../project/files/config.ts";
import { loadVault } from "../project/files/vault-file.ts";
import { openSession } from "../project/session/open-session.ts";
import type { SessionContext } from "../project/session/session.ts";
import { ROUTES, type Route, routePath } from "../protocol/routes.ts";
import type { SealedRecord } from "../vault/records/record.ts";
import { firstBatch } from "./changes/batch.ts";
import { outgoing } from "./changes/outgoing.ts";
import { logContextOf } from "./client/link-target.ts";
import { memoryOf } from "./log/sync-memory.ts";

export interface PlannedCall {
	readonly method: Route["method"];
	readonly url: string;
	/** Names of the records in the request. */
	readonly names: readonly string[];
}

export interface PlannedSync {
	readonly calls: readonly PlannedCall[];
	/** Names that are older here than the agreed version, or missing. A sync would not change them. */
	readonly rolledBack: readonly string[];
	/** The revision after which the log is read. The answers contain the entries that others appended. */
	readonly after: number;
	readonly warnings: readonly string[];
}

/**
 * Predicts a sync from this device's memory. Changes of others may lead to another result.
 * @throws AppError as `openSession`; `LINK_FOREIGN`, `LINK_MOVED` (exit 7)
 */
export async function plannedSync(context: SessionContext, binding: PlatformBinding): Promise<PlannedSync> {
	const session = await openSession(await loadVault(context.root), context);
	logContextOf(binding, session.place.vaultId, session.place.environment);
	const memory = memoryOf(session, { binding });
	const { records, rolledBack, sendHeader } = outgoing(session, memory);
	const url = (route: Route, query = "") =>
		new URL(routePath(route, { app: binding.app }) + query, binding.url).href;
	const posts: PlannedCall[] = batchesOf(records, sendHeader).map((names) => ({
		method: ROUTES.appendChange.method,
		url: url(ROUTES.appendChange),
		names,
	}));
	const read: PlannedCall = {
		method: ROUTES.readChanges.method,
		url: url(ROUTES.readChanges, `?after=${memory.revision}`),
		names: [],
	};
	return {
		calls: [read, ...posts],
		rolledBack,
		after: memory.revision,
		warnings: session.warnings,
	};
}

/** Names of the records in each change. A changed header is sent even without records. */
function batchesOf(records: readonly SealedRecord[], sendHeader: boolean): string[][] {
	const batches: string[][] = [];
	for (let rest = records; rest.length > 0; ) {
		const batch = firstBatch(rest);
		batches.push(batch.map(({ name }) => name));
		rest = rest.slice(batch.length);
	}
	return batches.length === 0 && sendHeader ? [[]] : batches;
}
