/** Runs functions when their automations are due. One timer serves the automations of all functions of all apps. */
import { isDeepStrictEqual } from "node:util";
import type { Automation } from "../../modules/automations/automations.ts";
import { nextRun } from "../../modules/automations/schedule.ts";
import { FairLimiter } from "./fair-limiter.ts";

/** An automation of a deployed function, and its progress. */
export interface ScheduledAutomation {
	readonly app: string;
	readonly function: string;
	/** Identifies the function among those that have had its name (`lifetimeKey`). */
	readonly lifetime: string;
	readonly automation: Automation;
	/** When its present schedule was stored. A changed schedule starts again. */
	readonly anchorMs: number;
	/** The number of claimed runs. */
	readonly runs: number;
	/** The time of the last claimed run. */
	readonly lastDueMs: number | undefined;
}

/** One run. `dueMs` identifies it: no two runs of an automation have the same. */
export interface DueRun {
	readonly app: string;
	readonly function: string;
	readonly lifetime: string;
	readonly automation: Automation;
	readonly anchorMs: number;
	readonly dueMs: number;
}

export interface SchedulerOptions {
	/** All automations of all functions, including those that do not run by time. */
	readonly list: () => Iterable<ScheduledAutomation>;
	/** Records that this run begins. False where it was recorded before. A run that cannot be recorded does not begin. */
	readonly claim: (due: DueRun) => Promise<boolean>;
	readonly run: (due: DueRun) => Promise<void>;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	/** Runs a task later. @returns a function that cancels it */
	readonly schedule: (task: () => void, delayMs: number) => () => void;
	/** Called where a claim or a run failed. It is not tried again. */
	readonly onError: (error: unknown, of: ScheduledAutomation) => void;
	/** Called where a run was due while the run before was in progress. */
	readonly onSkipped: (due: DueRun) => void;
}

/** The most runs at the same time. Long runs do not count. Further runs wait, and the apps take turns. */
const RUNS_MAX = 10;
/** The most runs of one app at the same time. Long runs count. */
const APP_RUNS_MAX = 5;
/** After this time a run no longer keeps others from starting. */
const LONG_MS = 10_000;
/**
 * The clock is read at least this often while a run is awaited. A timer does not notice that the clock was
 * set, and it stands still while the machine sleeps. A timer cannot wait for more than 2^31 - 1 ms, either.
 */
const CLOCK_CHECK_MS = 60_000;
/** Time services set the clock back by small steps. Smaller steps than this are ignored. */
const CLOCK_STEP_MS = 1_000;

interface Entry {
	readonly key: string;
	listed: ScheduledAutomation;
	/** Includes a run that is not listed yet. */
	runs: number;
	/** No run up to this time is due again, whatever the clock says. */
	handledMs: number;
	dueMs: number | undefined;
}

/**
 * Runs what is due, each run at most once: a run is claimed before it begins, and is not repeated if it
 * fails.
 *
 * Runs that were due while the platform did not run are left out. A one-time automation is the exception: it
 * runs at once. Where the clock jumps ahead, an awaited automation runs once, not as often as it would have
 * been due. Where the clock is set back, no run happens again.
 */
export class Scheduler {
	readonly #options: SchedulerOptions;
	readonly #limiter: FairLimiter;
	/**
	 * Kept apart from the entries, so that an automation that is removed and added again does not run twice at
	 * the same time.
	 */
	readonly #inProgress = new Map<string, Promise<void>>();
	#entries = new Map<string, Entry>();
	#clockMs = Number.NEGATIVE_INFINITY;
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

	/** Reads the list of automations. Call it at the start and after every change of the list. */
	refresh(): void {
		const nowMs = this.#readClock();
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

	/** The time of the next run. Undefined where no run is awaited. */
	nextOf(listed: ScheduledAutomation): number | undefined {
		return this.#entries.get(keyOf(listed))?.dueMs;
	}

	/** Starts no more runs, and waits for the runs in progress, for `graceMs` at most. */
	async close(graceMs: number): Promise<void> {
		this.#isClosed = true;
		this.#cancel();
		let cancel = () => {};
		const grace = new Promise<void>((resolve) => {
			cancel = this.#options.schedule(resolve, graceMs);
		});
		await Promise.race([Promise.all(this.#inProgress.values()), grace]);
		cancel();
	}

	#added(key: string, listed: ScheduledAutomation, known: Entry | undefined, nowMs: number): Entry {
		const handled = [listed.lastDueMs, known?.handledMs].filter((atMs) => atMs !== undefined);
		// An automation that is changed to a date in the past has not missed that date.
		if (known !== undefined && isOneTime(listed.automation)) handled.push(nowMs);
		const handledMs = Math.max(Number.NEGATIVE_INFINITY, ...handled);
		const entry: Entry = { key, listed, runs: listed.runs, handledMs, dueMs: undefined };
		entry.dueMs = this.#next(entry, nowMs);
		return entry;
	}

	#updated(entry: Entry, listed: ScheduledAutomation): Entry {
		const lastDueMs = listed.lastDueMs ?? Number.NEGATIVE_INFINITY;
		const isAhead = listed.runs > entry.runs || lastDueMs > entry.handledMs;
		entry.listed = listed;
		entry.runs = Math.max(entry.runs, listed.runs);
		entry.handledMs = Math.max(entry.handledMs, lastDueMs);
		// The awaited run stays, unless it has been done or the number of runs is reached.
		if (isAhead && entry.dueMs !== undefined) entry.dueMs = this.#next(entry, entry.dueMs - 1);
		return entry;
	}

	#next(entry: Entry, nowMs: number): number | undefined {
		const { automation, anchorMs } = entry.listed;
		const afterMs = isOneTime(automation) ? entry.handledMs : Math.max(entry.handledMs, nowMs);
		try {
			return nextRun(automation, { anchorMs, afterMs, runs: entry.runs });
		} catch (error) {
			// An automation that another version stored must not keep the others from running.
			this.#options.onError(error, entry.listed);
			return undefined;
		}
	}

	/** Reads the clock. Where it was set back, the next runs are computed again, since they may be due sooner. */
	#readClock(): number {
		const nowMs = this.#options.now();
		if (nowMs < this.#clockMs - CLOCK_STEP_MS)
			for (const entry of this.#entries.values()) entry.dueMs = this.#next(entry, nowMs);
		this.#clockMs = nowMs;
		return nowMs;
	}

	#await(nowMs: number): void {
		this.#cancel();
		this.#cancel = () => {};
		let soonestMs = Number.POSITIVE_INFINITY;
		for (const { dueMs } of this.#entries.values()) soonestMs = Math.min(soonestMs, dueMs ?? soonestMs);
		if (this.#isClosed || soonestMs === Number.POSITIVE_INFINITY) return;
		const delayMs = Math.min(Math.max(soonestMs - nowMs, 0), CLOCK_CHECK_MS);
		this.#cancel = this.#options.schedule(() => this.#wake(), delayMs);
	}

	#wake(): void {
		const nowMs = this.#readClock();
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
		if (this.#inProgress.has(entry.key)) {
			this.#options.onSkipped(dueOf(entry, dueMs));
			return;
		}
		const run = this.#limiter
			.run(entry.listed.app, () => this.#run(entry.key, dueMs))
			.catch((error: unknown) => this.#options.onError(error, entry.listed))
			.finally(() => this.#inProgress.delete(entry.key));
		this.#inProgress.set(entry.key, run);
	}

	async #run(key: string, dueMs: number): Promise<void> {
		// The automation may have been changed or removed while its run waited for a slot.
		const entry = this.#entries.get(key);
		if (this.#isClosed || entry === undefined || !isActive(entry.listed.automation)) return;
		const due = dueOf(entry, dueMs);
		const { runs, listed } = entry;
		if (!(await this.#options.claim(due))) return;
		this.#count(key, listed.anchorMs, runs + 1);
		await this.#options.run(due);
	}

	/** Counts a claimed run, which `list` may not show yet. It may have been the automation's last run. */
	#count(key: string, anchorMs: number, runs: number): void {
		const entry = this.#entries.get(key);
		if (entry === undefined || entry.listed.anchorMs !== anchorMs) return;
		entry.runs = Math.max(entry.runs, runs);
		if (entry.dueMs !== undefined) entry.dueMs = this.#next(entry, entry.dueMs - 1);
	}
}

function keyOf({ app, function: name, lifetime, automation }: ScheduledAutomation): string {
	return JSON.stringify([app, name, lifetime, automation.name]);
}

function dueOf({ listed }: Entry, dueMs: number): DueRun {
	const { app, function: name, lifetime, automation, anchorMs } = listed;
	return { app, function: name, lifetime, automation, anchorMs, dueMs };
}

function isActive(automation: Automation): boolean {
	return automation.type === "scheduled" && automation.is_active !== false;
}

function isUnchanged(before: ScheduledAutomation, after: ScheduledAutomation): boolean {
	return before.anchorMs === after.anchorMs && isDeepStrictEqual(before.automation, after.automation);
}

function isOneTime(automation: Automation): boolean {
	return automation.type === "scheduled" && automation.schedule_mode === "one-time";
}
