/**
 * What a vault's records and a platform's come to, name by name, with everything that is known of how they came about.
 */

import type { PlatformMemory } from "../../project/memory/device-state.ts";
import type { VaultSession } from "../../project/session/session.ts";
import { isReseal } from "../../project/session/sync-state.ts";
import { hasVersionMark, type VersionMark } from "../../vault/document/version-marks.ts";
import { mergeRecords } from "../../vault/merge/merge-records.ts";
import { recordDigest, type SealedRecord } from "../../vault/records/record.ts";
import { sealRecord } from "../../vault/records/seal.ts";
import type { LogView } from "../log/log-view.ts";
import { mergeBase } from "../log/sync-memory.ts";

/** Which side wins where both changed, or where ours is older; undefined for names that nobody decided. */
export type Take = (name: string) => "local" | "platform" | undefined;

export interface Union {
	/** What is to be put into the vault. */
	readonly records: readonly SealedRecord[];
	/** Names whose record was taken from the platform; sorted. */
	readonly taken: readonly string[];
	/** Names that both sides changed to different values and nobody decided; sorted. */
	readonly conflicts: readonly string[];
	/** Names of which ours is older than what was agreed, or gone, and nobody decided; sorted. */
	readonly rolledBack: readonly string[];
	/** Ours that hold what the platform holds, sealed anew: they are sent at its version. */
	readonly resealed: readonly SealedRecord[];
}

/** The records that are not what was agreed: a whole log holds those too. */
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
 * The log's records, by name, of which the file has an older version, or as old a one, by somebody who was removed since:
 * a file from before the removal. What nobody vouches for is not opened, and has no say.
 */
function outdatedBy({ memory, verified }: VaultSession, log: LogView): Map<string, SealedRecord> {
	const { writers } = verified.state.epoch;
	const outdated = new Map<string, SealedRecord>();
	for (const ours of verified.section.records.values()) {
		const theirs = log.records.get(ours.name);
		const counts = writers.has(ours.author) || hasVersionMark(memory.marks, ours);
		if (!counts && theirs && theirs.version >= ours.version && theirs.body !== ours.body)
			outdated.set(ours.name, theirs);
	}
	return outdated;
}

class Uniting {
	readonly records: SealedRecord[] = [];
	readonly taken: string[] = [];
	readonly resealed: SealedRecord[] = [];
	/** Whether something can only be told from the whole log, which this is not. */
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

	/** Whether ours is what was agreed, sealed anew here or on another device. */
	isReseal(ours: SealedRecord, agreed: VersionMark | undefined): boolean {
		if (isReseal(this.#memory, ours)) return true;
		if (agreed?.version !== ours.version) return false;
		if (!this.#log.isWhole) this.isUnsure = true;
		return this.#log.isReseal(ours, this.#log.newest(ours.name, [agreed.digest]));
	}

	/** Takes in a record of the platform's. One that a removed member could open, or wrote, is sealed anew by this one. */
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

	/** Makes a record of ours ready to be sent: counted on from what the platform has, and under the present key. */
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

	/** Makes ours, or its absence, the newest version of a name. @param floor a version that the platform has */
	keep(
		name: string,
		ours: SealedRecord | undefined,
		floor = this.#log.records.get(name)?.version ?? 0,
	): void {
		if (!this.#mayWrite) return;
		const version = Math.max(floor + 1, this.#session.nextVersion(name));
		this.records.push(this.#seal(version, ours && this.#session.open(ours), ours ?? { name }));
	}

	/** A value that is known already: it keeps the epoch in which it was set. */
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
 * Unites what a vault holds with what a log says.
 * @returns undefined where it takes the whole log to know
 */
export function unite(
	session: VaultSession,
	memory: PlatformMemory,
	log: LogView,
	take: Take,
): Union | undefined {
	const uniting = new Uniting(session, memory, log);
	const outdated = outdatedBy(session, log);
	for (const theirs of outdated.values()) uniting.take(theirs);
	const ours = without(session.verified.section.records, outdated);
	const base = mergeBase(ours, session.checkout.replaced, without(memory.base, outdated), log);
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
