/** The part of an app's log that a checkpoint leaves out: when it is needed, and how it is read. */
import { AppError } from "../../../errors.ts";
import type { Change, Head } from "../../../protocol/change.ts";
import { isNewer, parseRecordText } from "../../../vault/records/record.ts";
import { EventStream, type StreamPosition } from "../../events/event-stream.ts";
import { type AppEvent, appEventSchema, eventStream } from "../../events/events.ts";
import type { AppLifetime } from "../../functions/lifetimes.ts";
import type { Store } from "../../store/store.ts";
import { entryDamaged } from "../app-faults.ts";
import { changeStream, decodeEntry } from "../log-entries.ts";
import { AppFold, type AppState } from "../state/app-state.ts";

/** Whether more of the log must be known to decide about a change: it builds on an earlier head, or may be in the log. */
export function needsHistory(state: AppState, change: Change): boolean {
	if (state.historyFrom === 0 || state.operations.has(change.operation)) return false;
	return change.base.revision < state.historyFrom || mayBeRepeated(state, change);
}

/**
 * Whether the log may have a change already. A record in the log is never replaced by an older one, so a change that
 * has only records that are newer than the present ones is new.
 */
function mayBeRepeated(state: AppState, { records }: Change): boolean {
	if (records.length === 0) return true;
	try {
		return !records.map(parseRecordText).every((record) => isNewer(record, state.records.get(record.name)));
	} catch (error) {
		// Not in the log, then. Whoever decides about the change says what is wrong.
		if (error instanceof AppError) return false;
		throw error;
	}
}

export interface HistoryOptions {
	/** A fold that knows the end of the log. */
	readonly present: AppFold;
	/** Where it is in the stream of events. */
	readonly events: StreamPosition;
	readonly lifetime: AppLifetime;
	readonly store: Store;
	/** The key of the platform's identity for stored state: 32 bytes. */
	readonly key: Uint8Array;
}

/**
 * Adds to a fold what a checkpoint left out of it.
 * @param checkPresent throws if the app has been deleted, which is then the reason why the streams cannot be read
 * @throws AppError as `readWhole`; what `checkPresent` throws
 */
export async function completeHistory(
	present: AppFold,
	from: Omit<HistoryOptions, "present">,
	checkPresent: () => void,
): Promise<void> {
	if (present.historyFrom === 0) return;
	const whole = await readWhole({ ...from, present }).catch((error: unknown) => {
		checkPresent();
		throw error;
	});
	present.adoptHistory(whole);
}

/**
 * Reads an app's streams from their beginning and verifies everything, as a start without a checkpoint does.
 * @throws AppError exit 7 if a stream is damaged or altered, or does not lead to the present state
 */
export async function readWhole({ events, key, lifetime, present, store }: HistoryOptions): Promise<AppFold> {
	const { context, isShared } = present;
	const { app } = context;
	const end: Head = present.head;
	const whole = new AppFold(context, isShared);
	for (const entry of await store.read(changeStream(app), 0, end.revision))
		whole.applyEntry(decodeEntry(entry, app));
	if (whole.head.head !== end.head) throw entryDamaged(app, whole.head.revision);
	const stream = new EventStream<AppEvent>({
		...{ store, key, stream: eventStream(app), owner: lifetime.id, schema: appEventSchema },
		apply: (event) => whole.applyEvent(event),
	});
	for (const entry of await store.read(eventStream(app), 0, events.revision)) stream.take(entry);
	if (stream.position.previous !== events.previous) throw entryDamaged(app, end.revision);
	return whole;
}
