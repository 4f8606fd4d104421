/**
 * A record of every value: the device that set it, the values of the name that this device had seen by then,
 * and the value's fate. With it, the simulation distinguishes real conflicts from false ones, and replaced
 * values from lost ones.
 */

/** A value by its number, `#12`; `deleted` for a tombstone. */
export type Value = string;
export const DELETED: Value = "deleted";

export interface Intent {
	readonly device: number;
	readonly name: string;
	readonly value: Value;
	/** The values of the name that the device had seen when it set this. */
	readonly known: ReadonlySet<Value>;
	/** The values over which the user chose this one. */
	readonly chosenOver: Set<Value>;
	/** Reported as being in the log. */
	isAcknowledged: boolean;
	/** Rejected by the user in a conflict. */
	isGivenUp: boolean;
}

export interface LogValue {
	readonly revision: number;
	readonly name: string;
	readonly version: number;
	readonly value: Value;
}

export class Ledger {
	readonly intents: Intent[] = [];
	/** The value of every record that was ever seen anywhere, by the record's text. */
	readonly #values = new Map<string, Value>();
	/** The values of each name that each device has seen. */
	readonly #seen = new Map<string, Set<Value>>();
	/** Decisions: for each `device name value`, the values over which it was chosen. */
	readonly #decided = new Map<string, Set<Value>>();
	/** `name value` of values that went from device to device without the log, so their origin is unknown. */
	readonly #carried = new Set<string>();
	/** The log, record by record, in order. */
	readonly log: LogValue[] = [];

	valueOf(recordText: string): Value | undefined {
		return this.#values.get(recordText);
	}

	learn(recordText: string, value: Value): void {
		this.#values.set(recordText, value);
	}

	/** Records that a device has a value in its vault. */
	see(device: number, name: string, value: Value): void {
		this.seen(device, name).add(value);
	}

	seen(device: number, name: string): Set<Value> {
		const key = `${device} ${name}`;
		const seen = this.#seen.get(key) ?? new Set();
		this.#seen.set(key, seen);
		return seen;
	}

	/** @param revision the log's revision up to which the device has merged everything */
	intend(device: number, name: string, value: Value, revision: number): Intent {
		const known = new Set(this.seen(device, name));
		for (const one of this.log) if (one.name === name && one.revision <= revision) known.add(one.value);
		known.delete(value);
		const chosenOver = new Set<Value>();
		const intent = { device, name, value, known, chosenOver, isAcknowledged: false, isGivenUp: false };
		this.intents.push(intent);
		return intent;
	}

	of(name: string, value: Value): Intent[] {
		return this.intents.filter((intent) => intent.name === name && intent.value === value);
	}

	logged(name: string, upTo = Number.POSITIVE_INFINITY): Value[] {
		return this.log.filter((one) => one.name === name && one.revision <= upTo).map(({ value }) => value);
	}

	/** Records the user's decision in a sync. That device must not ask the same again. */
	decide(device: number, name: string, winner: Value, losers: readonly Value[]): void {
		const key = `${device} ${name} ${winner}`;
		this.#decided.set(key, new Set([...(this.#decided.get(key) ?? []), ...losers]));
		this.choose(name, winner, losers);
	}

	/** Records that a device has lost its memory, so it may ask again. */
	forgetDecisions(device: number): void {
		for (const key of this.#decided.keys()) if (key.startsWith(`${device} `)) this.#decided.delete(key);
	}

	/** Records that the user chose a value over others. */
	choose(name: string, winner: Value, losers: readonly Value[]): void {
		for (const loser of losers) {
			if (loser === winner) continue;
			for (const intent of this.of(name, winner)) intent.chosenOver.add(loser);
			for (const intent of this.of(name, loser)) intent.isGivenUp = true;
		}
	}

	/**
	 * Records that git brought a value to a device. If the log has the value, its origin is known from there.
	 */
	recordValue(name: string, value: Value): void {
		if (!this.logged(name).includes(value)) this.#carried.add(`${name} ${value}`);
	}

	/** Records that a merge in git rejected a value. A sync does not know of that. */
	recordGivenUpValue(name: string, value: Value): void {
		this.#carried.add(`${name} ${value}`);
	}

	/** Whether a value, or one from which it was made, went from device to device without the log. */
	isCarried(name: string, value: Value): boolean {
		return [value, ...this.#origins(name, value, true)].some((one) => this.#carried.has(`${name} ${one}`));
	}

	/**
	 * Whether several devices set the same value, or one from which it was made. Its number does not show
	 * which of them is meant.
	 */
	#isAmbiguous(name: string, value: Value): boolean {
		return [value, ...this.#origins(name, value, true)].some((one) => this.of(name, one).length > 1);
	}

	/** Whether a value was set by a device that had seen the other, or one that was made from it. */
	knows(name: string, value: Value, other: Value, withChoices: boolean): boolean {
		return this.#origins(name, value, withChoices).has(other);
	}

	/**
	 * The values that the device had seen when it set a value, and the values seen when those were set, and
	 * so on.
	 */
	#origins(name: string, value: Value, withChoices: boolean): Set<Value> {
		const done = new Set<Value>();
		const open = [value];
		for (let next = open.pop(); next !== undefined; next = open.pop()) {
			if (done.has(next)) continue;
			done.add(next);
			for (const intent of this.of(name, next)) {
				open.push(...intent.known);
				if (withChoices) open.push(...intent.chosenOver);
			}
		}
		done.delete(value);
		return done;
	}

	/**
	 * Whether a device may ask the user about its value: the log has another value, neither of the two was
	 * made from the other, and the user has not chosen between them yet. The origin of a value is unknown if
	 * several devices set it, or if it went from device to device without the log.
	 */
	isConflict(device: number, name: string, ours: Value): boolean {
		if (this.of(name, ours).length === 0 || this.#isAmbiguous(name, ours) || this.isCarried(name, ours))
			return true;
		const decided = this.#decided.get(`${device} ${name} ${ours}`);
		return this.logged(name).some(
			(theirs) =>
				theirs !== ours &&
				(this.#isAmbiguous(name, theirs) ||
					this.isCarried(name, theirs) ||
					this.#isApart(name, ours, theirs)) &&
				!decided?.has(theirs),
		);
	}

	#isApart(name: string, ours: Value, theirs: Value): boolean {
		return !this.knows(name, ours, theirs, false) && !this.knows(name, theirs, ours, false);
	}
}
