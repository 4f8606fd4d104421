/**
 * Records under the key of an earlier epoch: a merge brought them, and whoever was removed since holds that key.
 */

import type { SealedRecord } from "../records/record.ts";
import type { VerifiedEnvironment } from "./document.ts";

/** The stale records of an environment, in the file's order. */
export function staleRecords({ section, state }: VerifiedEnvironment): SealedRecord[] {
	return [...section.records.values()].filter((record) => record.epoch !== state.epoch.id);
}
