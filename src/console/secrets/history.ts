/** Entries of an app's log as a timeline. Pure. */
import type { History } from "../../protocol/console.ts";
import { countText } from "../text/instants.ts";

export type HistoryEntry = History["entries"][number];

export interface Day {
	/** The day's name; empty for entries without a time. */
	readonly day: string;
	readonly entries: readonly HistoryEntry[];
}

/** Groups entries by day, in their order. @param dayText names the day of a time */
export function byDay(entries: readonly HistoryEntry[], dayText: (atMs: number) => string): readonly Day[] {
	const days: { day: string; entries: HistoryEntry[] }[] = [];
	for (const entry of entries) {
		const day = entry.atMs === null ? "" : dayText(entry.atMs);
		const last = days.at(-1);
		if (last?.day === day) last.entries.push(entry);
		else days.push({ day, entries: [entry] });
	}
	return days;
}

/** What became of the functions that were redeployed, in words. */
export function redeployedText({ redeployed }: HistoryEntry): string {
	if (redeployed.length === 0) return "No function was redeployed.";
	const failed = redeployed.filter(({ status }) => status === "failed").length;
	const all = countText(redeployed.length, "function");
	return failed === 0 ? `${all} redeployed.` : `${all} redeployed, ${failed} failed.`;
}

/** An entry of the log with the record that it has of one secret. */
export interface Version {
	readonly entry: HistoryEntry;
	readonly record: HistoryEntry["records"][number];
	/** Whether the value is that of the entry before: a new key encrypts all values again. */
	readonly isAgain: boolean;
}

/** The entries that have a record of a secret, in their order. @param entries the newest first */
export function versionsOf(entries: readonly HistoryEntry[], name: string): readonly Version[] {
	const found = entries.flatMap((entry) => {
		const record = entry.records.find((each) => each.name === name);
		return record === undefined ? [] : [{ entry, record }];
	});
	return found.map((each, index) => ({
		...each,
		isAgain: found[index + 1]?.record.version === each.record.version,
	}));
}

/** What happened to the secret, as the beginning of a sentence. */
export function versionText({ record: { kind, version }, isAgain }: Version): string {
	if (isAgain) return `Version ${version} encrypted again`;
	return kind === "deleted" ? `Deleted in version ${version}` : `Version ${version}`;
}
