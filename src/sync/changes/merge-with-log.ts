/** Merges a vault's records with a platform's, by name. Uses all that is known about the origin of each record. */

import type { PlatformMemory } from "../../project/memory/device-state.ts";
import type { VaultSession } from "../../project/session/session.ts";
import { isReseal, pick, unagreedNames } from "../../project/session/sync-state.ts";
import { hasVersionMark, type VersionMark } from "../../vault/document/version-marks.ts";
import { mergeRecords } from "../../vault/merge/merge-records.ts";
import { recordDigest, type SealedRecord } from "../../vault/records/record.ts";
import { sealRecord } from "../../vault/records/seal.ts";
import type { LogView } from "../log/log-view.ts";
import { mergeBase } from "../log/sync-memory.ts";

/** Which side wins if both changed a name, or if ours is older; undefined for names without a decision. */
export type SideChooser = (name: string) => "local" | "platform" | undefined;

export interface Union {
	/** The records to put into the vault. */
	readonly records: readonly SealedRecord[];
	/** Names whose record was taken from the platform; sorted. */
	readonly taken: readonly string[];
	/** Names that both sides changed to different values, without a decision; sorted. */
	readonly conflicts: readonly string[];
	/** Names whose record here is older than the agreed one, or missing, without a decision; sorted. */
	readonly rolledBack: readonly string[];
	/** Our records that are re-encryptions of the platform's values. They are sent with the platform's version. */
	readonly resealed: readonly SealedRecord[];
}

/** The records that differ from the agreed ones. A whole log also contains agreed ones. */
function changedSince(
	base: ReadonlyMap<string, VersionMark>,
	theirs: ReadonlyMap<string, SealedRecord>,
): Map<string, SealedRecord> {
	return new Map([...theirs].filter(([name, record]) => base.get(name)?.digest !== recordDigest(record)));
}

function without<T>(
	records: ReadonlyMap<string, T>,
	names: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, T> {
	return names.size === 0 ? records : new Map([...records].filter(([name]) => !names.has(name)));
}

/**
 * The log's records of the names whose record in the file is by a removed author and not newer: the file is from before
 * the removal. Such a record of the file is neither opened nor merged.
 */
function outdatedBy({ memory, verified }: VaultSession, log: LogView): Map<string, SealedRecord> {
	const { writers } = verified.state.epoch;
	const outdated = new Map<string, SealedRecord>();
	for (const theirs of log.records.values()) {
		const ours = verified.section.records.get(theirs.name);
		if (!ours) continue;
		const counts = writers.has(ours.author) || hasVersionMark(memory.marks, ours);
		if (!counts && theirs.version >= ours.version && theirs.body !== ours.body)
			outdated.set(ours.name, theirs);
	}
	return outdated;
}

class Uniting {
	readonly records: SealedRecord[] = [];
	readonly taken: string[] = [];
	readonly resealed: SealedRecord[] = [];
	/** Whether the merge needs the whole log, but got only a part of it. */
	isUnsure = false;
	readonly #session: VaultSession;
	readonly #memory: PlatformMemory;
	readonly #log: LogView;
	readonly #mayWrite: boolean;

	constructor(session: VaultSession, memory: PlatformMemory, log: LogView) {
		this.#session = session;
		this.#memory = memory;
		this.#log = log;
		this.#mayWrite = session.verified.state.epoch.writers.has(session.context.identity.publicKeys.sign);
	}

	/** Whether our record is the agreed one, re-encrypted here or on another device. */
	isReseal(ours: SealedRecord, agreed: VersionMark | undefined): boolean {
		if (isReseal(this.#memory, ours)) return true;
		if (agreed?.version !== ours.version) return false;
		if (!this.#log.isWhole) this.isUnsure = true;
		return this.#log.isReseal(ours, this.#log.newest(ours.name, [agreed.digest]));
	}

	/**
	 * Takes a record of the platform. A record that a removed member wrote, or could open, is re-encrypted by this
	 * device's identity.
	 */
	take(theirs: SealedRecord): void {
		const { epoch } = this.#session.verified.state;
		const counts = epoch.writers.has(theirs.author);
		if (!counts && !this.#mayWrite) return;
		this.taken.push(theirs.name);
		if (!this.#mayWrite || (counts && theirs.epoch === epoch.id)) this.records.push(theirs);
		else {
			const anew = this.#seal(theirs.version, this.#log.valueOf(theirs), theirs);
			this.records.push(anew);
			this.resealed.push(anew);
		}
	}

	/** Prepares our record to be sent: gives it a version above the platform's, and encrypts it with the current key. */
	send(ours: SealedRecord): void {
		const theirs = this.#log.records.get(ours.name);
		const floor = Math.max(this.#memory.base.get(ours.name)?.version ?? 0, theirs?.version ?? 0);
		if (ours.version > floor) {
			if (this.#mayWrite && ours.epoch !== this.#session.verified.state.epoch.id)
				this.records.push(this.#seal(ours.version, this.#session.open(ours), ours));
			return;
		}
		if (isReseal(this.#memory, ours)) return;
		if (!this.#log.isWhole && !theirs) this.isUnsure = true;
		else if (this.#log.isReseal(ours, theirs)) this.resealed.push(ours);
		else this.keep(ours.name, ours, floor);
	}

	/** Makes our record, or its deletion, the newest version of a name. @param floor a version that the platform has */
	keep(
		name: string,
		ours: SealedRecord | undefined,
		floor = this.#log.records.get(name)?.version ?? 0,
	): void {
		if (!this.#mayWrite) return;
		const version = Math.max(floor + 1, this.#session.nextVersion(name));
		this.records.push(this.#seal(version, ours && this.#session.open(ours), ours ?? { name }));
	}

	/** The value is not new, so the record keeps the epoch in which it was set. */
	#seal(
		version: number,
		value: string | undefined,
		{ name, since }: Pick<SealedRecord, "name"> & { since?: number },
	) {
		const { context, keys, verified } = this.#session;
		const secret = { name, version, value, ...(since === undefined ? {} : { since }) };
		return sealRecord(verified.state, keys, context.identity, secret);
	}
}

/**
 * Merges the records of a vault with a log.
 * @returns undefined if that needs the whole log
 */
export function unite(
	session: VaultSession,
	memory: PlatformMemory,
	log: LogView,
	take: SideChooser,
): Union | undefined {
	const uniting = new Uniting(session, memory, log);
	const outdated = outdatedBy(session, log);
	for (const theirs of outdated.values()) uniting.take(theirs);
	const { replaced } = session.checkout;
	const unagreed = unagreedNames(session.snapshot, memory);
	// On both sides, all other records are the agreed ones.
	const names = unagreed && new Set([...unagreed, ...log.records.keys(), ...replaced.keys()]);
	const ours = without(pick(session.verified.section.records, names), outdated);
	const base = mergeBase(ours, replaced, without(pick(memory.base, names), outdated), log);
	const merge = mergeRecords({
		ours,
		theirs: changedSince(base, without(log.records, outdated)),
		base,
		sameValue: (mine, theirs) => session.open(mine) === log.valueOf(theirs),
		isReencrypted: (record) => uniting.isReseal(record, base.get(record.name)),
	});
	for (const record of merge.take) uniting.take(record);
	for (const record of merge.send) uniting.send(record);
	const undecided = (names: readonly string[]) =>
		names.filter((name) => {
			const side = take(name);
			const theirs = log.records.get(name);
			if (side === "platform" && theirs) uniting.take(theirs);
			else if (side === "local") uniting.keep(name, ours.get(name));
			else return true;
			return false;
		});
	const [conflicts, rolledBack] = [undecided(merge.conflicts), undecided(merge.rolledBack)];
	if (uniting.isUnsure) return undefined;
	const { records, resealed, taken } = uniting;
	return { records, taken: taken.sort(), conflicts, rolledBack, resealed };
}
