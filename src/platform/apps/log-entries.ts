/** The entries of an app's log: how they are read from the store, and what they change. */
import { AppError, EXIT } from "../../errors.ts";
import { type ChangesPage, decode, logEntrySchema, MESSAGE_LIMITS } from "../../protocol/messages.ts";
import type { SecretChange } from "../../references/plan/plan.ts";
import type { SealedRecord } from "../../vault/records/record.ts";
import { appStreams } from "../events/events.ts";
import type { Store, StreamEntry } from "../store/store.ts";

/** @throws AppError `LOG_DAMAGED` (exit 7) */
export function decodeEntry({ body, revision }: StreamEntry, app: string): ChangesPage["entries"][number] {
	try {
		return decode(logEntrySchema, JSON.parse(body), "The entry");
	} catch (cause) {
		throw new AppError({
			code: "LOG_DAMAGED",
			message: `Entry ${revision} of the log of ${app} cannot be read.`,
			hint: "The store was changed from outside. Restore it from a backup.",
			exit: EXIT.integrity,
			cause,
		});
	}
}

/**
 * Entries after a revision, oldest first: at most one page by count and by bytes.
 * @throws AppError `LOG_DAMAGED` (exit 7)
 */
export async function readEntries(
	store: Store,
	app: string,
	after: number,
	most: number,
): Promise<ChangesPage["entries"]> {
	const count = Math.min(most, MESSAGE_LIMITS.entriesPerPage);
	if (count <= 0) return [];
	let characters = 0;
	const page: ChangesPage["entries"] = [];
	for (const entry of await store.read(changeStream(app), after, count)) {
		characters += entry.body.length;
		if (page.length > 0 && characters > MESSAGE_LIMITS.bodyBytes) break;
		page.push(decodeEntry(entry, app));
	}
	return page;
}

/** The stream of the changes of an app's secrets. */
export function changeStream(app: string): string {
	return `${appStreams(app)}changes`;
}

/** What one entry of the log changed. */
export interface EntrySummary {
	/** The operation that made it. */
	readonly operation: string;
	/** When the platform accepted it, in milliseconds since 1970. Null for entries that earlier versions stored. */
	readonly atMs: number | null;
	/** The names of its records. */
	readonly names: readonly string[];
	/** Whether it contains a header. */
	readonly header: boolean;
	/**
	 * The names that were set to another value or deleted. A record that was only re-encrypted is not in it.
	 */
	readonly changed: readonly SecretChange[];
}

/**
 * The names that these records set to another value or delete. A record that was only re-encrypted keeps its
 * version.
 */
export function changedSecrets(
	before: ReadonlyMap<string, SealedRecord>,
	records: readonly SealedRecord[],
): SecretChange[] {
	const changed: SecretChange[] = [];
	for (const { name, version, kind } of records) {
		const old = before.get(name);
		if (kind === "live" && version !== old?.version) changed.push({ name, kind: "set" });
		else if (kind === "deleted" && old?.kind === "live") changed.push({ name, kind: "deleted" });
	}
	return changed;
}
