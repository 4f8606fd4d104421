/**
 * An app's state: a fold over its two streams. `apps/<app>/changes` contains the changes of members. Only these
 * increase the revision. `apps/<app>/events` contains the platform's own events.
 */
import {
	emptyHead,
	type Head,
	isAuthenticChange,
	type LogContext,
	type LogEntry,
	nextHead,
} from "../../../protocol/change.ts";
import type { RedeployResult } from "../../../protocol/messages.ts";
import { Granted } from "../../../references/plan/granted.ts";
import { isNewer, parseRecordText, type SealedRecord } from "../../../vault/records/record.ts";
import type { AppEvent } from "../../events/events.ts";
import { readsOf } from "../../functions/function.ts";
import { entryDamaged, logCut } from "../app-faults.ts";
import { checkContinues, type VerifiedHeader, verifyHeader } from "../environment-header.ts";
import type { LocalSecret } from "../local-environment.ts";
import { changedSecrets, type EntrySummary } from "../log-entries.ts";
import { applyToFunctions, applyTrial, type FunctionState } from "./function-states.ts";
import { type Moment, NO_CHANGE } from "./moment.ts";
import { SupersededRecords } from "./superseded-records.ts";

/** The result of one operation. */
export interface Operation {
	readonly head: Head;
	/** Set once the redeploy of all functions concerned has ended. */
	redeployed?: { readonly results: readonly RedeployResult[]; readonly untouched: readonly string[] };
}

/** The state of an app, to read. */
export interface AppState {
	readonly context: LogContext;
	readonly head: Head;
	/**
	 * An app that was opened from a checkpoint knows the log only after this revision, and its unfinished operations. 0: all.
	 * `App.readHistory` reads the rest.
	 */
	readonly historyFrom: number;
	/** The hash of the head at each revision, from `historyFrom`. */
	readonly heads: readonly string[];
	/** The summary of each entry, as far as it is known. The first belongs to revision 1. */
	readonly summaries: readonly EntrySummary[];
	/** Undefined until the first change. */
	readonly header: VerifiedHeader | undefined;
	/** Live records and tombstones. */
	readonly records: ReadonlyMap<string, SealedRecord>;
	/** The secrets of the app's own environment, including deleted ones. */
	readonly local: ReadonlyMap<string, LocalSecret>;
	/** The changes of secrets by members and by the platform that are in this state. */
	readonly moment: Moment;
	/** The moment at which each name was last set or deleted, in the log and by the platform. */
	readonly changedAt: ReadonlyMap<string, Moment>;
	/** As far as they are known. */
	readonly operations: ReadonlyMap<string, Readonly<Operation>>;
	readonly functions: ReadonlyMap<string, FunctionState>;
	/** The operations whose redeploy has not ended, oldest first. */
	readonly unfinished: ReadonlySet<string>;
	/** The records whose values a function gets: all present ones, or with several nodes those that are rolled out. */
	recordsFor(name: string): ReadonlyMap<string, SealedRecord>;
	/** Whether the next process of a function has to try changed secrets (see `RolloutState.due`). */
	isTrialDue(name: string): boolean;
}

/** An app's state. Its methods are the only way to change the state. */
export class AppFold implements AppState {
	context: LogContext;
	historyFrom = 0;
	heads: string[];
	readonly summaries: EntrySummary[] = [];
	readonly records = new Map<string, SealedRecord>();
	readonly local = new Map<string, LocalSecret>();
	moment = NO_CHANGE;
	readonly changedAt = new Map<string, Moment>();
	readonly operations = new Map<string, Operation>();
	readonly functions = new Map<string, FunctionState>();
	readonly unfinished = new Set<string>();
	readonly superseded = new SupersededRecords();
	/** The last revision whose rollout has ended, as far as events are applied. */
	finished = 0;
	readonly isShared: boolean;
	head: Head;
	header: VerifiedHeader | undefined;

	/** @param isShared whether several nodes roll out the app's changes */
	constructor(context: LogContext, isShared = false) {
		this.isShared = isShared;
		this.context = context;
		this.head = emptyHead(context);
		this.heads = [this.head.head];
	}

	/** Links an app that has no vault with one. */
	link(context: LogContext): void {
		this.context = context;
		this.head = emptyHead(context);
		this.heads = [this.head.head];
	}

	/**
	 * Takes over what a fold of the whole log knows, and this one does not.
	 * @param whole has folded the log at least to where this one begins
	 */
	adoptHistory(whole: AppFold): void {
		for (let revision = 0; revision < this.historyFrom; revision++) {
			this.heads[revision] = whole.heads[revision] ?? "";
			const summary = whole.summaries[revision];
			if (summary !== undefined) this.summaries[revision] = summary;
		}
		for (const [id, operation] of whole.operations)
			if (!this.operations.has(id)) this.operations.set(id, operation);
		this.historyFrom = 0;
	}

	/**
	 * Applies an entry that was read from the store, when the history that it needs is known (`needsHistory`). Checks its
	 * position in the hash chain, that a writer signed it, that its header continues the current one, and that no record
	 * replaces a newer one. The signatures of records are checked when they are opened.
	 * @throws AppError `LOG_DAMAGED` (exit 7), or an error about the header or the records
	 */
	applyEntry(entry: LogEntry): void {
		const { change } = entry;
		const expected = nextHead(this.head, change);
		const inPlace =
			entry.revision === expected.revision &&
			entry.head === expected.head &&
			this.heads[change.base.revision] === change.base.head &&
			!this.operations.has(change.operation);
		if (!inPlace || !isAuthenticChange(this.context, change))
			throw entryDamaged(this.context.app, entry.revision);
		const header = change.header === null ? undefined : verifyHeader(this.context, change.header);
		if (change.header !== null && this.header !== undefined) checkContinues(change.header, this.header.text);
		const environment = (header ?? this.header)?.environment;
		const records = change.records.map(parseRecordText);
		// Without this check, write access to the store would be enough to restore values that members have replaced.
		const isWriter = environment?.members.get(change.author)?.role === "writer";
		if (!isWriter || !records.every((record) => isNewer(record, this.records.get(record.name))))
			throw entryDamaged(this.context.app, entry.revision);
		this.applyAccepted(entry, header, records);
	}

	/** Applies an entry that `acceptChange` returned for exactly this state. Nothing is checked again. */
	applyAccepted(
		{ revision, head, change, receivedMs }: LogEntry,
		header: VerifiedHeader | undefined,
		records: readonly SealedRecord[],
	): void {
		const changed = changedSecrets(this.records, records);
		this.head = { revision, head };
		this.heads.push(head);
		if (header !== undefined) this.header = header;
		for (const { name } of this.isShared ? changed : [])
			this.superseded.add({ revision, name, before: this.records.get(name) });
		for (const record of records) this.records.set(record.name, record);
		this.moment = { ...this.moment, changes: revision };
		for (const { name } of changed) this.#noteChanged(name, { changes: revision });
		const names = records.map((record) => record.name);
		const { operation } = change;
		this.summaries.push({
			operation,
			atMs: receivedMs ?? null,
			names,
			header: header !== undefined,
			changed,
		});
		this.operations.set(change.operation, { head: this.head });
		this.unfinished.add(change.operation);
	}

	/** Applies an event of the platform's own. */
	applyEvent(event: AppEvent): void {
		const values = this.isShared ? { newest: this.head.revision, finished: this.finished } : undefined;
		applyToFunctions(this.functions, event, values);
		if (event.type === "local-secrets") this.#applyLocal(event);
		if (event.type !== "redeployed") return;
		const operation = this.operations.get(event.operation);
		// The platform wrote this event after the change, so the log was cut.
		if (!operation) throw logCut(this.context.app);
		operation.redeployed = { results: event.results, untouched: event.untouched };
		this.unfinished.delete(event.operation);
		if (!this.isShared) return;
		this.finished = Math.max(this.finished, operation.head.revision);
		for (const result of event.results)
			applyTrial(this.functions, result.function, operation.head.revision, result);
		this.#forgetSuperseded();
	}

	/** Forgets replaced records, except those that a function may still get. */
	#forgetSuperseded(): void {
		const readers = [...this.functions.values()].map(({ deployment, values }) => ({
			granted: new Granted(readsOf(deployment)),
			released: values?.released ?? 0,
		}));
		const isRead = (revision: number, name: string) =>
			readers.some(({ granted, released }) => released < revision && granted.has(name));
		// Changes are read before events, which name later functions and failures.
		this.superseded.keepOnly((revision, name) => revision > this.finished || isRead(revision, name));
	}

	recordsFor(name: string): ReadonlyMap<string, SealedRecord> {
		const released = this.functions.get(name)?.values?.released;
		return released === undefined ? this.records : this.superseded.at(released, this.records);
	}

	isTrialDue(name: string): boolean {
		const found = this.functions.get(name);
		return (
			found?.values !== undefined && found.values.due > Math.max(found.values.tried, found.values.released)
		);
	}

	#applyLocal({ records, by, atMs }: Extract<AppEvent, { type: "local-secrets" }>): void {
		const parsed = records.map(parseRecordText);
		for (const record of parsed) this.local.set(record.name, { record, by, atMs });
		const local = this.moment.local + 1;
		this.moment = { ...this.moment, local };
		// The vault's value wins over a local secret of the same name, so the function sees no change. If the streams are read
		// again, the log is known first. A name that both have has a later change there, so no process keeps an old value.
		for (const { name } of parsed) if (!isLive(this.records.get(name))) this.#noteChanged(name, { local });
	}

	#noteChanged(name: string, at: Partial<Moment>): void {
		this.changedAt.set(name, { ...NO_CHANGE, ...this.changedAt.get(name), ...at });
	}
}

/** Whether there is a record and it is not a tombstone. */
export function isLive(record: SealedRecord | undefined): record is SealedRecord {
	return record?.kind === "live";
}
