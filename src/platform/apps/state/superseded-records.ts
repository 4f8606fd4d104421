/**
 * The records that newer ones have replaced, as long as a function may still need them: while a change is tried on the
 * first node, and after it has failed there, functions get the values from before it.
 */
import type { SealedRecord } from "../../../vault/records/record.ts";

export interface Superseded {
	/** The revision of the change that replaced the record. */
	readonly revision: number;
	readonly name: string;
	/** Undefined: there was none. */
	readonly before: SealedRecord | undefined;
}

export class SupersededRecords {
	#all: Superseded[] = [];
	/** The number of records after the last call of `keepOnly`. */
	#kept = 0;

	/** In the order in which they were replaced. */
	get all(): readonly Superseded[] {
		return this.#all;
	}

	add(entry: Superseded): void {
		this.#all.push(entry);
	}

	/** The records as they were after a revision. @param present the records as they are */
	at(revision: number, present: ReadonlyMap<string, SealedRecord>): ReadonlyMap<string, SealedRecord> {
		const first = new Map<string, SealedRecord | undefined>();
		for (const { before, name, revision: replaced } of this.#all)
			if (replaced > revision && !first.has(name)) first.set(name, before);
		if (first.size === 0) return present;
		const records = new Map(present);
		for (const [name, before] of first) {
			if (before === undefined) records.delete(name);
			else records.set(name, before);
		}
		return records;
	}

	/** Forgets records that nothing needs, once there are many of them. */
	keepOnly(isNeeded: (revision: number, name: string) => boolean): void {
		if (this.#all.length < 2 * this.#kept + 16) return;
		this.#all = this.#all.filter(({ name, revision }) => isNeeded(revision, name));
		this.#kept = this.#all.length;
	}
}
