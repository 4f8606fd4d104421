/** Limits the size of one change. */
import { MESSAGE_LIMITS } from "../../protocol/messages.ts";
import type { SealedRecord } from "../../vault/records/record.ts";

/** The first records that fit into one message. */
export function firstBatch(records: readonly SealedRecord[]): SealedRecord[] {
	const batch: SealedRecord[] = [];
	let characters = 0;
	for (const record of records) {
		characters += record.name.length + record.body.length;
		if (
			batch.length >= MESSAGE_LIMITS.recordsPerChange ||
			(batch.length > 0 && characters > MESSAGE_LIMITS.recordCharactersPerChange)
		)
			break;
		batch.push(record);
	}
	return batch;
}
