/**
 * The state of an app as JSON: what it is now, and the last few entries of its log. Whoever writes an app's state
 * checks it first, so nothing is checked here.
 */
import type { Header, LogContext } from "../../../protocol/change.ts";
import { formatRecord, parseRecordText, type SealedRecord } from "../../../vault/records/record.ts";
import type { EntryMark } from "../../store/sealed/entry-mark.ts";
import { type VerifiedHeader, verifyHeader } from "../environment-header.ts";
import type { EntrySummary } from "../log-entries.ts";
import type { AppFold, Operation } from "../state/app-state.ts";
import type { FunctionState } from "../state/function-states.ts";
import type { Moment } from "../state/moment.ts";

/**
 * The version of `SavedFold`, and of how events and changes become a state. Whoever changes one of them must change this
 * number too: a checkpoint with another number is not used.
 */
export const FOLD_FORMAT = 2;

/**
 * The entries whose heads, summaries and results are kept. A change that builds on an earlier revision needs the whole
 * log (`needsHistory`), and clients are rarely that far behind.
 */
const ENTRIES_KEPT = 8;

type Saved<Value> = readonly (readonly [key: string, value: Value])[];

export interface SavedFold {
	readonly revision: number;
	readonly historyFrom: number;
	/** The hash of the head at each revision from `historyFrom` on. */
	readonly heads: readonly string[];
	readonly summaries: readonly (readonly [revision: number, summary: EntrySummary])[];
	readonly operations: Saved<Operation>;
	readonly unfinished: readonly string[];
	readonly header: Header | null;
	readonly records: readonly string[];
	readonly local: readonly { readonly text: string; readonly by: string; readonly atMs: number }[];
	readonly moment: Moment;
	readonly changedAt: Saved<Moment>;
	readonly functions: Saved<
		Omit<FunctionState, "anchorsMs"> & {
			readonly anchorsMs: Saved<number>;
			readonly error: string | undefined;
		}
	>;
	readonly finished: number;
	readonly superseded: readonly {
		readonly revision: number;
		readonly name: string;
		readonly before: string | null;
	}[];
}

/** An app's state, as its checkpoint has it. */
export interface SavedApp {
	readonly context: LogContext;
	/** Id of the app's lifetime. */
	readonly lifetime: string;
	readonly isShared: boolean;
	/** The last entry of each stream that is in the state. */
	readonly changes: EntryMark;
	readonly events: EntryMark;
	/** The hash chain over the events until then. */
	readonly previous: string;
	readonly fold: SavedFold;
}

/** A checkpoint that agrees with the streams. */
export interface UsableCheckpoint {
	readonly saved: SavedApp;
	/** Whether nothing was appended to a stream later. */
	readonly isAtEnd: { readonly changes: boolean; readonly events: boolean };
}

const textOf = (record: SealedRecord | undefined) => (record === undefined ? null : formatRecord(record));

/** The state of an app, to be written as JSON. */
export function saveFold(fold: AppFold): SavedFold {
	const { revision } = fold.head;
	const historyFrom = Math.max(fold.historyFrom, revision - ENTRIES_KEPT);
	const operations = [...fold.operations].filter(
		([id, { head }]) => head.revision > historyFrom || fold.unfinished.has(id),
	);
	const revisions = operations.map(([, { head }]) => head.revision);
	return {
		...{ revision, historyFrom, operations },
		heads: fold.heads.slice(historyFrom),
		summaries: revisions.flatMap((each): SavedFold["summaries"] => {
			const summary = fold.summaries[each - 1];
			return summary === undefined ? [] : [[each, summary]];
		}),
		unfinished: [...fold.unfinished],
		header: fold.header?.text ?? null,
		records: [...fold.records.values()].map(formatRecord),
		local: [...fold.local.values()].map(({ atMs, by, record }) => ({ text: formatRecord(record), by, atMs })),
		moment: fold.moment,
		changedAt: [...fold.changedAt],
		functions: [...fold.functions].map(([name, state]) => [
			name,
			{ ...state, anchorsMs: [...state.anchorsMs] },
		]),
		finished: fold.finished,
		superseded: fold.superseded.all.map((each) => ({ ...each, before: textOf(each.before) })),
	};
}

/** Makes a new fold what `saveFold` saved. */
export function restoreFold(fold: AppFold, saved: SavedFold): void {
	const { historyFrom, revision } = saved;
	fold.historyFrom = historyFrom;
	fold.heads = [];
	for (const [index, head] of saved.heads.entries()) fold.heads[historyFrom + index] = head;
	fold.head = { revision, head: fold.heads[revision] ?? "" };
	for (const [of, summary] of saved.summaries) fold.summaries[of - 1] = summary;
	for (const [id, operation] of saved.operations) fold.operations.set(id, operation);
	for (const id of saved.unfinished) fold.unfinished.add(id);
	fold.header = saved.header === null ? undefined : new SavedHeader(fold.context, saved.header);
	for (const record of saved.records.map(parseRecordText)) fold.records.set(record.name, record);
	for (const { text, ...rest } of saved.local) {
		const record = parseRecordText(text);
		fold.local.set(record.name, { record, ...rest });
	}
	fold.moment = saved.moment;
	for (const [name, at] of saved.changedAt) fold.changedAt.set(name, at);
	for (const [name, { anchorsMs, error, ...state }] of saved.functions)
		fold.functions.set(name, { ...state, error, anchorsMs: new Map(anchorsMs) });
	fold.finished = saved.finished;
	for (const { before, ...rest } of saved.superseded)
		fold.superseded.add({ ...rest, before: before === null ? undefined : parseRecordText(before) });
}

/** A header whose signatures are verified when it is first used, since that takes longer than all else of an app. */
class SavedHeader implements VerifiedHeader {
	readonly text: Header;
	readonly #context: LogContext;
	#verified: VerifiedHeader | undefined;

	constructor(context: LogContext, text: Header) {
		this.#context = context;
		this.text = text;
	}

	get root() {
		return this.#header.root;
	}

	get environment() {
		return this.#header.environment;
	}

	get #header(): VerifiedHeader {
		this.#verified ??= verifyHeader(this.#context, this.text);
		return this.#verified;
	}
}
