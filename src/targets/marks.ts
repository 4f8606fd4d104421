/** What this device remembers of the records that it sent to a target. */
import {
	type SentMark,
	sentMark,
	type TargetId,
	type TargetMemory,
	targetKey,
} from "../project/memory/target-memory.ts";
import type { SealedRecord } from "../vault/records/record.ts";

/** The marks of the records that were sent to a target; `firstMarks` if nothing was sent to it yet. */
export function marksFor(
	memory: TargetMemory,
	id: TargetId,
	records: ReadonlyMap<string, SealedRecord>,
): Map<string, SentMark> {
	return memory.sent.get(targetKey(id)) ?? firstMarks(records);
}

/**
 * Names that were deleted before this device first sent anything are not deleted at the target: such a value
 * was set there by somebody else, and could not be restored.
 */
function firstMarks(records: ReadonlyMap<string, SealedRecord>): Map<string, SentMark> {
	const tombstones = [...records.values()].filter(({ kind }) => kind === "deleted");
	return new Map(tombstones.map((record) => [record.name, sentMark(record)]));
}
