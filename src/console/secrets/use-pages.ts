import { useState } from "preact/hooks";
import type { History } from "../../protocol/console.ts";
import { asFailure, type RequestFailure } from "../data/failure.ts";
import { readJson } from "../data/http.ts";
import { noticeEnd } from "../data/session.ts";
import type { HistoryEntry } from "./history.ts";

export interface Pages {
	/** The newest first. */
	readonly entries: readonly HistoryEntry[];
	/** Whether there are older ones. */
	readonly hasMore: boolean;
	readonly isLoading: boolean;
	/** Why the last older page did not come. */
	readonly failure: RequestFailure | undefined;
	readonly loadOlder: () => Promise<void>;
}

/**
 * The pages of a history that the reader has asked for.
 * @param first the newest page
 * @param pathOf the address of the page before a revision
 */
export function usePages(first: History, pathOf: (before: number | undefined) => string): Pages {
	const [older, setOlder] = useState<readonly History[]>([]);
	const [failure, setFailure] = useState<RequestFailure | undefined>();
	const [isLoading, setLoading] = useState(false);
	const pages = [first, ...older];
	const last = pages.at(-1)?.entries.at(-1)?.revision;
	const loadOlder = async () => {
		setLoading(true);
		try {
			const page = await readJson<History>(pathOf(last));
			setOlder((before) => [...before, page]);
			setFailure(undefined);
		} catch (error) {
			noticeEnd(error);
			setFailure(asFailure(error));
		} finally {
			setLoading(false);
		}
	};
	// A new first page repeats entries of the older ones.
	const all = pages.flatMap((page) => page.entries.map((entry) => [entry.revision, entry] as const));
	const entries = [...new Map(all).values()].sort((one, other) => other.revision - one.revision);
	return { entries, hasMore: pages.at(-1)?.more ?? false, isLoading, failure, loadOlder };
}
