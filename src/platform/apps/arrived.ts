/** Entries of an app's streams that a node gets with the news that they were appended, so that it need not read them. */
import type { StreamEntry, StreamHead, StreamName } from "../store/store.ts";

/** The last revision of each stream of an app. 0: it has no entry. */
export interface StreamEnds {
	readonly events: number;
	readonly changes: number;
}

export interface Arrived {
	/** In the order of each stream. Some may be missing. */
	readonly entries: readonly StreamHead[];
	/** Where the streams ended when the last of them arrived. */
	readonly ends: StreamEnds;
}

/**
 * The entries that follow what is applied of a stream, one after the other.
 * @param applied the revision of the last entry that is applied; read again for each entry
 */
export function* nextOf(
	entries: readonly StreamHead[],
	stream: StreamName,
	applied: () => number,
): Generator<StreamEntry, void, void> {
	for (const entry of entries) if (entry.stream === stream && entry.revision === applied() + 1) yield entry;
}
