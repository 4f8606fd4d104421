/** What a scheduler needs of the platform. */
import type { DueRun, ScheduledAutomation } from "./due-run.ts";

export interface SchedulerOptions {
	/** The automations of all functions of an app, or of all apps, including those that do not run by time. */
	readonly list: (app?: string) => Iterable<ScheduledAutomation>;
	/** Records that this run begins. False if it was recorded before. A run that cannot be recorded does not begin. */
	readonly claim: (due: DueRun) => Promise<boolean>;
	/** The time of the last claimed run of this automation, on any node. Undefined if there is none. */
	readonly lastDueMs: (of: DueRun) => number | undefined;
	/**
	 * Runs a claimed run. @param attempt 0 at first
	 * @returns after how many milliseconds the same run is repeated; undefined if it is not
	 */
	readonly run: (due: DueRun, attempt: number) => Promise<number | undefined>;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	/** Runs a task later. @returns a function that cancels it */
	readonly schedule: (task: () => void, delayMs: number) => () => void;
	/** Called if a claim or a run failed. It is not retried. */
	readonly onError: (error: unknown, of: ScheduledAutomation) => void;
	/** Called if a run was due while the previous run was in progress. */
	readonly onSkipped: (due: DueRun) => void;
	/** Called once for an automation whose last run is in the future, so that runs are left out until then (`isHeld`). */
	readonly onHeld: (last: DueRun) => void;
}
