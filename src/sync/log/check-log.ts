/**
 * Checks a platform's log: every entry must continue the chain, be signed by its author, and contain records
 * that their authors signed. A platform is a reader of the environment, so it can forge none of these.
 */
import { AppError, EXIT } from "../../errors.ts";
import {
	type Head,
	type Header,
	isAuthenticChange,
	type LogContext,
	type LogEntry,
	nextHead,
} from "../../protocol/change.ts";
import { type Link, parseLink } from "../../vault/chains/chain.ts";
import type { EnvironmentState } from "../../vault/chains/membership.ts";
import { parseRecordText, type SealedRecord } from "../../vault/records/record.ts";
import { verifyRecord } from "../../vault/records/seal.ts";

/** The error for an invalid log. @param message a clause that says what is wrong */
export function forked(message: string): AppError {
	return new AppError({
		code: "LOG_FORKED",
		message: `The platform's log is not a continuation of the one this device knows: ${message}.`,
		hint: "Somebody rolled the platform back or tampered with it. Nothing was taken from it. Ask its operator.",
		exit: EXIT.integrity,
	});
}

/** Known heads of a log, by revision. */
export type KnownHeads = Map<number, string>;

/**
 * Follows entries from a known head. Each change names the head that its sender saw, under the sender's
 * signature. A platform that inserts an entry, or shows different logs to different members, cannot produce
 * matching heads.
 * @param claimed the head that the platform claims for the last entry
 * @param known heads from earlier pages; the heads of these entries are added
 * @throws AppError `LOG_FORKED` (exit 7)
 */
export function followLog(
	from: Head,
	entries: readonly LogEntry[],
	claimed: Head,
	known: KnownHeads = new Map(),
): Head {
	let head = from;
	known.set(from.revision, from.head);
	for (const entry of entries) {
		const { base } = entry.change;
		const seen = known.get(base.revision);
		if (base.revision > head.revision || (seen !== undefined && seen !== base.head))
			throw forked(`the sender of revision ${entry.revision} saw another revision ${base.revision}`);
		head = nextHead(head, entry.change);
		if (head.revision !== entry.revision || head.head !== entry.head)
			throw forked(`revision ${entry.revision} does not follow from revision ${head.revision - 1}`);
		known.set(head.revision, head.head);
	}
	if (head.revision !== claimed.revision || head.head !== claimed.head) {
		throw forked(`it claims revision ${claimed.revision}, but its entries end at ${head.revision}`);
	}
	return head;
}

/** Both chains of the last entry with a header; undefined if there is none. */
export function lastHeader(entries: readonly LogEntry[]): { vault: Link[]; environment: Link[] } | undefined {
	const header: Header | null | undefined = entries.findLast((entry) => entry.change.header !== null)?.change
		.header;
	if (!header) return undefined;
	const parse = (lines: readonly string[]) => lines.map((text, index) => parseLink(text, index + 1));
	return { vault: parse(header.vault), environment: parse(header.environment) };
}

/**
 * The latest record of each name in the entries. Checks that a writer signed each change and each record.
 * @param state the environment at the last entry (`logState`)
 * @throws AppError exit 7
 */
export function recordsOf(
	context: LogContext,
	entries: readonly LogEntry[],
	state: EnvironmentState,
): Map<string, SealedRecord> {
	const writers = new Set([...state.epochs.values()].flatMap((epoch) => [...epoch.writers]));
	const records = new Map<string, SealedRecord>();
	for (const { change, revision } of entries) {
		if (!writers.has(change.author) || !isAuthenticChange(context, change)) {
			throw forked(`revision ${revision} is not signed by a writer of the environment`);
		}
		for (const text of change.records) {
			const record = parseRecordText(text);
			const before = records.get(record.name);
			if (!before || record.version >= before.version) records.set(record.name, record);
		}
	}
	for (const record of records.values()) verifyRecord(state, record);
	return records;
}
