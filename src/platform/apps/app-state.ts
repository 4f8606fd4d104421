/**
 * An app's state: a fold over its two streams. `apps/<app>/changes` holds what members changed, and alone moves
 * the revision; `apps/<app>/events` holds what the platform did.
 */
import { AppError, EXIT } from "../../errors.ts";
import {
	emptyHead,
	type Head,
	isAuthenticChange,
	type LogContext,
	type LogEntry,
	nextHead,
} from "../../protocol/change.ts";
import type { RedeployResult } from "../../protocol/messages.ts";
import type { SecretChange } from "../../references/plan/plan.ts";
import { isNewer, parseRecordText, type SealedRecord } from "../../vault/records/record.ts";
import type { AppEvent } from "../events/events.ts";
import { checkContinues, type VerifiedHeader, verifyHeader } from "./environment-header.ts";
import { applyToFunctions, type FunctionState } from "./function-states.ts";
import type { LocalSecret } from "./local-environment.ts";

/** What one entry of the log was about. */
export interface Touched {
	/** The names of its records. */
	readonly names: readonly string[];
	/** Whether it brought a header. */
	readonly header: boolean;
	/** The names that have another value since, or none; a reseal changes nothing. */
	readonly changed: readonly SecretChange[];
}

/** What became of one operation. */
export interface Operation {
	readonly head: Head;
	/** Once the functions that it concerns are done. */
	redeployed?: { readonly results: readonly RedeployResult[]; readonly untouched: readonly string[] };
}

/** What is known of an app, to read. */
export interface AppState {
	readonly context: LogContext;
	readonly head: Head;
	/** The head's hash at each revision, from 0. */
	readonly heads: readonly string[];
	/** What each entry was about; that of revision 1 first. */
	readonly touched: readonly Touched[];
	/** Undefined until the first change. */
	readonly header: VerifiedHeader | undefined;
	/** Live records and tombstones. */
	readonly records: ReadonlyMap<string, SealedRecord>;
	/** The secrets of the app's own environment, deleted ones too. */
	readonly local: ReadonlyMap<string, LocalSecret>;
	/** Counts what changes secrets, members' changes and the platform's own; only within one run of the platform. */
	readonly moment: number;
	/** The moment at which a name last got another value, or none. */
	readonly changedAt: ReadonlyMap<string, number>;
	readonly operations: ReadonlyMap<string, Readonly<Operation>>;
	readonly functions: ReadonlyMap<string, FunctionState>;
}

/** An app's state, and its only way to change. */
export class AppFold implements AppState {
	context: LogContext;
	heads: string[];
	readonly touched: Touched[] = [];
	readonly records = new Map<string, SealedRecord>();
	readonly local = new Map<string, LocalSecret>();
	moment = 0;
	readonly changedAt = new Map<string, number>();
	readonly operations = new Map<string, Operation>();
	readonly functions = new Map<string, FunctionState>();
	head: Head;
	header: VerifiedHeader | undefined;

	constructor(context: LogContext) {
		this.context = context;
		this.head = emptyHead(context);
		this.heads = [this.head.head];
	}

	/** Links an app that had no vault with one. */
	link(context: LogContext): void {
		this.context = context;
		this.head = emptyHead(context);
		this.heads = [this.head.head];
	}

	/**
	 * Takes in an entry as it is read from the store: its place in the hash chain, that a writer signed it, that its
	 * header continues the one before, and that no record takes the place of a newer one. The records' own
	 * signatures are checked when they are opened.
	 * @throws AppError `LOG_DAMAGED` (exit 7), or a fault of header or records
	 */
	applyEntry(entry: LogEntry): void {
		const { change } = entry;
		const expected = nextHead(this.head, change);
		const inPlace =
			entry.revision === expected.revision &&
			entry.head === expected.head &&
			this.heads[change.base.revision] === change.base.head &&
			!this.operations.has(change.operation);
		if (!inPlace || !isAuthenticChange(this.context, change)) throw damaged(this.context.app, entry.revision);
		const header = change.header === null ? undefined : verifyHeader(this.context, change.header);
		if (change.header !== null && this.header !== undefined) checkContinues(change.header, this.header.text);
		const environment = (header ?? this.header)?.environment;
		const records = change.records.map(parseRecordText);
		// Whoever can write to the store could otherwise bring back what members had replaced.
		const isWriter = environment?.members.get(change.author)?.role === "writer";
		if (!isWriter || !records.every((record) => isNewer(record, this.records.get(record.name))))
			throw damaged(this.context.app, entry.revision);
		this.applyAccepted(entry, header, records);
	}

	/** Takes in an entry that `acceptChange` made for this very state: nothing is checked again. */
	applyAccepted(
		{ revision, head, change }: LogEntry,
		header: VerifiedHeader | undefined,
		records: readonly SealedRecord[],
	): void {
		const changed = realChanges(this.records, records);
		this.head = { revision, head };
		this.heads.push(head);
		if (header !== undefined) this.header = header;
		for (const record of records) this.records.set(record.name, record);
		this.#noteChanged(changed);
		const names = records.map((record) => record.name);
		this.touched.push({ names, header: header !== undefined, changed });
		this.operations.set(change.operation, { head: this.head });
	}

	/** Takes in an event of the platform's own. */
	applyEvent(event: AppEvent): void {
		applyToFunctions(this.functions, event);
		if (event.type === "local-secrets") this.#applyLocal(event);
		if (event.type !== "redeployed") return;
		const operation = this.operations.get(event.operation);
		// The platform wrote this after the change: somebody cut the log.
		if (!operation) throw cut(this.context.app);
		operation.redeployed = { results: event.results, untouched: event.untouched };
	}

	#applyLocal({ records, by, atMs }: Extract<AppEvent, { type: "local-secrets" }>): void {
		const parsed = records.map(parseRecordText);
		for (const record of parsed) this.local.set(record.name, { record, by, atMs });
		// What the vault has holds, whatever the platform has by that name.
		this.#noteChanged(parsed.filter(({ name }) => !isLive(this.records.get(name))));
	}

	#noteChanged(changed: readonly { readonly name: string }[]): void {
		this.moment++;
		for (const { name } of changed) this.changedAt.set(name, this.moment);
	}
}

/** Whether there is a record, and it is no tombstone. */
export function isLive(record: SealedRecord | undefined): record is SealedRecord {
	return record?.kind === "live";
}

/** Which names have another value after these records, or none any more. A reseal keeps its version. */
function realChanges(
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

function cut(app: string): AppError {
	return new AppError({
		code: "LOG_DAMAGED",
		message: `The log of ${app} ends before a change that the platform applied.`,
		hint: "Somebody wrote to the store: restore it from a backup.",
		exit: EXIT.integrity,
	});
}

function damaged(app: string, revision: number): AppError {
	return new AppError({
		code: "LOG_DAMAGED",
		message: `Entry ${revision} of the log of ${app} is not what its author sent, or does not follow the one before it.`,
		hint: "Somebody wrote to the store: restore it from a backup.",
		exit: EXIT.integrity,
	});
}
