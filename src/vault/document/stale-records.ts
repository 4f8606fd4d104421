/**
 * Stale records are encrypted with the key of an earlier epoch. A merge can bring them into the vault. A member who was
 * removed since then has that key.
 */

import type { SealedRecord } from "../records/record.ts";
import type { VerifiedEnvironment } from "./document.ts";

/** The stale records of an environment, in the order of the file. */
export function staleRecords({ section, state }: VerifiedEnvironment): SealedRecord[] {
	return [...section.records.values()].filter((record) => record.epoch !== state.epoch.id);
}
