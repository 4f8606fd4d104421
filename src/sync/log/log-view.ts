/**
 * Compares the entries of a platform's log with a vault that may be newer: a new epoch here may not have reached the
 * platform yet.
 */
import { AppError } from "../../errors.ts";
import type { PlatformMemory } from "../../project/memory/device-state.ts";
import type { VaultSession } from "../../project/session/session.ts";
import type { LogContext } from "../../protocol/change.ts";
import { linkHash } from "../../vault/chains/chain.ts";
import { type EnvironmentState, verifyEnvironment } from "../../vault/chains/membership.ts";
import {
	formatRecord,
	isReencryption,
	parseRecordText,
	recordDigest,
	type SealedRecord,
} from "../../vault/records/record.ts";
import { openRecord } from "../../vault/records/seal.ts";
import { lastHeader, recordsOf } from "./check-log.ts";
import type { NewEntries } from "./read-log.ts";

/**
 * The environment as the log's last header has it. The log's records are verified by that state, because a member whose
 * removal has not reached the platform yet was a writer when they were appended.
 */
function logState(session: VaultSession, { entries }: NewEntries, memory: PlatformMemory): EnvironmentState {
	const header = lastHeader(entries)?.environment.at(-1);
	const head = header ? linkHash(header) : memory.header.split(" ")[1];
	const { root, section, state } = session.verified;
	const length = section.links.findIndex((link) => linkHash(link) === head) + 1;
	if (length === 0 || length === section.links.length) return state;
	const links = section.links.slice(0, length);
	return verifyEnvironment(root, section.name, links, section.line, session.memory.pin?.environment);
}

export class LogView {
	/** The latest record of each name in the entries, verified. */
	readonly records: ReadonlyMap<string, SealedRecord>;
	/** Whether the entries are the whole log. */
	readonly isWhole: boolean;
	readonly #session: VaultSession;
	readonly #texts: ReadonlySet<string>;
	#byName: Map<string, SealedRecord[]> | undefined;

	/** @throws AppError exit 7 for an invalid entry or record */
	constructor(session: VaultSession, context: LogContext, news: NewEntries, memory: PlatformMemory) {
		const { entries, reached } = news;
		this.#session = session;
		this.records = recordsOf(context, entries, logState(session, news, memory));
		this.isWhole = entries.length === reached.revision;
		this.#texts = new Set(entries.flatMap((entry) => entry.change.records));
	}

	/** Whether an entry has exactly this record. It need not be the latest of its name. */
	holds(record: SealedRecord): boolean {
		return this.#texts.has(formatRecord(record));
	}

	/** The value of one of these records, or of any other verified record; undefined for a tombstone. */
	valueOf(record: SealedRecord): string | undefined {
		const { keys, verified } = this.#session;
		return openRecord(verified.state, keys, record);
	}

	/** Whether a record of the vault is a re-encryption of one of these records: it has the same version and value. */
	isReseal(ours: SealedRecord, theirs: SealedRecord | undefined): boolean {
		return (
			theirs !== undefined &&
			isReencryption(ours, theirs) &&
			this.#session.open(ours) === this.valueOf(theirs)
		);
	}

	/**
	 * Whether the log has a later version than a record of the vault, and has this record only under an earlier
	 * key. This happens if the copy of the vault comes from a member who re-encrypted the record and then took a
	 * later value.
	 */
	isPastSeal(ours: SealedRecord): boolean {
		if ((this.records.get(ours.name)?.version ?? 0) <= ours.version) return false;
		const value = this.#session.open(ours);
		return this.#of(ours.name).some((record) => isReencryption(ours, record) && this.#holds(record, value));
	}

	/** Whether an earlier record of the log has that value. A record that cannot be opened has no value. */
	#holds(record: SealedRecord, value: string | undefined): boolean {
		try {
			return this.valueOf(record) === value;
		} catch (error) {
			if (error instanceof AppError) return false;
			throw error;
		}
	}

	/** The last record of a name with one of the digests, if an entry has one. */
	newest(name: string, digests: readonly string[]): SealedRecord | undefined {
		return this.#of(name).findLast((record) => digests.includes(recordDigest(record)));
	}

	/** All records of a name, in the order of the log. */
	#of(name: string): readonly SealedRecord[] {
		if (this.#byName === undefined) {
			this.#byName = new Map();
			for (const record of [...this.#texts].map(parseRecordText)) {
				const known = this.#byName.get(record.name);
				if (known) known.push(record);
				else this.#byName.set(record.name, [record]);
			}
		}
		return this.#byName.get(name) ?? [];
	}
}
