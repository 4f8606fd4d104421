/**
 * What is known, from outside, of every value: who set it, what that device had seen of the name by then, and what
 * became of it. By this the simulation tells a conflict that is one from one that is none, and a value that was
 * replaced from one that was lost.
 */

/** A value by its number, `#12`; `deleted` for a tombstone. */
export type Value = string;
export const DELETED: Value = "deleted";

export interface Intent {
	readonly device: number;
	readonly name: string;
	readonly value: Value;
	/** What the device had seen of the name when it set this. */
	readonly known: ReadonlySet<Value>;
	/** What this was chosen over, where somebody was asked. */
	readonly chosenOver: Set<Value>;
	/** Said to be in the log. */
	isAcknowledged: boolean;
	/** Given up where somebody was asked. */
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
	/** Of every record that was ever seen anywhere, by its text. */
	readonly #values = new Map<string, Value>();
	/** What each device has seen of each name. */
	readonly #seen = new Map<string, Set<Value>>();
	/** Decisions: `device name value` over which others. */
	readonly #decided = new Map<string, Set<Value>>();
	/** `name value` of what went from device to device beside the log, which tells nothing of where it is from. */
	readonly #carried = new Set<string>();
	/** The log, record by record, in order. */
	readonly log: LogValue[] = [];

	valueOf(recordText: string): Value | undefined {
		return this.#values.get(recordText);
	}

	learn(recordText: string, value: Value): void {
		this.#values.set(recordText, value);
	}

	/** Notes that a device has a value in its vault. */
	see(device: number, name: string, value: Value): void {
		this.seen(device, name).add(value);
	}

	seen(device: number, name: string): Set<Value> {
		const key = `${device} ${name}`;
		const seen = this.#seen.get(key) ?? new Set();
		this.#seen.set(key, seen);
		return seen;
	}

	/** @param revision of the log up to which the device has taken in everything */
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

	/** Somebody decided in a sync for a value over others. The same must not be asked on that device again. */
	decide(device: number, name: string, winner: Value, losers: readonly Value[]): void {
		const key = `${device} ${name} ${winner}`;
		this.#decided.set(key, new Set([...(this.#decided.get(key) ?? []), ...losers]));
		this.choose(name, winner, losers);
	}

	/** A device lost what it remembered: it may ask again. */
	forgetDecisions(device: number): void {
		for (const key of this.#decided.keys()) if (key.startsWith(`${device} `)) this.#decided.delete(key);
	}

	/** Somebody chose a value over others. */
	choose(name: string, winner: Value, losers: readonly Value[]): void {
		for (const loser of losers) {
			if (loser === winner) continue;
			for (const intent of this.of(name, winner)) intent.chosenOver.add(loser);
			for (const intent of this.of(name, loser)) intent.isGivenUp = true;
		}
	}

	/** Notes that git brought a value to a device; one that the log holds is known from there. */
	recordValue(name: string, value: Value): void {
		if (!this.logged(name).includes(value)) this.#carried.add(`${name} ${value}`);
	}

	/** Notes that a merge by git gave a value up, of which a sync knows nothing. */
	recordGivenUpValue(name: string, value: Value): void {
		this.#carried.add(`${name} ${value}`);
	}

	/** Whether a value, or one that it came of, went from device to device beside the log. */
	isCarried(name: string, value: Value): boolean {
		return [value, ...this.#origins(name, value, true)].some((one) => this.#carried.has(`${name} ${one}`));
	}

	/** Whether several set a value, or one that it came of: which of them is meant cannot be told from its number. */
	#isAmbiguous(name: string, value: Value): boolean {
		return [value, ...this.#origins(name, value, true)].some((one) => this.of(name, one).length > 1);
	}

	/** Whether a value was set by somebody who had seen the other, or one that came of it. */
	knows(name: string, value: Value, other: Value, withChoices: boolean): boolean {
		return this.#origins(name, value, withChoices).has(other);
	}

	/** What had been seen when a value was set, and when that was, and so on. */
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
	 * Whether a device that holds a value may be asked about it: there is a value in the log that neither came of it
	 * nor it of that, and that it was not chosen over yet. A value that several set can be anything, and of one that
	 * went from device to device beside the log, nobody can know what it came of.
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
