/** Runs functions when their automations are due: one timer for those of all functions of all apps. */
import { isDeepStrictEqual } from "node:util";
import type { Automation } from "../../modules/automations/automations.ts";
import { nextRun } from "../../modules/automations/schedule.ts";
import { FairLimiter } from "./fair-limiter.ts";

/** An automation of a deployed function, and how far it has come. */
export interface Listed {
	readonly app: string;
	readonly function: string;
	/** Which function of that name it is (`lifetimeKey`). */
	readonly lifetime: string;
	readonly automation: Automation;
	/** When it was stored as it is; a changed schedule begins anew. */
	readonly anchorMs: number;
	/** How often it was claimed. */
	readonly runs: number;
	/** What was claimed last. */
	readonly lastDueMs: number | undefined;
}

/** One run. The instant says which: no two of an automation have the same. */
export interface Due {
	readonly app: string;
	readonly function: string;
	readonly lifetime: string;
	readonly automation: Automation;
	readonly anchorMs: number;
	readonly dueMs: number;
}

export interface SchedulerOptions {
	/** All automations of all functions, also those that no clock runs. */
	readonly list: () => Iterable<Listed>;
	/** Writes down that this run is being done; false where it was before. What is not written is not run. */
	readonly claim: (due: Due) => Promise<boolean>;
	readonly run: (due: Due) => Promise<void>;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	/** Runs a task later; the returned function takes that back. */
	readonly schedule: (task: () => void, delayMs: number) => () => void;
	/** A claim or a run failed; it is not tried again. */
	readonly onError: (error: unknown, of: Listed) => void;
	/** One was due while the one before was still under way. */
	readonly onSkipped: (due: Due) => void;
}

/** How many run at once, those that have taken long not counted; further ones wait, and the apps take turns. */
const RUNS_MAX = 10;
/** How many of one app run at once, however long they take. */
const APP_RUNS_MAX = 5;
/** So long a run keeps others from beginning. */
const LONG_MS = 10_000;
/**
 * So often the clock is looked at while something is awaited. A timer does not know that the clock was set, and it
 * stands still while the machine sleeps. Far below the longest delay that a timer takes (2^31 - 1 ms), too.
 */
const LOOK_MS = 60_000;
/** Clocks are set back by less than this all the time, and nobody minds. */
const BACK_MS = 1_000;

interface Entry {
	readonly key: string;
	listed: Listed;
	/** With one that is not listed yet. */
	runs: number;
	/** Nothing up to this is due again, whatever the clock says. */
	handledMs: number;
	dueMs: number | undefined;
}

/**
 * Runs what is due, at most once each: it is claimed before, and what fails is not repeated. What was due while the
 * platform did not run is left out, except a one-time automation, which then runs at once. Where the clock leaps
 * ahead, what was awaited runs once, not so often as it would have been due meanwhile; where it is set back, nothing
 * runs again that did.
 */
export class Scheduler {
	readonly #options: SchedulerOptions;
	readonly #limiter: FairLimiter;
	/** Beside the entries, so that one that is removed and comes back does not run twice at once. */
	readonly #underWay = new Map<string, Promise<void>>();
	#entries = new Map<string, Entry>();
	#lookedMs = Number.NEGATIVE_INFINITY;
	#cancel = () => {};
	#isClosed = false;

	/** Nothing is awaited before the first `refresh`. */
	constructor(options: SchedulerOptions) {
		this.#options = options;
		this.#limiter = new FairLimiter({
			countMax: RUNS_MAX,
			perOwnerMax: APP_RUNS_MAX,
			longMs: LONG_MS,
			schedule: options.schedule,
		});
	}

	/** Takes in the automations as they are listed now; to be called at the start and after every change of them. */
	refresh(): void {
		const nowMs = this.#look();
		const entries = new Map<string, Entry>();
		for (const listed of this.#options.list()) {
			const key = keyOf(listed);
			const known = this.#entries.get(key);
			const isSame = known !== undefined && isUnchanged(known.listed, listed);
			entries.set(key, isSame ? this.#updated(known, listed) : this.#added(key, listed, known, nowMs));
		}
		this.#entries = entries;
		this.#await(nowMs);
	}

	/** When it runs next; undefined where nothing is awaited. */
	nextOf(listed: Listed): number | undefined {
		return this.#entries.get(keyOf(listed))?.dueMs;
	}

	/** Begins nothing any more, and waits for what is under way, so long at most. */
	async close(graceMs: number): Promise<void> {
		this.#isClosed = true;
		this.#cancel();
		let cancel = () => {};
		const grace = new Promise<void>((resolve) => {
			cancel = this.#options.schedule(resolve, graceMs);
		});
		await Promise.race([Promise.all(this.#underWay.values()), grace]);
		cancel();
	}

	#added(key: string, listed: Listed, known: Entry | undefined, nowMs: number): Entry {
		const handled = [listed.lastDueMs, known?.handledMs].filter((atMs) => atMs !== undefined);
		// One that is given a date that has passed was not missed.
		if (known !== undefined && isOneTime(listed.automation)) handled.push(nowMs);
		const handledMs = Math.max(Number.NEGATIVE_INFINITY, ...handled);
		const entry: Entry = { key, listed, runs: listed.runs, handledMs, dueMs: undefined };
		entry.dueMs = this.#next(entry, nowMs);
		return entry;
	}

	#updated(entry: Entry, listed: Listed): Entry {
		const lastDueMs = listed.lastDueMs ?? Number.NEGATIVE_INFINITY;
		const isAhead = listed.runs > entry.runs || lastDueMs > entry.handledMs;
		entry.listed = listed;
		entry.runs = Math.max(entry.runs, listed.runs);
		entry.handledMs = Math.max(entry.handledMs, lastDueMs);
		// What is awaited stays so, unless it is done or was one too many.
		if (isAhead && entry.dueMs !== undefined) entry.dueMs = this.#next(entry, entry.dueMs - 1);
		return entry;
	}

	#next(entry: Entry, nowMs: number): number | undefined {
		const { automation, anchorMs } = entry.listed;
		const afterMs = isOneTime(automation) ? entry.handledMs : Math.max(entry.handledMs, nowMs);
		try {
			return nextRun(automation, { anchorMs, afterMs, runs: entry.runs });
		} catch (error) {
			// One that was stored by another version must not keep the others from running.
			this.#options.onError(error, entry.listed);
			return undefined;
		}
	}

	/** What the clock says. Where it was set back, what is awaited is found anew: it may be due sooner. */
	#look(): number {
		const nowMs = this.#options.now();
		if (nowMs < this.#lookedMs - BACK_MS)
			for (const entry of this.#entries.values()) entry.dueMs = this.#next(entry, nowMs);
		this.#lookedMs = nowMs;
		return nowMs;
	}

	#await(nowMs: number): void {
		this.#cancel();
		this.#cancel = () => {};
		let soonestMs = Number.POSITIVE_INFINITY;
		for (const { dueMs } of this.#entries.values()) soonestMs = Math.min(soonestMs, dueMs ?? soonestMs);
		if (this.#isClosed || soonestMs === Number.POSITIVE_INFINITY) return;
		const delayMs = Math.min(Math.max(soonestMs - nowMs, 0), LOOK_MS);
		this.#cancel = this.#options.schedule(() => this.#wake(), delayMs);
	}

	#wake(): void {
		const nowMs = this.#look();
		const due = [...this.#entries.values()].flatMap((entry) => {
			const { dueMs } = entry;
			return dueMs !== undefined && dueMs <= nowMs ? [{ entry, dueMs }] : [];
		});
		for (const { entry, dueMs } of due.sort((a, b) => a.dueMs - b.dueMs)) this.#begin(entry, dueMs, nowMs);
		this.#await(nowMs);
	}

	#begin(entry: Entry, dueMs: number, nowMs: number): void {
		entry.handledMs = dueMs;
		entry.dueMs = this.#next(entry, nowMs);
		if (this.#underWay.has(entry.key)) {
			this.#options.onSkipped(dueOf(entry, dueMs));
			return;
		}
		const run = this.#limiter
			.run(entry.listed.app, () => this.#run(entry.key, dueMs))
			.catch((error: unknown) => this.#options.onError(error, entry.listed))
			.finally(() => this.#underWay.delete(entry.key));
		this.#underWay.set(entry.key, run);
	}

	async #run(key: string, dueMs: number): Promise<void> {
		// While it waited for the others, it may have been changed or removed.
		const entry = this.#entries.get(key);
		if (this.#isClosed || entry === undefined || !isActive(entry.listed.automation)) return;
		const due = dueOf(entry, dueMs);
		const { runs, listed } = entry;
		if (!(await this.#options.claim(due))) return;
		this.#count(key, listed.anchorMs, runs + 1);
		await this.#options.run(due);
	}

	/** Takes in that so many were claimed, which may not be listed yet; it may have been the last. */
	#count(key: string, anchorMs: number, runs: number): void {
		const entry = this.#entries.get(key);
		if (entry === undefined || entry.listed.anchorMs !== anchorMs) return;
		entry.runs = Math.max(entry.runs, runs);
		if (entry.dueMs !== undefined) entry.dueMs = this.#next(entry, entry.dueMs - 1);
	}
}

function keyOf({ app, function: name, lifetime, automation }: Listed): string {
	return JSON.stringify([app, name, lifetime, automation.name]);
}

function dueOf({ listed }: Entry, dueMs: number): Due {
	const { app, function: name, lifetime, automation, anchorMs } = listed;
	return { app, function: name, lifetime, automation, anchorMs, dueMs };
}

function isActive(automation: Automation): boolean {
	return automation.type === "scheduled" && automation.is_active !== false;
}

function isUnchanged(before: Listed, after: Listed): boolean {
	return before.anchorMs === after.anchorMs && isDeepStrictEqual(before.automation, after.automation);
}

function isOneTime(automation: Automation): boolean {
	return automation.type === "scheduled" && automation.schedule_mode === "one-time";
}
