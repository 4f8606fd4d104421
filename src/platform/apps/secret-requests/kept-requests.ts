/**
 * The requests for secrets of an app that the platform keeps, as texts of `coffer.requests` (docs/format.md, section 14).
 * Pure.
 *
 * Each device sends those that are in its working copy, and working copies differ. So requests are added and never
 * replaced. One leaves when the log shows that it is filled, or when nobody has sent it for some time.
 */
import { type JudgedRequest, judgeRequests } from "../../../vault/requests/answers.ts";
import { entryFile, parseEntry, type RequestEntry } from "../../../vault/requests/entry.ts";
import type { AppState } from "../state/app-state.ts";

/** The most requests and answers of an app. */
export const KEPT_MAX = 200;
/** How long one is kept after a device has sent it last. */
const KEPT_MS = 14 * 24 * 60 * 60 * 1000;

export interface KeptEntry {
	readonly text: string;
	/** When a device sent it last, in milliseconds since 1970. */
	readonly sentMs: number;
}

interface ReadEntry extends KeptEntry {
	readonly entry: RequestEntry;
}

function read(kept: readonly KeptEntry[]): ReadEntry[] {
	return kept.flatMap((each) => {
		const entry = parseEntry(each.text);
		return entry === undefined ? [] : [{ ...each, entry }];
	});
}

/** The requests of the app's environment, with their states. Empty if no member has sent a header yet. */
function judged({ context, header, records }: AppState, entries: readonly RequestEntry[]): JudgedRequest[] {
	if (header === undefined) return [];
	const section = { name: context.environment, records };
	return judgeRequests({ section, state: header.environment }, entries);
}

/** The open requests, sorted by name, then by time. */
export function openIn(kept: readonly KeptEntry[], state: AppState): JudgedRequest[] {
	const entries = read(kept).map(({ entry }) => entry);
	return judged(state, entries).filter((request) => request.state === "open");
}

/**
 * Adds what a device has sent, and leaves out what is over: filled requests with the answers to them, texts that are no
 * entries or are for other environments, and what nobody has sent for 14 days. The newest ones stay if there are too many.
 */
export function withSent(
	before: readonly KeptEntry[],
	texts: readonly string[],
	state: AppState,
	nowMs: number,
): KeptEntry[] {
	const recent = before.filter(({ sentMs }) => nowMs - sentMs < KEPT_MS);
	const all = new Map(
		read([...recent, ...texts.map((text) => ({ text, sentMs: nowMs }))])
			.filter(({ entry }) => entry.environment === state.context.environment)
			.map((each) => [entryFile(each.entry), each]),
	);
	const entries = [...all.values()].map(({ entry }) => entry);
	const unfilled = judged(state, entries).filter((request) => request.state !== "filled");
	const ids = new Set(unfilled.map(({ entry }) => entry.id));
	const left = [...all.values()].filter(({ entry }) =>
		ids.has(entry.kind === "request" ? entry.id : entry.answers),
	);
	return left
		.sort((a, b) => b.sentMs - a.sentMs || (a.entry.at < b.entry.at ? 1 : -1))
		.slice(0, KEPT_MAX)
		.map(({ sentMs, text }) => ({ text, sentMs }));
}
