/** Reads a platform's log, page by page. */
import type { Head, LogEntry } from "../../protocol/change.ts";
import type { ChangesPage } from "../../protocol/messages.ts";
import type { LinkTarget } from "../client/link-target.ts";
import { followLog, forked, type KnownHeads } from "./check-log.ts";

/** Log entries that continue a known head, and the head that they lead to. */
export interface NewEntries {
	readonly entries: readonly LogEntry[];
	readonly reached: Head;
}

/**
 * All entries after a head. @throws AppError exit 6 for the network, exit 7 if the log does not continue that
 * head
 */
export async function readLog(target: LinkTarget, from: Head): Promise<NewEntries> {
	const entries: LogEntry[] = [];
	const known: KnownHeads = new Map();
	let reached = from;
	for (;;) {
		const page: ChangesPage = await target.remote.readChanges(target.binding.app, reached.revision);
		const last = page.entries.at(-1);
		const claimed = last && last.revision < page.revision ? last : page;
		reached = followLog(reached, page.entries, claimed, known);
		entries.push(...page.entries);
		if (!last || last.revision >= page.revision) return { entries, reached };
	}
}

/**
 * The whole log, which must contain the known head.
 * @throws AppError as `readLog`
 */
export async function readWholeLog(target: LinkTarget, empty: Head, known: Head): Promise<NewEntries> {
	const news = await readLog(target, empty);
	if (known.revision === 0 || news.entries[known.revision - 1]?.head === known.head) return news;
	throw forked(`its revision ${known.revision} has another hash`);
}
