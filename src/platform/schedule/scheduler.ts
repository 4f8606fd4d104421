/** Runs functions when their automations are due. One timer serves the automations of all functions of all apps. */
import { nextRun } from "../../modules/automations/schedule.ts";
import {
	type DueRun,
	dueOf,
	isActive,
	isOneTime,
	isUnchanged,
	keyOf,
	type ScheduledAutomation,
} from "./due-run.ts";
import { FairLimiter } from "./fair-limiter.ts";
import { isHeld } from "./held.ts";
import { Repeats } from "./repeats.ts";
import type { SchedulerOptions } from "./scheduler-options.ts";

/** The most runs at the same time. Long runs are not counted. Further runs wait, and the apps take turns. */
const RUNS_MAX = 10;
/** The most runs of one app at the same time. Long runs count. */
const APP_RUNS_MAX = 5;
/** After this time a run no longer keeps others from starting. */
const LONG_MS = 10_000;
/**
 * The clock is read at least this often while a run is awaited. A timer does not notice that the clock was changed, and
 * it does not run while the machine sleeps. A timer also cannot wait for more than 2^31 - 1 ms.
 */
const CLOCK_CHECK_MS = 60_000;
/** Time services set the clock back by small steps. Smaller steps than this are ignored. */
const CLOCK_STEP_MS = 1_000;

interface Entry {
	readonly key: string;
	listed: ScheduledAutomation;
	/** Includes a run that is not listed yet. */
	runs: number;
	/** No run up to this time is due again, even if the clock is set back. */
	handledMs: number;
	dueMs: number | undefined;
	/** The `handledMs` of which `onHeld` was told. */
	heldMs?: number;
}

/**
 * Starts the runs that are due, each at most once: a run is claimed before it begins, and is not repeated if it fails.
 *
 * Runs that were due while the platform did not run are left out. A one-time automation is the exception: it runs at
 * once. If the clock jumps ahead, an awaited automation runs once, not as often as it would have been due. If the clock
 * is set back, no run is repeated.
 */
export class Scheduler {
	readonly #options: SchedulerOptions;
	readonly #limiter: FairLimiter;
	/**
	 * Kept apart from the entries, so that an automation that is removed and added again does not run twice at
	 * the same time.
	 */
	readonly #inProgress = new Map<string, Promise<void>>();
	readonly #repeats: Repeats;
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
		this.#repeats = new Repeats(options.schedule);
	}

	/**
	 * Reads the list of automations. Call it at the start and after every change of the list.
	 * @param app the app whose automations have changed. By default, the lists of all apps are read, which takes longer the
	 *   more functions there are, whether or not they have automations.
	 */
	refresh(app?: string): void {
		const nowMs = this.#readClock();
		const entries = new Map<string, Entry>();
		if (app !== undefined)
			for (const [key, entry] of this.#entries) if (entry.listed.app !== app) entries.set(key, entry);
		for (const listed of this.#options.list(app)) {
			const key = keyOf(listed);
			const known = this.#entries.get(key);
			const isSame = known !== undefined && isUnchanged(known.listed, listed);
			entries.set(key, isSame ? this.#updated(known, listed) : this.#added(key, listed, known, nowMs));
		}
		this.#entries = entries;
		this.#await(nowMs);
	}

	/** The time of the next run. Undefined if no run is awaited. */
	nextOf(listed: ScheduledAutomation): number | undefined {
		return this.#entries.get(keyOf(listed))?.dueMs;
	}

	/** Starts no more runs, and waits for the runs in progress, for `graceMs` at most. */
	async close(graceMs: number): Promise<void> {
		this.#isClosed = true;
		this.#cancel();
		this.#repeats.close();
		let cancel = () => {};
		const grace = new Promise<void>((resolve) => {
			cancel = this.#options.schedule(resolve, graceMs);
		});
		await Promise.race([Promise.all(this.#inProgress.values()), grace]);
		cancel();
	}

	#added(key: string, listed: ScheduledAutomation, known: Entry | undefined, nowMs: number): Entry {
		// A new schedule begins now, also where the clock was ahead when the earlier one ran.
		const isNew = known !== undefined && known.listed.anchorMs !== listed.anchorMs;
		const before = isNew ? Math.min(known.handledMs, nowMs) : known?.handledMs;
		const handled = [listed.lastDueMs, before].filter((atMs) => atMs !== undefined);
		// An automation that is changed to a date in the past has not missed that date.
		if (known !== undefined && isOneTime(listed.automation)) handled.push(nowMs);
		const handledMs = Math.max(Number.NEGATIVE_INFINITY, ...handled);
		const entry: Entry = { key, listed, runs: listed.runs, handledMs, dueMs: undefined };
		entry.dueMs = this.#next(entry, nowMs);
		this.#tellHeld(entry, nowMs);
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
			// An invalid automation that another version stored must not prevent the others from running.
			this.#options.onError(error, entry.listed);
			return undefined;
		}
	}

	#tellHeld(entry: Entry, nowMs: number): void {
		// Without a next run, it is over, or `#next` has reported that it is invalid.
		if (entry.dueMs === undefined || entry.heldMs === entry.handledMs || !isHeld(entry, nowMs)) return;
		entry.heldMs = entry.handledMs;
		this.#options.onHeld(dueOf(entry.listed, entry.handledMs));
	}

	/** Reads the clock. Where it was set back, the next runs are computed again, since they may be due sooner. */
	#readClock(): number {
		const nowMs = this.#options.now();
		if (nowMs < this.#clockMs - CLOCK_STEP_MS)
			for (const entry of this.#entries.values()) {
				entry.dueMs = this.#next(entry, nowMs);
				this.#tellHeld(entry, nowMs);
			}
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
			this.#options.onSkipped(dueOf(entry.listed, dueMs));
			return;
		}
		// While a run waits for its repetition, it does not take the slot of another run.
		const inTurn = (task: () => Promise<number | undefined>) => this.#limiter.run(entry.listed.app, task);
		let due: DueRun | undefined;
		const first = async () => {
			due = await this.#claim(entry.key, dueMs);
			return due && (await this.#options.run(due, 0));
		};
		const again = async (attempt: number) =>
			due && this.#isPresent(entry.key, due) ? await this.#options.run(due, attempt) : undefined;
		const run = this.#repeats
			.run((attempt) => inTurn(() => (attempt === 0 ? first() : again(attempt))))
			.catch((error: unknown) => this.#options.onError(error, entry.listed))
			.finally(() => this.#inProgress.delete(entry.key));
		this.#inProgress.set(entry.key, run);
	}

	/** Claims a run. Undefined if it must not begin. */
	async #claim(key: string, dueMs: number): Promise<DueRun | undefined> {
		// The automation may have been changed or removed while its run waited for a slot.
		const entry = this.#entries.get(key);
		if (this.#isClosed || entry === undefined || !isActive(entry.listed.automation)) return undefined;
		const due = dueOf(entry.listed, dueMs);
		const { runs, listed } = entry;
		if (!(await this.#options.claim(due))) {
			this.#overtaken(key, due);
			return undefined;
		}
		this.#count(key, listed.anchorMs, runs + 1);
		return due;
	}

	/** Another node has claimed this run, or a later one if its clock is ahead. */
	#overtaken(key: string, due: DueRun): void {
		const entry = this.#entries.get(key);
		const lastMs = this.#options.lastDueMs(due);
		if (entry === undefined || lastMs === undefined || entry.listed.anchorMs !== due.anchorMs) return;
		entry.handledMs = Math.max(entry.handledMs, lastMs);
		if (entry.dueMs !== undefined) entry.dueMs = this.#next(entry, entry.dueMs - 1);
		this.#tellHeld(entry, this.#options.now());
	}

	/** Whether an automation still has the schedule of a run. */
	#isPresent(key: string, { anchorMs }: DueRun): boolean {
		return !this.#isClosed && this.#entries.get(key)?.listed.anchorMs === anchorMs;
	}

	/** Counts a claimed run, which `list` may not show yet. It may have been the automation's last run. */
	#count(key: string, anchorMs: number, runs: number): void {
		const entry = this.#entries.get(key);
		if (entry === undefined || entry.listed.anchorMs !== anchorMs) return;
		entry.runs = Math.max(entry.runs, runs);
		if (entry.dueMs !== undefined) entry.dueMs = this.#next(entry, entry.dueMs - 1);
	}
}
